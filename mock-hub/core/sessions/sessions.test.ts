import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import type { Settings } from '../contract/settings.ts'
import { messageOf, openHub, principalOf, refusalOf, rejectionOf, TestLink } from '../testing/test-hub.ts'

const d = { deviceId: 'd' }
const m = { deviceId: 'd', moduleId: 'm' }
let hub: Hub
let clock: ManualClock
const open = (settings: Partial<Settings> = {}): void => {
  ;({ hub, clock } = openHub(settings))
  hub.registry.create(d)
  hub.registry.create(m)
}
beforeEach(() => {
  open()
})
const state = (): string => hub.registry.get(d).connectionState
const told = (type: 'connected' | 'disconnected'): unknown[] =>
  hub.journal.entries.flatMap((entry) => (entry.type === type ? [[entry.linkId, entry.identity]] : []))

describe('one link of an identity', () => {
  test('WIRE-CONN-28: the newest wins, the older is closed and explained', () => {
    const [first, second] = [new TestLink(hub, d), new TestLink(hub, d)]
    expect([first.closed, second.closed]).toEqual([['taken-over'], []])
    expect(hub.lastRefusals[0]).toMatchObject({ code: 400027, linkId: first.id, identity: 'd' })
    expect(told('connected')).toEqual([
      [first.id, 'd'],
      [second.id, 'd'],
    ])
    expect(told('disconnected')).toEqual([[first.id, 'd']])
    // What the older one says on its way out is not about the newer.
    first.session.ended()
    expect(state()).toBe('Connected')
    second.session.ended()
    second.session.ended()
    expect(state()).toBe('Disconnected')
    expect(told('disconnected')).toHaveLength(2)
  })

  test('WIRE-CONN-29: a module and its device have separate links', () => {
    const links = [new TestLink(hub, d), new TestLink(hub, m)]
    expect(links.map(({ closed }) => closed)).toEqual([[], []])
  })

  test('WIRE-CONN-28: a call that waits on the older link fails with 400027, and a late response is ignored', async () => {
    const first = new TestLink(hub, d).subscribe('methods')
    const call = rejectionOf(hub.methods.invoke(d, { methodName: 'x', payload: undefined }))
    const second = new TestLink(hub, d).subscribe('methods')
    expect((await call).code).toBe(400027)
    expect(second.requests).toEqual([])
    expect(() => second.respond(first.requests[0]?.id ?? '')).toThrow('request id')
  })

  test('subscriptions of a closed link have no effect', () => {
    hub.c2d.send(d, messageOf())
    const first = new TestLink(hub, d)
    const second = new TestLink(hub, d)
    first.subscribe('c2d')
    expect([first.c2d, second.c2d]).toEqual([[], []])
    second.subscribe('c2d')
    expect(second.c2d).toHaveLength(1)
  })
})

describe('WIRE-TWIN-38: the registry shows', () => {
  test('connection state and last activity with their times', () => {
    const { connectionStateUpdatedAt, lastActivityAt } = hub.registry.get(d)
    expect([connectionStateUpdatedAt, lastActivityAt]).toEqual([undefined, undefined])
    const link = new TestLink(hub, d)
    const up = clock.now()
    expect(hub.registry.get(d)).toMatchObject({
      connectionState: 'Connected',
      connectionStateUpdatedAt: up,
      lastActivityAt: up,
    })
    clock.advance(1_000)
    void hub.perform(link.caller, 'telemetry', { message: messageOf() })
    expect(hub.registry.get(d)).toMatchObject({ connectionStateUpdatedAt: up, lastActivityAt: up + 1_000 })
    clock.advance(1_000)
    link.session.ended()
    expect(hub.registry.get(d)).toMatchObject({
      connectionState: 'Disconnected',
      connectionStateUpdatedAt: up + 2_000,
      lastActivityAt: up + 2_000,
    })
    expect(hub.registry.get(m).connectionState).toBe('Disconnected')
  })

  test('a change of the record keeps them', () => {
    new TestLink(hub, d)
    hub.registry.update(d, { statusReason: 'x' }, '*')
    expect(state()).toBe('Connected')
  })
})

