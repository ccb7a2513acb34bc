/** GitHub annotations for the first failures, each with its requirement. */

import type { Results } from '../conformance/results.ts'
import { decisiveOf, decisiveVerdict } from './sections.ts'

/** GitHub shows no more for one step. */
const MAX_ANNOTATIONS = 10

/** @returns workflow commands, `::error title=…::…`. */
export function annotations({ records, judgedBy }: Pick<Results, 'records' | 'judgedBy'>): readonly string[] {
  return records
    .flatMap((record) => {
      const verdict = judgedBy === 'neutral' ? decisiveVerdict(record) : record.verdict
      return verdict === undefined || ['PASS', 'WARN', 'NOT_SUPPORTED'].includes(verdict)
        ? []
        : [{ record, verdict }]
    })
    .slice(0, MAX_ANNOTATIONS)
    .map(({ record, verdict }) => {
      const { requirement, identity, title } = record
      const { step = '', message = '' } = decisiveOf(record, judgedBy) ?? {}
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
