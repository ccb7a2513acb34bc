/** What may be said of a client after `certify`: exactly what ran, and nothing more (conformance guide, section 9.1). */

import type { Results } from '../conformance/results.ts'
import { requirementTotals } from './totals.ts'

/** An in-toto statement of a test result; whoever publishes it signs it. */
export function certificate(results: Results): object {
  const { suite, subject, parameters, order, planned, ran, durationMs, verdicts } = results
  return {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    subject: [{ name: nameOf(results) }],
    predicate: {
      result: (verdicts.WARN > 0 ? 'WARNED' : 'PASSED') as string,
      configuration: [{ name: 'suite', version: suite }, { subject }, { parameters }, { order }],
      ...{ planned, ran, durationMs, verdicts },
      requirements: requirementTotals(results),
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
| requirements | ${String(totals.applicable)} applicable: ${String(totals.pass)} pass, ${String(totals.warn)} warn; ${String(totals.notSupported)} not supported |
| scenarios | ${String(results.ran)} of ${String(results.planned)} planned |
| reproduce | \`iot-hub-conformance certify --order ${results.order}\` |

Not an endorsement by Microsoft or any vendor of hubs. Valid for exactly this implementation and this suite.
`
}

/** For shields.io's endpoint badge. */
export function badge(results: Results): object {
  const good = results.exitCode === 0
  return {
    schemaVersion: 1,
    label: `IoT Hub conformance ${results.suite}`,
    message: good ? (results.mode === 'certify' ? 'certified' : 'passing') : 'not conformant',
    color: good ? 'brightgreen' : 'red',
  }
}

function nameOf({ subject }: Results): string {
  const { name, version, client, driver } = subject
  return typeof name === 'string' ? `${name} ${String(version)}` : String(client ?? driver)
}
