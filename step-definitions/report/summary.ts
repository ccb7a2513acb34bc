/** The page for `$GITHUB_STEP_SUMMARY`, which GitHub drops when it is larger than 1 MiB. */

import { gradesText } from '../catalogue/grades.ts'
import type { Results } from '../conformance/results.ts'
import { profilesIn } from './certificate.ts'
import { decisiveOf, sectionsOf } from './sections.ts'
import { requirementTotals } from './totals.ts'

const MAX_ROWS = 200

export function summary(results: Results): string {
  const totals = requirementTotals(results)
  const { faults, warnings, idioms, notClaimed } = sectionsOf(results.records)
  const bad = results.records.filter(({ verdict }) => verdict !== 'PASS' && verdict !== 'NOT_SUPPORTED')
  const rows = bad.slice(0, MAX_ROWS).map((record) => {
    const { requirement, identity, title, verdict, neutral, grade, class: own } = record
    const worst = decisiveOf(record, 'documented')
    const asked = own === undefined ? verdict : (neutral ?? 'not asked')
    return `| ${asked} | ${verdict} | ${requirement} | ${identity} | ${cell(title)} | ${grade ?? ''} | ${cell(worst?.step ?? '')} |`
  })
  const isAboutClients = results.records.some(({ class: own }) => own !== undefined)
  return [
    `## IoT Hub conformance: ${results.exitCode === 0 ? 'conformant' : `not conformant (exit code ${String(results.exitCode)})`}`,
    '',
    ...(Object.keys(results.profiles).length === 0 ? [] : [`Profiles: ${profilesIn(results)}.`, '']),
    ...(isAboutClients
      ? [
          `For a client in any language: ${String(faults.length)} faults, ${String(warnings.length)} warnings, ` +
            `${String(notClaimed.length)} not claimed; ${String(idioms.length)} differ from the documented Python API alone.`,
          '',
        ]
      : []),
    `${String(totals.pass)} of ${String(totals.applicable)} applicable requirements pass, ${String(totals.warn)} warn, ` +
      `${String(totals.fail)} fail, ${String(totals.unclear)} unclear; ${String(totals.notSupported)} not supported. ` +
      `${String(results.ran)} of ${String(results.planned)} scenarios in ${(results.durationMs / 1000).toFixed(1)} s.`,
    '',
    `How the statements judged are known: ${gradesText(results.requirements.grades)}.`,
    ...(rows.length === 0
      ? []
      : [
          '',
          '| in any language | as documented | requirement | class | statement | known as | failed step |',
          '|---|---|---|---|---|---|---|',
          ...rows,
        ]),
    ...(bad.length > MAX_ROWS
      ? ['', `… and ${String(bad.length - MAX_ROWS)} more, see conformance.html`]
      : []),
    '',
  ].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 200)
}
