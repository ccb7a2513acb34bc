/** The certificate of a `certify` run, and the badge. */

import { gradesText } from '../catalogue/grades.ts'
import type { ProfileResult } from '../conformance/profiles.ts'
import type { Results } from '../conformance/results.ts'
import { decisiveOf, sectionsOf } from './sections.ts'
import { requirementTotals } from './totals.ts'

/** The profile of all language-neutral requirements. */
const ALL_NEUTRAL = 'client-semantic'

/** An in-toto statement of a test result; the publisher signs it. */
export function certificate(results: Results): object {
  const { suite, subject, parameters, order, planned, ran, durationMs, verdicts, profiles, judgedBy } =
    results
  const { warnings, idioms } = sectionsOf(results.records)
  const named = ({ requirement, identity }: { requirement: string; identity: string }): string =>
    `${requirement} ${identity}`
  return {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    subject: [{ name: nameOf(results) }],
    predicate: {
      result: (requirementTotals(results).warn > 0 ? 'WARNED' : 'PASSED') as string,
      judgedBy,
      configuration: [{ name: 'suite', version: suite }, { subject }, { parameters }, { order }],
      ...{ planned, ran, durationMs, verdicts, profiles },
      requirements: requirementTotals(results),
      grades: results.requirements.grades,
      ...(judgedBy === 'neutral'
        ? {
            warnings: warnings.map((record) => {
              const { why, message } = decisiveOf(record) ?? {}
              return `${named(record)}: ${why ?? firstLine(message ?? '')}`
            }),
            idioms: idioms.map((record) => named(record)),
          }
        : {}),
      notSupported: results.records
        .filter(
          ({ verdict, neutral }) =>
            (judgedBy === 'neutral' ? (neutral ?? verdict) : verdict) === 'NOT_SUPPORTED',
        )
        .map((record) => named(record)),
    },
  }
}

export function certificateText(results: Results): string {
  const totals = requirementTotals(results)
  return `# Conformance certificate

| | |
|---|---|
| implementation | ${nameOf(results)} |
| suite | mock-iot-hub conformance ${results.suite} |
| transport | ${results.parameters['transport'] ?? 'mqtt'} |
| judged | ${results.judgedBy === 'neutral' ? 'by the language-neutral rules' : 'by the documented Python API'} |
| profiles | ${profilesIn(results)} |
| requirements | ${String(totals.applicable)} applicable: ${String(totals.pass)} pass, ${String(totals.warn)} warn; ${String(totals.notSupported)} not supported |
| statements known as | ${gradesText(results.requirements.grades)} |
| scenarios | ${String(results.ran)} of ${String(results.planned)} planned |
| reproduce | \`iot-hub-conformance certify --order ${results.order}\` |

Not an endorsement by Microsoft or any vendor of hubs. Valid for exactly this implementation and this suite.
`
}

/** `client-protocol/device met, client-twin/device 17 of 19`. */
export function profilesIn({ profiles }: Results): string {
  const all = Object.entries(profiles)
  return all.length === 0 ? '–' : all.map(([name, result]) => `${name} ${profileText(result)}`).join(', ')
}

/** `met`, or how many of how many requirements are met; with the number of those that the client does not claim. */
export function profileText({ met, requirements, against, notClaimed = [] }: ProfileResult): string {
  const left = notClaimed.length === 0 ? '' : ` (${String(notClaimed.length)} not claimed)`
  return `${met ? 'met' : `${String(requirements - against.length)} of ${String(requirements)}`}${left}`
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

/** For the endpoint badge of shields.io. */
export function badge(results: Results): object {
  const good = results.exitCode === 0
  return {
    schemaVersion: 1,
    label: `IoT Hub conformance ${results.suite}`,
    message: good ? badgeText(results) : 'not conformant',
    color: good ? 'brightgreen' : 'red',
  }
}

/**
 * The profiles that are met, by every class of clients that was tested; full includes core, and the profile of all
 * language-neutral requirements includes the others.
 */
function badgeText({ mode, profiles, judgedBy }: Results): string {
  const names = [...new Set(Object.keys(profiles).map((name) => name.split('/')[0] ?? name))]
  const met = names.filter((name) =>
    Object.entries(profiles).every(([key, result]) => key.split('/')[0] !== name || result.met),
  )
  const shown = met.filter((name) => judgedBy !== 'neutral' || name.startsWith('client-'))
  const widest = shown.includes(ALL_NEUTRAL)
    ? shown.filter((name) => name === ALL_NEUTRAL || !name.startsWith('client-'))
    : shown
  const fullest = widest.filter(
    (name) => !widest.includes(name.replace('-core', '-full')) || name.endsWith('-full'),
  )
  return [mode === 'certify' ? 'certified' : 'passing', ...fullest].join(' ')
}

function nameOf({ subject }: Results): string {
  const { name, version, client, driver, hub } = subject
  return typeof name === 'string' ? `${name} ${String(version)}` : String(client ?? driver ?? hub)
}
