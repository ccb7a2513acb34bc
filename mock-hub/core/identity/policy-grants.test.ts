import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import type { SharedAccessPolicy } from '../contract/principal.ts'
import { openHub, refusalOf, signed } from '../testing/test-hub.ts'

const HOST = 'hub.example.net'
const D = { deviceId: 'd' }
const M = { deviceId: 'd', moduleId: 'm' }
let hub: Hub
let clock: ManualClock
beforeEach(() => {
  ;({ hub, clock } = openHub({ hostName: HOST }))
  for (const identity of [D, M]) hub.registry.create(identity)
})
const policy = (name: string): SharedAccessPolicy => hub.policies.find((one) => one.name === name)!
const inSeconds = (seconds: number): number => Math.floor(clock.now() / 1000) + seconds
/** As clients of IoT Hub sign. */
const ofIotHub = (sr: string, seconds = 60): string =>
  signed(sr, policy('service').primaryKey, inSeconds(seconds), 'service')
/** As clients of Event Hubs sign: with the key as text. */
const ofEventHubs = (sr: string, seconds = 60): string =>
  signed(sr, Buffer.from(policy('service').secondaryKey).toString('base64'), inSeconds(seconds), 'service')
const rule = (act: () => unknown): string => refusalOf(act).explanation.rule

describe('authorizeToken', () => {
  test.each([
    [HOST, []],
    [`${HOST}%2Fmessages%2Fdevicebound`, ['messages', 'devicebound']],
    [`${HOST}/messages%2Fdevicebound`, ['messages', 'devicebound']],
    [`${HOST.toUpperCase()}:5671/messages/`, ['messages']],
  ])('sr %s covers %j', (sr, scope) => {
    const grant = hub.authentication.authorizeToken(ofIotHub(sr))
    expect(grant).toEqual({
      ...{ type: 'policy', policyName: 'service', permissions: new Set(['ServiceConnect']) },
      ...{ scope, expiresAt: inSeconds(60) * 1000 },
    })
    expect(hub.authentication.authorizeToken(ofEventHubs(sr)).scope).toEqual(scope)
  })

  test.each([`sb://${HOST}/entity`, `sb%3a%2f%2f${HOST}%2fentity%2f`, `amqps://${HOST}:5671/entity`])(
    'WIRE-AMQP-03: a token of an Event Hubs client may name a scheme: %s',
    (sr) => {
      expect(hub.authentication.authorizeToken(ofEventHubs(sr)).scope).toEqual(['entity'])
      expect(rule(() => hub.authentication.authorizeToken(ofIotHub(sr)))).toBe('WIRE-AUTH-08')
    },
  )

  test('refuses a foreign host, an expired token, another signature, an unknown policy and no token', () => {
    const refused = (token: string): string => rule(() => hub.authentication.authorizeToken(token))
    for (const sign of [ofIotHub, ofEventHubs]) {
      expect(refused(sign('other.example.net'))).toBe('WIRE-AUTH-08')
      expect(refused(sign(HOST, -hub.settings.clockSkewSeconds - 1))).toBe('WIRE-AUTH-12')
    }
    expect(refused(signed(HOST, policy('device').primaryKey, inSeconds(60), 'service'))).toBe('WIRE-AUTH-02')
    expect(refused(signed(HOST, policy('service').primaryKey, inSeconds(60), 'toString'))).toBe(
      'WIRE-AUTH-09',
    )
    expect(refused('SharedAccessSignature')).toBe('WIRE-AUTH-01')
  })
})

describe('authorizeKey', () => {
  test.each(['primaryKey', 'secondaryKey'] as const)('takes the %s of a policy', (name) => {
    expect(hub.authentication.authorizeKey('device', policy('device')[name])).toEqual({
      ...{ type: 'policy', policyName: 'device', permissions: new Set(['DeviceConnect']) },
      ...{ scope: [], expiresAt: undefined },
    })
  })

  test.each(['', 'another'])('refuses the key %j, and does not repeat it', (key) => {
    const error = refusalOf(() => hub.authentication.authorizeKey('device', key))
    expect(error.explanation.rule).toBe('WIRE-AMQP-03')
    expect(error.explanation.received).not.toContain('another')
  })

  test.each(['nobody', 'constructor'])('refuses the policy %s', (name) => {
    expect(rule(() => hub.authentication.authorizeKey(name, policy('device').primaryKey))).toBe(
      'WIRE-AMQP-03',
    )
  })
})

describe('admitByPolicy', () => {
  const grant = (name: string) => hub.authentication.authorizeKey(name, policy(name).primaryKey)

  test('admits any identity for a policy with DeviceConnect', () => {
    const { generationId } = hub.registry.get(M)
    expect(hub.authentication.admitByPolicy(M, grant('device'))).toEqual({
      ...{
        type: 'identity',
        identity: M,
        scope: 'hub',
        credential: 'sas',
        generationId,
        expiresAt: undefined,
      },
    })
  })

  test('refuses a policy without that right, and a scope of something else', () => {
    expect(rule(() => hub.authentication.admitByPolicy(D, grant('service')))).toBe('WIRE-AUTH-09')
    const other = { ...grant('device'), scope: ['devices', 'other'] }
    expect(rule(() => hub.authentication.admitByPolicy(D, other))).toBe('WIRE-AUTH-08')
  })

  test.each([D, M])('WIRE-CONN-19: refuses %j when the device is disabled', (identity) => {
    hub.registry.update(D, { status: 'disabled' }, '*')
    expect(rule(() => hub.authentication.admitByPolicy(identity, grant('device')))).toBe('WIRE-CONN-19')
  })

  test('refuses an identity that does not exist', () => {
    expect(refusalOf(() => hub.authentication.admitByPolicy({ deviceId: 'x' }, grant('device'))).kind).toBe(
      'DeviceNotFound',
    )
  })
})

describe('watchExpiry', () => {
  test('WIRE-AUTH-13: reports once, when the grace after the expiry is over', () => {
    const expired: string[] = []
    hub.authentication.watchExpiry(clock.now() + 60_000, ({ explanation }) => expired.push(explanation.rule))
    clock.advance((60 + hub.settings.tokenGraceSeconds) * 1000 - 1)
    expect(expired).toEqual([])
    clock.advance(1)
    expect(expired).toEqual(['WIRE-AUTH-13'])
  })

  test('reports nothing once it is cancelled, or without an expiry, or with one that no clock reaches', () => {
    const expired: string[] = []
    const watch = (at: number | undefined): (() => void) =>
      hub.authentication.watchExpiry(at, ({ kind }) => expired.push(kind))
    watch(clock.now() + 60_000)()
    watch(undefined)
    watch(Number.MAX_VALUE)
    clock.advance(86_400_000)
    expect(expired).toEqual([])
  })
})
