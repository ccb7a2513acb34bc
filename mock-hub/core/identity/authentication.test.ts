import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import type { IdentityPrincipal, Permission } from '../contract/principal.ts'
import type { HubError } from '../errors/hub-error.ts'
import type { Identity } from '../contract/identity.ts'
import type { Settings } from '../contract/settings.ts'
import { openHub, primaryKeyOf, refusalOf, signed } from '../testing/test-hub.ts'

const d = { deviceId: 'dev' }
const m = { deviceId: 'dev', moduleId: 'mod' }
const HOST = 'hub.example.net'
let hub: Hub
let clock: ManualClock
const open = (settings: Partial<Settings> = {}): void => {
  ;({ hub, clock } = openHub({ hostName: HOST, ...settings }))
  for (const identity of [d, { deviceId: 'dev1' }, m]) hub.registry.create(identity)
}
beforeEach(() => {
  open()
})
const seconds = (): number => Math.floor(clock.now() / 1000)
const admit = (identity: Identity, sasToken: string): IdentityPrincipal =>
  hub.authentication.admit(identity, { sasToken })
const refused = (identity: Identity, sasToken: string): HubError => {
  const error = refusalOf(() => admit(identity, sasToken))
  expect(error.kind).toBe('IotHubUnauthorizedAccess')
  expect(JSON.stringify([error.message, error.explanation])).not.toContain(/sig=([^&]*)/.exec(sasToken)?.[1])
  return error
}
const own = (sr: string, identity: Identity = d): string =>
  signed(sr, primaryKeyOf(hub, identity), seconds() + 60)
const policy = (name: string): Hub['policies'][number] => hub.policies.find((one) => one.name === name)!

describe('scope of a device’s token', () => {
  test.each([
    ['WIRE-AUTH-04', `${HOST}%2Fdevices%2Fdev`],
    ['WIRE-AUTH-03', `${HOST}/devices/dev`],
    ['WIRE-AUTH-03', `${HOST}%2fdevices%2fdev`],
    ['WIRE-AUTH-03', `${HOST}%252Fdevices%252Fdev`],
    ['WIRE-AUTH-06', HOST],
    ['WIRE-AUTH-06', HOST.toUpperCase()],
    ['WIRE-AUTH-06', `${HOST}:8883/devices`],
    ['WIRE-AUTH-07', `${HOST}/devices/dev/api-version=2016-11-14`],
    ['WIRE-AUTH-22', `${HOST}/devices/Dev`],
    ['WIRE-AUTH-22', `${HOST.toUpperCase()}%2FDEVICES%2FDEV`],
  ])('%s: %s lets the device in', (_id, sr) => {
    expect(admit(d, own(sr))).toMatchObject({ identity: d, scope: 'device', credential: 'sas' })
  })

  test.each([
    `${HOST}/devices/dev1`,
    `${HOST}/devices/de`,
    `${HOST}/devices/DEV1`,
    `${HOST}/devices/dev/Modules/mod`,
    `${HOST}/devices/dev/modules/mod`,
    `${HOST}/dev`,
    `${HOST}/twins/dev`,
    'other.example.net/devices/dev',
    `x${HOST}/devices/dev`,
    '/devices/dev',
    '%',
  ])('WIRE-AUTH-08: %s does not', (sr) => {
    expect(refused(d, own(sr)).explanation.rule).toBe('WIRE-AUTH-08')
  })

  test('WIRE-AUTH-08: a prefix of the text that is not a prefix of the segments is refused', () => {
    const deviceId = { deviceId: 'dev1' }
    expect(refused(deviceId, own(`${HOST}/devices/dev`, deviceId)).explanation.rule).toBe('WIRE-AUTH-08')
  })

  test('the short scope of the Go SDK is accepted when the setting is on', () => {
    refused(d, own(`${HOST}/dev`))
    open({ shortScopeAccepted: true })
    expect(admit(d, own(`${HOST}/dev`)).identity).toEqual(d)
    refused(d, own(`${HOST}/dev1`))
  })

  test('an alias of the hub is accepted as its name', () => {
    open({ aliases: ['gateway.local'] })
    expect(admit(d, own('Gateway.Local/devices/dev')).identity).toEqual(d)
  })
})

