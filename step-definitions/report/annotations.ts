/** GitHub annotations for the first failures, each with its requirement. */

import type { Results } from '../conformance/results.ts'

/** GitHub shows no more for one step. */
const MAX_ANNOTATIONS = 10

/** @returns workflow commands, `::error title=…::…`. */
export function annotations({ records }: Pick<Results, 'records'>): readonly string[] {
  return records
    .filter(({ verdict }) => !['PASS', 'WARN', 'NOT_SUPPORTED'].includes(verdict))
    .slice(0, MAX_ANNOTATIONS)
    .map(({ requirement, identity, title, verdict, scenarios }) => {
      const { step = '', message = '' } = scenarios.find((one) => one.verdict === verdict) ?? {}
      const [first = ''] = message.split('\n', 1)
      return `::error title=${property(`${requirement} ${identity}: ${verdict}`)}::${data(`${title}. ${step}: ${first}`)}`
    })
}

/** Escapes as in actions/toolkit, core/command. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
