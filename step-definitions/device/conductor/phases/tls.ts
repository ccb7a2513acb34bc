/** Servers that are not the hub, and certificates that are. */

import type { FaultDefinition } from 'mock-iot-hub'
import type { Provocation, Steps } from '../provocation.ts'
import type { Stage } from '../stage.ts'
import { provocation, spoilAttempts } from './common.ts'

const RECOMMENDED = [
  ...['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-RSA-AES128-SHA256', 'ECDHE-RSA-AES256-SHA384'],
].join(':')

const ATTEMPTS = 3
/** How long the further attempts are waited for. */
const FURTHER_SECONDS = 45

/**
 * A stranger answers in the hub's place, three times.
 * @param faults one after the other, with a return of the device between them; those of a list strike one attempt each.
 */
function stranger(
  name: string,
  row: string,
  faults: readonly (FaultDefinition | readonly FaultDefinition[])[],
): Provocation {
  return provocation(
    `tls.${name}`,
    'tls',
    [row, 'DUT-TLS-10'],
    (stage, steps) => deceive(stage, steps, faults),
    {
      seconds: ({ limits }) => faults.length * (limits.patienceSeconds + FURTHER_SECONDS),
    },
  )
}

async function deceive(
  stage: Stage,
  steps: Steps,
  faults: readonly (FaultDefinition | readonly FaultDefinition[])[],
): Promise<void> {
  for (const [at, one] of faults.entries()) {
    const from = stage.seq
    // What is armed first strikes first.
    const ids = [one]
      .flat()
      .map((fault, _at, all) => stage.arm({ ...fault, count: Math.ceil(ATTEMPTS / all.length) }))
    const fired = (): number => ids.reduce((sum, id) => sum + stage.fired(id), 0)
    stage.drop()
    if (await stage.when(() => fired() > 0, stage.patience)) {
      steps.struck()
      await stage.when(
        () => fired() >= ATTEMPTS || stage.entriesAfter(from).some(({ type }) => type === 'connected'),
        FURTHER_SECONDS,
      )
      await stage.pause(2)
    }
    for (const id of ids) stage.disarm(id)
    if (at === faults.length - 1) steps.released()
    if (!(await stage.connected(stage.patience))) return
  }
}

const accepted = (name: string, rows: readonly string[], fault: FaultDefinition): Provocation =>
  provocation(`tls.${name}`, 'tls', rows, (stage, steps) =>
    spoilAttempts(stage, steps, fault, { seconds: 10 }),
  )

/** A leaf without its issuer, one that signed itself, one with a root that nobody knows. */
const UNKNOWN = ['missing_issuer', 'self_signed_leaf', 'self_signed_root'].map((chain) => ({
  ...{ name: 'tls.unknown_ca', parameters: { chain } },
}))

const WRONG_NAMES = ['below', 'other'].map((name) => ({ name: 'tls.wrong_name', parameters: { name } }))

export const TLS: readonly Provocation[] = [
  accepted('recommended_suites', ['DUT-TLS-04'], {
    name: 'tls.cipher_allowlist',
    parameters: { ciphers: RECOMMENDED },
  }),
  stranger('unknown_ca', 'DUT-TLS-06', [UNKNOWN]),
  stranger('wrong_name', 'DUT-TLS-07', [WRONG_NAMES]),
  stranger('dates', 'DUT-TLS-08', [{ name: 'tls.expired' }, { name: 'tls.not_yet_valid' }]),
  stranger('old_protocol', 'DUT-TLS-09', [{ name: 'tls.old_protocol' }]),
  accepted('rotated', ['DUT-TLS-11'], { name: 'tls.rotated' }),
  provocation(
    'tls.other_root',
    'tls',
    ['DUT-TLS-11'],
    (stage, steps) => spoilAttempts(stage, steps, { name: 'tls.other_root' }, { seconds: 10 }),
    { impossible: ({ roots }) => (roots < 2 ? 'the device trusts one root' : undefined) },
  ),
  accepted('long_chain', ['DUT-TLS-12'], { name: 'tls.oversized_chain', parameters: { certificates: 4 } }),
  accepted('many_names', ['DUT-TLS-12'], { name: 'tls.many_names' }),
  provocation('tls.alert', 'tls', ['DUT-TLS-14'], (stage, steps) =>
    spoilAttempts(
      stage,
      steps,
      { name: 'tls.alert', parameters: { description: 40 } },
      { times: 3, seconds: 60 },
    ),
  ),
]
