/**
 * The numbers that no document gives: they are ours, stand here alone, and are printed in the report, the certificate and the
 * documentation. A run may change them; its certificate then says so.
 */

interface Numbered {
  readonly value: number
  readonly unit: string
  readonly about: string
  readonly from: string
}

const OURS = 'ours'

export const NUMBERS = {
  patienceSeconds: row(
    120,
    's',
    'how long a required reaction may take',
    'the longest documented default pauses: 100 s and jitter, azure-sdk-for-c',
  ),
  settleSeconds: row(
    10,
    's',
    'time without a fault after which a connected device that has shown a sign of life is settled',
    OURS,
  ),
  shortSettleSeconds: row(1, 's', 'the same after a provocation that takes no connection away', OURS),
  lateBackSeconds: row(60, 's', 'a device that comes back later gets a WARN', OURS),
  attemptsPass: row(10, 'a minute', 'attempts to connect in any 60 s; more is a WARN', OURS),
  attemptsFail: row(30, 'a minute', 'attempts in any 60 s; more is a FAIL: hammering', OURS),
  refusedAttemptsPass: row(6, 'a minute', 'attempts after CONNACK 5; more is a WARN', OURS),
  refusedAttemptsFail: row(20, 'a minute', 'attempts after CONNACK 5; more is a FAIL', OURS),
  constantPauseSeconds: row(
    5,
    's',
    'the smallest constant pause that is a WARN; below it a FAIL',
    'the 10 s of the Python SDK are documented',
  ),
  longestPauseSeconds: row(900, 's', 'the longest pause between attempts', OURS),
  longestPauseWarnSeconds: row(3600, 's', 'the longest pause that is a WARN', OURS),
  tokenLifeSeconds: row(86_400, 's', 'life of a token; longer is a WARN', OURS),
  tokenLifeFailSeconds: row(31_536_000, 's', 'life of a token; longer is a FAIL', OURS),
  keepAliveSlack: row(0.1, '', 'share of the keep-alive by which a gap may exceed it', 'the hub cuts at 1.5'),
  acknowledgeSeconds: row(10, 's', 'time to acknowledge a delivery; longer is a WARN', OURS),
  acknowledgeWarnSeconds: row(
    60,
    's',
    'the longest time that is a WARN',
    'the lock of a cloud-to-device message',
  ),
  probeSeconds: row(
    10,
    's',
    'age at which the conductor’s own connection no longer proves that the way is open',
    OURS,
  ),
  recoveriesOfPhase: row(3, '', 'recoveries that end a phase', OURS),
  recoveriesOfRun: row(5, '', 'recoveries that end a run', OURS),
  inFlight: row(50, '', 'messages in flight at once, unless the device file says otherwise', OURS),
} as const satisfies Record<string, Numbered>

export type NumberName = keyof typeof NUMBERS
/** The values in force in a run. */
export type Numbers = Readonly<Record<NumberName, number>>

function row(value: number, unit: string, about: string, from: string): Numbered {
  return { value, unit, about, from }
}

export const OUR_NUMBERS: Numbers = Object.fromEntries(
  Object.entries(NUMBERS).map(([name, { value }]) => [name, value]),
) as Numbers // one for each name
