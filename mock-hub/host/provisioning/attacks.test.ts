/** Who may not register: each attack over each transport, with the refusal that is documented for it. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { JsonObject } from '../../base/json.ts'
import { signed } from '../../core/testing/test-hub.ts'
import { deviceKeyOf } from '../../provisioning/attestation/group-key.ts'
import { make, type Made } from '../../provisioning/testing/certificates.ts'
import { group, individual, KEY, OTHER_KEY, token } from '../../provisioning/testing/test-provisioning.ts'
import type { MockHub } from '../mock-hub.ts'
import { startMockHub } from '../start.ts'
import { TRANSPORTS, type Claim, type TransportName } from './testing/claims.ts'

const [GROUP_KEY = '', CLOSED_KEY = '', HUB_KEY = ''] = [3, 4, 5].map((byte) =>
  Buffer.alloc(64, byte).toString('base64'),
)
const clock = new ManualClock()
let hub: MockHub

/** The certificates of the table, made once. */
const made = new Map<string, Made>()
const of = (name: string): Made => {
  const found = made.get(name)
  if (found === undefined) throw new Error(`no certificate ${name}`)
  return found
}
const chain = (...names: readonly string[]): Claim['certificate'] => ({
  cert: names.map((name) => of(name).pem).join('\n'),
  key: of(names[0] ?? '').key,
})
const ca = { ca: true }
async function makeCertificates(): Promise<void> {
  const add = async (name: string, commonName: string, by?: string, options = {}): Promise<void> => {
    made.set(name, await make(commonName, by === undefined ? undefined : of(by), options))
  }
  await add('root', 'root', undefined, ca)
  await add('middle', 'middle', 'root', ca)
  await add('other middle', 'other-middle', 'root', ca)
  await add('expired middle', 'middle', 'root', { ...ca, until: '2025-01-01' })
  await add('closed middle', 'closed-middle', 'root', ca)
  await add('unproven root', 'unproven-root', undefined, ca)
  await add('foreign root', 'root', undefined, ca)
  await add('foreign middle', 'middle', 'foreign root', ca)
  await add('victim', 'victim', 'middle')
  await add('own', 'x1')
  await add('impostor', 'x1')
  await add('gone', 'x-gone')
  await add('in the name of d1', 'd1', 'middle')
  await add('forged', 'victim', 'foreign middle')
  await add('expired', 'victim', 'middle', { until: '2025-01-01' })
  await add('not yet valid', 'victim', 'middle', { from: '2027-01-01' })
  await add('by the expired middle', 'victim', 'expired middle')
  await add('by the other middle', 'victim', 'other middle')
  await add('by the closed middle', 'victim', 'closed middle')
  await add('by the unproven root', 'victim', 'unproven root')
  await add('by a leaf', 'victim', 'victim')
  await add('closed', 'x-closed', 'middle')
}

const x509 = (kind: string, name: string) => ({
  type: 'x509',
  x509: { [kind]: { primary: { certificate: of(name).pem } } },
})
const disabled = { provisioningStatus: 'disabled' }

beforeAll(async () => {
  await makeCertificates()
  hub = await startMockHub({ controlPort: false, clock })
  const { enrollments, enrollmentGroups, certificates } = hub.provisioning ?? {}
  const symmetricKey = (key: string): JsonObject => ({
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: key, secondaryKey: key } },
  })
  for (const id of [NEIGHBOUR, 'd1', 'd2', 'gone']) enrollments?.put(id, individual(id))
  enrollments?.put('d2', individual('d2', symmetricKey(OTHER_KEY)), '*')
  enrollments?.put('closed', individual('closed', disabled))
  enrollments?.put('x1', { attestation: x509('clientCertificates', 'own') })
  enrollments?.put('x-gone', { attestation: x509('clientCertificates', 'gone') })
  enrollments?.put('x-closed', { attestation: x509('clientCertificates', 'closed'), ...disabled })
  for (const id of ['gone', 'x-gone']) enrollments?.remove(id)
  enrollmentGroups?.put('keys', group('keys', symmetricKey(GROUP_KEY)))
  enrollmentGroups?.put('closed-keys', group('closed-keys', { ...symmetricKey(CLOSED_KEY), ...disabled }))
  certificates?.upload('root', of('root').pem, true)
  certificates?.upload('unproven', of('unproven root').pem)
  enrollmentGroups?.put('middle', { attestation: x509('signingCertificates', 'middle') })
  enrollmentGroups?.put('unproven', { attestation: x509('signingCertificates', 'unproven root') })
  enrollmentGroups?.put('closed', { attestation: x509('signingCertificates', 'closed middle'), ...disabled })
  hub.registry.create(
    { deviceId: 'h1' },
    { authentication: { type: 'sas', symmetricKey: { primaryKey: HUB_KEY, secondaryKey: HUB_KEY } } },
  )
  // One device is assigned when the attacks begin.
  expect(await TRANSPORTS.mqtt(hub, keyed('d1'))).toMatchObject({ status: 'assigned' })
})
afterAll(() => hub.stop())

