import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { C2dDelivery, FeedbackRecord } from '../contract/c2d.ts'
import type { Hub } from '../contract/hub.ts'
import type { SystemProperties } from '../contract/message.ts'
import type { Settings } from '../contract/settings.ts'
import { callerOf, messageOf, openHub, refusalOf, TestLink } from '../testing/test-hub.ts'

const d = { deviceId: 'd' }
let hub: Hub
let clock: ManualClock
const open = (settings: Partial<Settings> = {}): void => {
  ;({ hub, clock } = openHub(settings))
  hub.registry.create(d)
}
beforeEach(() => {
  open()
})
const send = (body = 'hello', system: SystemProperties = {}): number =>
  hub.c2d.send(d, messageOf(body, {}, system)).sequenceNumber
const receive = (): C2dDelivery => {
  const delivery = hub.c2d.receive(d)
  if (delivery === undefined) throw new Error('nothing waits')
  return delivery
}
const bodies = (deliveries: readonly C2dDelivery[]): string[] =>
  deliveries.map(({ message }) => message.body.toString())
const iso = (ms: number): string => new Date(ms).toISOString()
/** All feedback there is, after the time that a batch may take. */
const feedback = (): FeedbackRecord[] => {
  clock.advance(15_000)
  const records: FeedbackRecord[] = []
  for (let got = hub.feedback.receive(); got !== undefined; got = hub.feedback.receive()) {
    records.push(...got.item)
    hub.feedback.settle(got.lockToken, 'complete')
  }
  return records
}

describe('sending', () => {
  test('WIRE-C2D-13: fifty wait, locked ones too; the next is 403004', () => {
    for (let n = 0; n < 50; n++) send(String(n))
    receive()
    expect(refusalOf(() => send()).code).toBe(403004)
    expect(hub.c2d.count(d)).toBe(50)
    hub.c2d.settle(d, receive().lockToken, 'complete')
    send()
  })

  test('WIRE-C2D-16: 64 KB with properties, and one byte more', () => {
    const message = messageOf('x'.repeat(65_536 - 5), { ab: 'cde' })
    hub.c2d.send(d, message)
    const larger = messageOf('x'.repeat(65_536 - 4), { ab: 'cde' })
    expect(refusalOf(() => hub.c2d.send(d, larger)).code).toBe(413001)
  })

  test('WIRE-C2D-15: a message that has just expired is taken and dead-letters, also where the device listens', () => {
    const link = new TestLink(hub, d).subscribe('c2d')
    for (const ago of [0, 1, 300_000])
      send('x', { expiryTimeUtc: iso(clock.now() - ago), messageId: String(ago), ack: 'negative' })
    expect([hub.c2d.count(d), link.c2d]).toEqual([0, []])
    expect(feedback().map((one) => [one.originalMessageId, one.statusCode])).toEqual([
      ['0', 'Expired'],
      ['1', 'Expired'],
      ['300000', 'Expired'],
    ])
  })

  test('WIRE-C2D-15: an expiry long past, no time at all, and one still to come', () => {
    expect(refusalOf(() => send('x', { expiryTimeUtc: iso(clock.now() - 300_001) })).code).toBe(403009)
    for (const expiryTimeUtc of ['soon', '2020-13-01T00:00:00Z', '1e3'])
      expect(refusalOf(() => send('x', { expiryTimeUtc })).explanation.rule).toBe('WIRE-C2D-15')
    send('x', { expiryTimeUtc: iso(clock.now() + 1) })
    expect(hub.c2d.count(d)).toBe(1)
  })

  test('WIRE-C2D-04 WIRE-C2D-07: the hub adds the address and an expiry that clients can read', () => {
    send('x', { expiryTimeUtc: '2030-01-01T00:00:00+01:00', messageId: 'm' })
    expect(receive().message.system).toEqual({
      messageId: 'm',
      to: '/devices/d/messages/devicebound',
      expiryTimeUtc: '2029-12-31T23:00:00.0000000Z',
    })
    send('y', { to: '/devices/d/messages/deviceBound' })
    expect(receive().message.system.to).toBe('/devices/d/messages/deviceBound')
  })

  test('WIRE-C2D-18 WIRE-METH-19: unknown and disabled devices, and their modules', () => {
    const m = { ...d, moduleId: 'm' }
    hub.registry.create(m)
    expect(refusalOf(() => hub.c2d.send({ deviceId: 'unknown' }, messageOf())).code).toBe(404001)
    expect(refusalOf(() => hub.c2d.send({ ...d, moduleId: 'unknown' }, messageOf())).code).toBe(404010)
    hub.registry.update(d, { status: 'disabled' }, '*')
    for (const target of [d, m]) expect(refusalOf(() => hub.c2d.send(target, messageOf())).code).toBe(404001)
  })

  test('WIRE-C2D-23: a module has a queue of its own', () => {
    const m = { ...d, moduleId: 'm' }
    hub.registry.create(m)
    hub.c2d.send(m, messageOf())
    expect([hub.c2d.count(d), hub.c2d.count(m)]).toEqual([0, 1])
    const link = new TestLink(hub, m).subscribe('c2d')
    expect(link.c2d[0]?.message.system.to).toBe('/devices/d/modules/m/messages/devicebound')
    hub.c2d.settle(m, link.c2d[0]?.lockToken ?? '', 'complete')
    expect(hub.c2d.count(m)).toBe(0)
  })
})