describe('keys', () => {
  test('WIRE-AUTH-10: primary and secondary; another device’s, a module’s, an old one are refused', () => {
    const { secondaryKey } = hub.registry.get(d).authentication.symmetricKey
    const sr = `${HOST}/devices/dev`
    expect(admit(d, signed(sr, secondaryKey ?? '', seconds())).scope).toBe('device')
    for (const other of [{ deviceId: 'dev1' }, m])
      expect(refused(d, own(sr, other)).explanation.rule).toBe('WIRE-AUTH-02')
    const former = own(sr)
    const primaryKey = Buffer.alloc(32, 9).toString('base64')
    hub.registry.update(d, { authentication: { type: 'sas', symmetricKey: { primaryKey } } }, '*')
    refused(d, former)
    admit(d, own(sr))
  })

  test('WIRE-AUTH-05: a module by its own key, or by a key of its device when the setting is on', () => {
    const sr = `${HOST}%2Fdevices%2Fdev%2Fmodules%2Fmod`
    expect(admit(m, own(sr, m))).toMatchObject({ identity: m, scope: 'module' })
    expect(admit(m, own(sr, d))).toMatchObject({ identity: m, scope: 'device' })
    open({ moduleMayUseDeviceKey: false })
    admit(m, own(sr, m))
    refused(m, own(sr, d))
    refused(d, own(sr, m))
  })

  test('WIRE-AUTH-18: an identity of type none is refused with a key', () => {
    const token = own(`${HOST}/devices/dev`)
    hub.registry.update(d, { authentication: { type: 'none' } }, '*')
    expect(refused(d, token).explanation.rule).toBe('WIRE-AUTH-18')
    expect(refusalOf(() => hub.authentication.admit(d, { certificates: [Buffer.from('x')] })).code).toBe(
      401002,
    )
  })
})

describe('WIRE-AUTH-21: a signature that is not base64', () => {
  test.each([
    ['without padding', (sig: string) => sig.replace('=', ''), 'no padding'],
    ['in the URL alphabet', (sig: string) => `-_${sig.slice(2)}`, 'the URL alphabet'],
    ['with text after it', (sig: string) => `${sig}x`, 'text after the padding'],
    ['with a line break', (sig: string) => `${sig}\n`, 'white space'],
  ])('%s is refused, with the likely mistake of the client', (_how, change, problem) => {
    const token = own(`${HOST}/devices/dev`)
    const sig = decodeURIComponent(/sig=([^&]*)/.exec(token)?.[1] ?? '')
    const { explanation } = refused(d, token.replace(/sig=[^&]*/, `sig=${encodeURIComponent(change(sig))}`))
    expect(explanation.rule).toBe('WIRE-AUTH-21')
    expect(explanation.received).toContain(problem)
  })
})

describe('WIRE-AUTH-22: a name whose case differs', () => {
  const byName = (name: Identity, sasToken: string) => hub.authentication.admitByName(name, { sasToken })
  test('is that of the identity whose key signed; its own case goes first', () => {
    expect(byName({ deviceId: 'DEV' }, own(`${HOST}/devices/DEV`)).identity).toEqual(d)
    expect(byName({ deviceId: 'DEV', moduleId: 'MOD' }, own(HOST, m)).identity).toEqual(m)
    hub.registry.create({ deviceId: 'DEV' })
    refusalOf(() => byName({ deviceId: 'DEV' }, own(HOST)))
    hub.registry.create({ deviceId: 'deV' })
    expect(byName({ deviceId: 'Dev' }, own(HOST, { deviceId: 'deV' })).identity.deviceId).toBe('deV')
  })

  test('is refused as an exact name is', () => {
    expect(refusalOf(() => byName({ deviceId: 'dew' }, own(HOST))).code).toBe(404001)
    expect(refusalOf(() => byName({ deviceId: 'DEV1' }, own(HOST))).explanation.rule).toBe('WIRE-AUTH-02')
  })
})