describe('the expiry of the token', () => {
  test.each([600, 300, 0])('WIRE-AUTH-13: closed at se and %i s, not before', (tokenGraceSeconds) => {
    open({ tokenGraceSeconds })
    const link = new TestLink(hub, d, { expiresAt: clock.now() + 60_000 })
    clock.advance((60 + tokenGraceSeconds) * 1000 - 1)
    expect(link.closed).toEqual([])
    clock.advance(1)
    expect(link.closed).toEqual(['token-expired'])
    expect(hub.lastRefusals[0]).toMatchObject({ code: 401003, explanation: { rule: 'WIRE-AUTH-13' } })
    expect(state()).toBe('Disconnected')
  })

  test('WIRE-AUTH-13: the token of the older link does not affect the newer one', () => {
    new TestLink(hub, d, { expiresAt: clock.now() })
    const newer = new TestLink(hub, d, { expiresAt: clock.now() + 3_600_000 })
    clock.advance(600_000)
    expect(newer.closed).toEqual([])
  })

  test('WIRE-AUTH-14: links with a certificate, or with milliseconds in se, stay open', () => {
    const links = [new TestLink(hub, d), new TestLink(hub, m, { expiresAt: 1.7e15 })]
    clock.advance(10 * 365 * 86_400_000)
    expect(links.map(({ closed }) => closed)).toEqual([[], []])
  })
})

describe('links follow the registry', () => {
  test('WIRE-CONN-30: disabling closes the device and its modules', () => {
    const links = [new TestLink(hub, d), new TestLink(hub, m)]
    hub.registry.update(d, { status: 'disabled' }, '*')
    expect(links.map(({ closed }) => closed)).toEqual([['identity-disabled'], ['identity-disabled']])
    expect(hub.lastRefusals.map(({ error }) => error)).toEqual(['DeviceDisabled', 'DeviceDisabled'])
  })

  test('WIRE-CONN-31: deleting closes both, modules first', () => {
    const links = [new TestLink(hub, d), new TestLink(hub, m)]
    hub.registry.remove(d, '*')
    expect(links.map(({ closed }) => closed)).toEqual([['identity-deleted'], ['identity-deleted']])
    expect(told('disconnected').map((one) => (one as string[])[1])).toEqual(['d/m', 'd'])
  })

  const keys = (n: number) => ({
    authentication: {
      type: 'sas' as const,
      symmetricKey: { primaryKey: Buffer.alloc(32, n).toString('base64') },
    },
  })
  test('WIRE-CONN-32: new keys close no link unless the setting is on', () => {
    const link = new TestLink(hub, d)
    hub.registry.update(d, keys(1), '*')
    expect(link.closed).toEqual([])
  })

  test('WIRE-CONN-32: with the setting, links that used the key are closed', () => {
    open({ dropLinkOnKeyChange: true })
    hub.registry.create({ ...d, moduleId: 'n' })
    const device = new TestLink(hub, d)
    const [own, parents] = [
      new TestLink(hub, m),
      new TestLink(hub, { ...d, moduleId: 'n' }, { scope: 'device' }),
    ]
    hub.registry.update(d, { statusReason: 'the same keys' }, '*')
    hub.registry.update({ ...d, moduleId: 'n' }, keys(2), '*')
    expect([device, own, parents].map(({ closed }) => closed)).toEqual([[], [], []])
    hub.registry.update(d, keys(1), '*')
    expect([device, own, parents].map(({ closed }) => closed)).toEqual([['key-changed'], [], ['key-changed']])
    hub.registry.update(m, keys(3), '*')
    expect(own.closed).toEqual(['key-changed'])
    const policy = new TestLink(hub, d, { scope: 'hub' })
    hub.registry.update(d, keys(4), '*')
    expect(policy.closed).toEqual([])
  })
})

test('WIRE-CONN-30 WIRE-CONN-31: an identity that is deleted or disabled during authentication gets no session', () => {
  const [device, module] = [principalOf(hub, d), principalOf(hub, m)]
  hub.registry.update(d, { status: 'disabled' }, '*')
  expect(refusalOf(() => new TestLink(hub, d, device)).kind).toBe('DeviceDisabled')
  expect(refusalOf(() => new TestLink(hub, m, module)).kind).toBe('DeviceDisabled')
  hub.registry.remove(d, '*')
  hub.registry.create(d)
  expect(refusalOf(() => new TestLink(hub, d, device)).kind).toBe('DeviceNotFound')
  expect(told('connected')).toEqual([])
})

test('a hub that stops closes every link', () => {
  const links = [new TestLink(hub, d, { expiresAt: clock.now() }), new TestLink(hub, m)]
  hub.stop()
  expect(links.map(({ closed }) => closed)).toEqual([['hub-stopped'], ['hub-stopped']])
  clock.advance(3_600_000)
  expect(hub.lastRefusals).toEqual([])
})