describe('locks', () => {
  test('WIRE-C2D-11 WIRE-HTTP-08: a minute, then it waits again in its place, with a new token', () => {
    for (const body of ['a', 'b']) send(body)
    const first = receive()
    expect([first.deliveryCount, bodies([receive()])]).toEqual([1, ['b']])
    expect(hub.c2d.receive(d)).toBeUndefined()
    clock.advance(59_999)
    expect(hub.c2d.receive(d)).toBeUndefined()
    clock.advance(1)
    expect(refusalOf(() => hub.c2d.settle(d, first.lockToken, 'complete')).code).toBe(412002)
    const again = receive()
    expect([bodies([again]), again.deliveryCount, again.redelivered]).toEqual([['a'], 1, true])
    expect(again.lockToken).not.toBe(first.lockToken)
    hub.c2d.settle(d, again.lockToken, 'abandon')
    const third = receive()
    expect([bodies([third, receive()]), third.deliveryCount]).toEqual([['a', 'b'], 2])
  })

  test('WIRE-HTTP-08: each token is good once, and for its device only', () => {
    hub.registry.create({ deviceId: 'e' })
    send()
    const { lockToken } = receive()
    expect(refusalOf(() => hub.c2d.settle({ deviceId: 'e' }, lockToken, 'complete')).code).toBe(412002)
    hub.c2d.settle(d, lockToken, 'complete')
    for (const outcome of ['complete', 'abandon', 'reject'] as const)
      expect(refusalOf(() => hub.c2d.settle(d, lockToken, outcome)).code).toBe(412002)
  })

  test('WIRE-C2D-11: what was sent to a link waits for the next one', () => {
    send()
    const first = new TestLink(hub, d).subscribe('c2d')
    expect(first.c2d[0]).toMatchObject({ deliveryCount: 1, redelivered: false })
    const second = new TestLink(hub, d).subscribe('c2d')
    expect(second.c2d[0]).toMatchObject({ deliveryCount: 1, redelivered: true })
    expect(refusalOf(() => hub.c2d.settle(d, first.c2d[0]?.lockToken ?? '', 'complete')).code).toBe(412002)
    second.session.ended()
    expect(receive()).toMatchObject({ deliveryCount: 1, redelivered: true })
  })

  test('WIRE-SESS-18 WIRE-C2D-20: in order, so many at a time', () => {
    open({ maxUnacknowledged: 3 })
    const link = new TestLink(hub, d).subscribe('c2d')
    for (let n = 0; n < 6; n++) send(String(n))
    expect(bodies(link.c2d)).toEqual(['0', '1', '2'])
    for (const { lockToken } of link.c2d.slice(0, 2)) hub.c2d.settle(d, lockToken, 'complete')
    expect(bodies(link.c2d)).toEqual(['0', '1', '2', '3', '4'])
  })
})