describe('time', () => {
  const at = (offset: number) => signed(HOST, primaryKeyOf(hub, d), seconds() + offset)
  test('WIRE-AUTH-11 WIRE-AUTH-12: 300 s late is in time, 301 s is not', () => {
    expect(admit(d, at(-300)).expiresAt).toBe((seconds() - 300) * 1000)
    expect(refused(d, at(-301)).explanation.rule).toBe('WIRE-AUTH-12')
    clock.advance(1)
    refused(d, signed(HOST, primaryKeyOf(hub, d), seconds() - 300))
  })

  test('WIRE-AUTH-14: milliseconds by mistake, and twenty digits, are valid', () => {
    for (const se of [clock.now() + 60_000, '99999999999999999999'])
      admit(d, signed(HOST, primaryKeyOf(hub, d), se))
  })
})

describe('policies', () => {
  test.each([
    ['iothubowner', true],
    ['device', true],
    ['service', false],
    ['registryRead', false],
    ['registryReadWrite', false],
  ])('WIRE-AUTH-09: %s for a device: %s', (name, good) => {
    const token = signed(HOST, policy(name).secondaryKey, seconds() + 60, name)
    if (good) expect(admit(m, token)).toMatchObject({ scope: 'hub', identity: m })
    else expect(refused(d, token).explanation.rule).toBe('WIRE-AUTH-09')
  })

  test('WIRE-AUTH-09: an unknown policy, the key of another policy, and the key of a device are refused', () => {
    refused(d, signed(HOST, policy('device').primaryKey, seconds() + 60, 'unknown'))
    refused(d, signed(HOST, policy('service').primaryKey, seconds() + 60, 'device'))
    refused(d, signed(HOST, primaryKeyOf(hub, d), seconds() + 60, 'device'))
    refused(d, signed(`${HOST}/devices/dev1`, policy('device').primaryKey, seconds() + 60, 'device'))
  })

  const RIGHTS: Readonly<Record<string, readonly Permission[]>> = {
    iothubowner: ['RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect'],
    service: ['ServiceConnect'],
    device: ['DeviceConnect'],
    registryRead: ['RegistryRead'],
    registryReadWrite: ['RegistryRead', 'RegistryWrite'],
  }
  test.each(Object.entries(RIGHTS))('WIRE-AUTH-20: %s has its permissions and no others', (name, rights) => {
    const token = signed(HOST, policy(name).primaryKey, seconds() + 60, name)
    for (const right of RIGHTS['iothubowner'] ?? []) {
      const authorize = () => hub.authentication.authorize(token, [right])
      if (rights.includes(right)) expect([...authorize().permissions]).toEqual(rights)
      else expect(refusalOf(authorize)).toMatchObject({ code: 401002, explanation: { rule: 'WIRE-AUTH-20' } })
    }
  })

  test('WIRE-AUTH-19 WIRE-AUTH-20: no header, no policy, an old token, another hub', () => {
    const { primaryKey } = policy('service')
    const authorize = (header?: string) => hub.authentication.authorize(header, ['ServiceConnect'])
    authorize(signed(HOST, primaryKey, seconds(), 'service'))
    for (const header of [
      undefined,
      '',
      'Bearer x',
      own(HOST),
      signed(HOST, primaryKey, seconds() - 301, 'service'),
    ])
      expect(refusalOf(() => authorize(header)).code).toBe(401002)
    expect(refusalOf(() => authorize()).message).toBe('Authorization header missing')
    refusalOf(() => authorize(signed('other.net', primaryKey, seconds() + 60, 'service')))
  })
})

describe('identities that are refused', () => {
  test('WIRE-CONN-18 WIRE-CONN-19: unknown, disabled, a module of a disabled device', () => {
    const tokens = [own(HOST, d), own(HOST, m)] as const
    expect(refusalOf(() => admit({ deviceId: 'unknown' }, tokens[0])).code).toBe(404001)
    expect(refusalOf(() => admit({ ...d, moduleId: 'unknown' }, tokens[0])).code).toBe(404010)
    hub.registry.update(d, { status: 'disabled' }, '*')
    for (const [index, identity] of [d, m].entries())
      expect(refusalOf(() => admit(identity, tokens[index] ?? '')).kind).toBe('DeviceDisabled')
  })

  test('WIRE-AUTH-19: neither token nor certificate', () => {
    for (const credentials of [{}, { certificates: [] }])
      expect(refusalOf(() => hub.authentication.admit(d, credentials)).message).toBe(
        'Authorization header missing',
      )
    refused(d, '')
  })
})
