/** The certificate of a `certify` run, and the badge. */

import { gradesText } from '../catalogue/grades.ts'
import type { Results } from '../conformance/results.ts'
import { requirementTotals } from './totals.ts'

/** An in-toto statement of a test result; the publisher signs it. */
export function certificate(results: Results): object {
  const { suite, subject, parameters, order, planned, ran, durationMs, verdicts, profiles } = results
  return {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    subject: [{ name: nameOf(results) }],
    predicate: {
      result: (verdicts.WARN > 0 ? 'WARNED' : 'PASSED') as string,
      configuration: [{ name: 'suite', version: suite }, { subject }, { parameters }, { order }],
      ...{ planned, ran, durationMs, verdicts, profiles },
      requirements: requirementTotals(results),
      grades: results.requirements.grades,
      notSupported: results.records
        .filter(({ verdict }) => verdict === 'NOT_SUPPORTED')
        .map(({ requirement, identity }) => `${requirement} ${identity}`),
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
| profiles | ${profilesIn(results)} |
| requirements | ${String(totals.applicable)} applicable: ${String(totals.pass)} pass, ${String(totals.warn)} warn; ${String(totals.notSupported)} not supported |
| statements known as | ${gradesText(results.requirements.grades)} |
| scenarios | ${String(results.ran)} of ${String(results.planned)} planned |
| reproduce | \`iot-hub-conformance certify --order ${results.order}\` |

Not an endorsement by Microsoft or any vendor of hubs. Valid for exactly this implementation and this suite.
`
}

/** `device-core met, resilience not met`. */
export function profilesIn({ profiles }: Results): string {
  const all = Object.entries(profiles)
  return all.length === 0
    ? '–'
    : all.map(([name, { met }]) => `${name} ${met ? 'met' : 'not met'}`).join(', ')
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

/** The profiles that are met; full includes core. */
function badgeText({ mode, profiles }: Results): string {
  const met = Object.keys(profiles).filter((name) => profiles[name]?.met === true)
  const widest = met.filter((name) => !met.includes(name.replace('-core', '-full')) || name.endsWith('-full'))
  return [mode === 'certify' ? 'certified' : 'passing', ...widest].join(' ')
}

function nameOf({ subject }: Results): string {
  const { name, version, client, driver, hub } = subject
  return typeof name === 'string' ? `${name} ${String(version)}` : String(client ?? driver ?? hub)
}