const keyed = (registrationId: string, key = KEY, options = {}): Claim => ({
  registrationId,
  token: token({ clock }, registrationId, key, options),
})
const later = (seconds: number): number => Math.floor(clock.now() / 1000) + seconds
const signedFor = (sr: string, key: string, skn?: string): string => signed(sr, key, later(3600), skn)
const scoped = (idScope: string): Claim => ({
  ...keyed('d1', KEY, { scope: idScope }),
  idScope,
})

/** The rule that is broken, and the code of the refusal; `form`: MQTT refuses CONNECT. */
type Refusal = readonly [rule: string, code: number, form?: 'form']
const FORM_CODE = 5

const REFUSED: readonly (readonly [attack: string, refusal: Refusal, claim: () => Claim])[] = [
  [
    'the key of another device',
    ['DPS-AUTH-01', 401002],
    () => keyed('d1', Buffer.alloc(64, 9).toString('base64')),
  ],
  ['the key of a neighbour', ['DPS-AUTH-01', 401002], () => keyed('d2', KEY)],
  ['the key of a group as the key of a device', ['DPS-AUTH-04', 401002], () => keyed('of-keys', GROUP_KEY)],
  [
    'a key that is derived for another id',
    ['DPS-AUTH-03', 401002],
    () => keyed('of-keys', deviceKeyOf(GROUP_KEY, 'of-keys-2')),
  ],
  [
    'a key of a group for a device with an enrollment of its own',
    ['DPS-AUTH-01', 401002],
    () => keyed('d1', deviceKeyOf(GROUP_KEY, 'd1')),
  ],
  [
    'a key of an enabled group for a device whose own enrollment is disabled',
    ['DPS-AUTH-01', 401002],
    () => keyed('closed', deviceKeyOf(GROUP_KEY, 'closed')),
  ],
  ['an enrollment that was deleted', ['DPS-AUTH-03', 401002], () => keyed('gone')],
  ['the key of a device of the hub', ['DPS-AUTH-03', 401002], () => keyed('h1', HUB_KEY)],
  [
    'the token with which the assigned device connects to its hub',
    ['DPS-AUTH-08', 401000, 'form'],
    () => ({ registrationId: 'd1', token: signedFor(encodeURIComponent(`${hub.hostName}/devices/d1`), KEY) }),
  ],
  [
    'a token for another registration',
    ['DPS-AUTH-08', 401000, 'form'],
    () => ({ registrationId: 'd2', token: token({ clock }, NEIGHBOUR) }),
  ],
  [
    'a token for another scope',
    ['DPS-AUTH-08', 401000, 'form'],
    () => keyed('d1', KEY, { scope: '0ne000000FF' }),
  ],
  [
    'a token of the service policy',
    ['DPS-AUTH-08', 401000, 'form'],
    () => {
      const { name = '', primaryKey = '' } = hub.provisioning?.policies[0] ?? {}
      return { registrationId: 'd1', token: signedFor(hub.hostName, primaryKey, name) }
    },
  ],
  [
    'a policy name that no device has',
    ['DPS-AUTH-06', 401000, 'form'],
    () => keyed('d1', KEY, { skn: 'provisioningserviceowner' }),
  ],
  ['a token that has expired', ['DPS-AUTH-09', 401000, 'form'], () => keyed('d1', KEY, { seconds: -301 })],
  [
    'a text that is not a token',
    ['DPS-AUTH-01', 401000, 'form'],
    () => ({ registrationId: 'd1', token: KEY }),
  ],
  ['no credential', ['DPS-AUTH-17', 401000, 'form'], () => ({ registrationId: 'd1' })],
  ['an id scope that is not there', ['DPS-ERR-04', 404000], () => scoped('0ne000000FF')],
  ['an id scope in other letters', ['DPS-ERR-04', 404000], () => scoped('0NE00000000')],
  [
    'a certificate that another has made in the name of the device',
    ['DPS-AUTH-13', 401002],
    () => ({ registrationId: 'x1', certificate: chain('impostor') }),
  ],
  [
    'a certificate of another device',
    ['DPS-AUTH-12', 401002, 'form'],
    () => ({ registrationId: 'victim-2', certificate: chain('victim', 'middle') }),
  ],
  [
    'a certificate for an enrollment that was deleted',
    ['DPS-AUTH-15', 401002],
    () => ({ registrationId: 'x-gone', certificate: chain('gone') }),
  ],
  [
    'a certificate of an enabled group for a device that has keys of its own',
    ['DPS-AUTH-11', 401002],
    () => ({ registrationId: 'd1', certificate: chain('in the name of d1', 'middle') }),
  ],
  ['a token for a device that has a certificate', ['DPS-AUTH-01', 401002], () => keyed('x1', KEY)],
  [
    'a chain forged by an authority of the same name',
    ['DPS-AUTH-15', 401002],
    () => ({ registrationId: 'victim', certificate: chain('forged', 'foreign middle', 'foreign root') }),
  ],
  [
    'a forged certificate with the true chain behind it',
    ['DPS-AUTH-15', 401002],
    () => ({ registrationId: 'victim', certificate: chain('forged', 'middle', 'root') }),
  ],
  [
    'a certificate that has expired',
    ['DPS-AUTH-13', 401002],
    () => ({ registrationId: 'victim', certificate: chain('expired', 'middle') }),
  ],
  [
    'a certificate that is not valid yet',
    ['DPS-AUTH-13', 401002],
    () => ({ registrationId: 'victim', certificate: chain('not yet valid', 'middle') }),
  ],
  [
    'an intermediate that has expired',
    ['DPS-AUTH-15', 401002],
    () => ({ registrationId: 'victim', certificate: chain('by the expired middle', 'expired middle') }),
  ],
  [
    'an intermediate of the same root that is not enrolled',
    ['DPS-AUTH-15', 401002],
    () => ({ registrationId: 'victim', certificate: chain('by the other middle', 'other middle', 'root') }),
  ],
  [
    'a certificate that a device has issued',
    ['DPS-AUTH-15', 401002],
    () => ({ registrationId: 'victim', certificate: chain('by a leaf', 'victim', 'middle') }),
  ],
  [
    'an enrolled root whose possession nobody has proven',
    ['DPS-AUTH-15', 401002],
    () => ({ registrationId: 'victim', certificate: chain('by the unproven root', 'unproven root') }),
  ],
]