test('WIRE-THR-01: a device that is throttled has been given nothing', async () => {
  open({ tier: 'F1' })
  send()
  const receiveOverHttps = () => hub.perform(callerOf(hub, d), 'c2dReceive', undefined)
  for (let n = 0; n < 1_000; n++) hub.throttle.take('c2dReceive', 0)
  expect(refusalOf(receiveOverHttps).code).toBe(429001)
  clock.advance(1_000)
  expect((await receiveOverHttps())?.deliveryCount).toBe(1)
})

describe('the end of a message', () => {
  test.each([
    ['complete', 'Success', ['positive', 'full']],
    ['reject', 'Rejected', ['negative', 'full']],
  ] as const)('WIRE-C2D-06 WIRE-C2D-09: %s is %s for those who asked', (outcome, statusCode, askers) => {
    for (const ack of ['none', 'positive', 'negative', 'full', undefined] as const)
      send('x', { messageId: String(ack), ...(ack === undefined ? {} : { ack }) })
    for (let n = 0; n < 5; n++) hub.c2d.settle(d, receive().lockToken, outcome)
    const at = `${iso(clock.now()).slice(0, -1)}0000Z`
    expect(feedback()).toEqual(
      askers.map((originalMessageId) => ({
        originalMessageId,
        statusCode,
        description: outcome === 'reject' ? 'Message rejected' : 'Success',
        enqueuedTimeUtc: at,
        deviceId: 'd',
        deviceGenerationId: hub.registry.get(d).generationId,
      })),
    )
  })

  test('WIRE-C2D-14: an hour, or as the message says', () => {
    send('default', { ack: 'negative', messageId: '1' })
    send('short', { ack: 'full', messageId: '2', expiryTimeUtc: iso(clock.now() + 1_000) })
    clock.advance(1_000)
    expect(hub.c2d.count(d)).toBe(1)
    clock.advance(3_598_999)
    expect(hub.c2d.count(d)).toBe(1)
    clock.advance(1)
    expect(hub.c2d.count(d)).toBe(0)
    expect(feedback().map((one) => [one.originalMessageId, one.statusCode])).toEqual([
      ['2', 'Expired'],
      ['1', 'Expired'],
    ])
  })

  test('WIRE-C2D-14: one that is locked may still be completed; let go of, it expires', () => {
    const expiryTimeUtc = iso(clock.now() + 1_000)
    send('a', { expiryTimeUtc, ack: 'full' })
    send('b', { expiryTimeUtc, ack: 'full' })
    const [a] = [receive(), receive()]
    clock.advance(2_000)
    hub.c2d.settle(d, a.lockToken, 'complete')
    clock.advance(58_000)
    expect(feedback().map(({ statusCode }) => statusCode)).toEqual(['Success', 'Expired'])
    expect(hub.c2d.count(d)).toBe(0)
  })

  test('WIRE-C2D-17: with lockTimeoutsCount, ten by abandon and by lock time-out, then DeliveryCountExceeded', () => {
    open({ lockTimeoutsCount: true })
    send('x', { ack: 'negative' })
    for (let n = 1; n <= 10; n++) {
      const { deliveryCount, lockToken } = receive()
      expect(deliveryCount).toBe(n)
      if (n % 2 === 0) clock.advance(60_000)
      else hub.c2d.settle(d, lockToken, 'abandon')
    }
    expect(hub.c2d.receive(d)).toBeUndefined()
    expect(feedback().map(({ statusCode }) => statusCode)).toEqual(['DeliveryCountExceeded'])
  })

  test('WIRE-C2D-17 WIRE-C2D-21: only an abandon raises the delivery count', () => {
    open({ c2dMaxDeliveryCount: 2, c2dTtlSeconds: 172_800 })
    send()
    for (let n = 0; n < 20; n++) {
      expect(receive().deliveryCount).toBe(1)
      clock.advance(60_000)
    }
    hub.c2d.settle(d, receive().lockToken, 'abandon')
    hub.c2d.settle(d, receive().lockToken, 'abandon')
    expect(hub.c2d.count(d)).toBe(0)
  })

  test('WIRE-C2D-19: purge takes all, locked or not, and says so', () => {
    send('a', { ack: 'full' })
    send('b', { ack: 'positive' })
    send('c', { ack: 'negative' })
    const { lockToken } = receive()
    expect(hub.c2d.purge(d)).toBe(3)
    expect([hub.c2d.count(d), hub.c2d.purge(d)]).toEqual([0, 0])
    expect(refusalOf(() => hub.c2d.settle(d, lockToken, 'complete')).code).toBe(412002)
    expect(feedback().map(({ statusCode }) => statusCode)).toEqual(['Purged', 'Purged'])
  })

  test('what waits for a device that is deleted is nothing to the next of its name', () => {
    send()
    hub.registry.remove(d, '*')
    hub.registry.create(d)
    expect([hub.c2d.count(d), hub.c2d.receive(d)]).toEqual([0, undefined])
  })
})