/** Entries that are disabled admit a device and end its registration so (DPS-POLL-08, DPS-AUTH-16). */
const DISABLED: readonly (readonly [attack: string, claim: () => Claim])[] = [
  ['an individual enrollment beside an enabled group', () => keyed('closed')],
  ['a group with keys', () => keyed('of-closed', deviceKeyOf(CLOSED_KEY, 'of-closed'))],
  [
    'an individual certificate of an enabled group',
    () => ({ registrationId: 'x-closed', certificate: chain('closed', 'middle') }),
  ],
  [
    'a group with certificates',
    () => ({ registrationId: 'victim', certificate: chain('by the closed middle', 'closed middle') }),
  ],
]

const NEIGHBOUR = 'neighbour'
/** The devices of the hub, and what the service remembers of registrations; the neighbour's come and go. */
const devices = (): unknown =>
  [...hub.registry.devices()].filter(({ identity }) => identity.deviceId !== NEIGHBOUR)
const records = (): readonly JsonObject[] =>
  hub.provisioning?.registrations.list().filter(({ registrationId }) => registrationId !== NEIGHBOUR) ?? []
const assigned = (): unknown => records().filter(({ status }) => status === 'assigned')

describe.each(Object.keys(TRANSPORTS) as TransportName[])('over %s', (transport) => {
  const register = TRANSPORTS[transport]
  const isMqtt = transport.startsWith('mqtt')

  /** Registers: nothing may change in the hub or in an assignment, and a neighbour is served afterwards. */
  async function attack(claim: Claim): Promise<Awaited<ReturnType<typeof register>>> {
    const before = [devices(), assigned()]
    const ending = await register(hub, claim)
    expect([devices(), assigned()]).toEqual(before)
    expect(await register(hub, keyed(NEIGHBOUR))).toEqual({ status: 'assigned', deviceId: NEIGHBOUR })
    return ending
  }

  test.each(REFUSED)('%s: %j', async (_attack, [rule, code, form], claimed) => {
    const claim = claimed()
    const before = records()
    const since = hub.journal.filter({ type: 'refusal' }).length
    const ending = await attack(claim)
    expect(ending).toMatchObject({ refused: isMqtt && form === 'form' ? FORM_CODE : code })
    expect(records()).toEqual(before)
    const refusals = hub.journal.filter({ type: 'refusal' }).slice(since)
    expect(refusals.length).toBeGreaterThan(0)
    // Over AMQP each of the two links may be refused.
    for (const { identity, transport: over, explanation } of refusals) {
      expect([identity, over, explanation.rule]).toEqual([claim.registrationId, transport, rule])
      expect(explanation.source).toBe(`docs/contract/provisioning.md#${rule.toLowerCase()}`)
      expect(explanation.expected).not.toBe(explanation.received)
    }
  })

  test.each(DISABLED)('what is disabled: %s', async (_attack, claimed) => {
    const claim = claimed()
    expect(await attack(claim)).toEqual({ status: 'disabled', deviceId: undefined })
    const last = hub.journal
      .filter({ type: 'registration' })
      .filter(({ identity, step }) => identity === claim.registrationId && step === 'ended')
      .at(-1)
    expect(last).toMatchObject({ transport, what: { status: 'disabled' } })
  })

  test('a request without an api-version is refused; over AMQP, where links need not name one, it is served', async () => {
    const ending = await register(hub, { ...keyed('d1'), apiVersion: null })
    const [last] = hub.journal.filter({ type: 'refusal' }).slice(-1)
    if (isMqtt) expect([ending, last?.explanation.rule]).toEqual([{ refused: FORM_CODE }, 'DPS-CONN-04'])
    else if (transport === 'https')
      expect([ending, last?.explanation.rule]).toEqual([
        { refused: 400000, message: expect.any(String) as string },
        'DPS-HTTP-01',
      ])
    else expect(ending).toEqual({ status: 'assigned', deviceId: 'd1' })
  })
})