describe('feedback', () => {
  const complete = (count: number): void => {
    for (let n = 0; n < count; n++) {
      send('x', { ack: 'full' })
      hub.c2d.settle(d, receive().lockToken, 'complete')
    }
  }
  test('WIRE-C2D-09: in batches of 64, or after 15 s', () => {
    let available = 0
    hub.feedback.onAvailable(() => available++)
    complete(63)
    clock.advance(14_999)
    expect([available, hub.feedback.receive()]).toEqual([0, undefined])
    clock.advance(1)
    expect(hub.feedback.receive()?.item).toHaveLength(63)
    complete(65)
    expect(hub.feedback.receive()?.item).toHaveLength(64)
    clock.advance(15_000)
    expect(hub.feedback.receive()?.item).toHaveLength(1)
  })

  test('a batch is locked for a minute, may be abandoned ten times, and lives for an hour', () => {
    complete(64)
    const first = hub.feedback.receive()
    expect(hub.feedback.receive()).toBeUndefined()
    clock.advance(60_000)
    expect(refusalOf(() => hub.feedback.settle(first?.lockToken ?? '', 'complete')).code).toBe(412002)
    for (let n = 1; n <= 10; n++) hub.feedback.settle(hub.feedback.receive()?.lockToken ?? '', 'abandon')
    expect(hub.feedback.receive()).toBeUndefined()
    complete(64)
    clock.advance(3_600_000)
    expect(hub.feedback.receive()).toBeUndefined()
    complete(64)
    hub.feedback.settle(hub.feedback.receive()?.lockToken ?? '', 'reject')
    clock.advance(60_000)
    expect(hub.feedback.receive()).toBeUndefined()
  })
})

test('WIRE-C2D-20: whatever happens, what is left waits in the order in which it was sent', () => {
  const step = fc.constantFrom('send', 'receive', 'complete', 'abandon', 'reject', 'wait')
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      open({ c2dMaxDeliveryCount: 100 })
      const held: string[] = []
      let sent = 0
      let gone = 0
      for (const what of steps) {
        if (what === 'send') send(String(++sent))
        else if (what === 'receive') {
          const delivery = hub.c2d.receive(d)
          if (delivery !== undefined) held.push(delivery.lockToken)
        } else if (what === 'wait') {
          clock.advance(60_000)
          held.length = 0
        } else {
          const token = held.shift()
          if (token === undefined) continue
          hub.c2d.settle(d, token, what)
          if (what !== 'abandon') gone++
        }
        const order = hub.c2d.waiting(d).map(({ sequenceNumber }) => sequenceNumber)
        expect(order).toEqual([...order].sort((a, b) => a - b))
        expect(hub.c2d.count(d)).toBe(sent - gone)
      }
    }),
  )
})
