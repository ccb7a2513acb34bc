import { describe, expect, it } from 'vitest'
import type { Link } from '../core/ports.ts'
import { Outbox, PacketIds, WINDOW } from './outbox.ts'

/** A link that writes down what is published and acknowledges when told. */
function testLink() {
  const sent: { packetId: number; topic: string; dup: boolean; acknowledge: () => void }[] = []
  const link: Link = {
    publish: (packetId, topic, _payload, dup, acknowledge) => {
      sent.push({ packetId, topic, dup, acknowledge })
    },
    subscribe: () => undefined,
    unsubscribe: () => undefined,
    close: () => undefined,
    destroy: () => undefined,
  }
  return { link, sent }
}

function parcel(topic: string, outcomes: string[]) {
  return {
    topic,
    payload: '',
    delivered: () => outcomes.push(`${topic} delivered`),
    failed: (error: Error) => outcomes.push(`${topic} ${error.message}`),
  }
}

describe('the outbox', () => {
  it('keeps the order after a lost link: first what was in flight, with DUP (SRC-04)', () => {
    const outbox = new Outbox()
    const first = testLink()
    const second = testLink()
    outbox.attach(first.link)
    const topics = Array.from({ length: WINDOW + 3 }, (_, index) => `t${index}`)
    for (const topic of topics) outbox.post(parcel(topic, []))
    expect(first.sent).toHaveLength(WINDOW)
    outbox.detach()
    outbox.attach(second.link)
    expect(second.sent.map(({ topic }) => topic)).toEqual(topics.slice(0, WINDOW))
    expect(second.sent.every(({ dup }) => dup)).toBe(true)
    for (let index = 0; index < 3; index++) second.sent[index]?.acknowledge()
    expect(second.sent.slice(WINDOW).map(({ topic, dup }) => [topic, dup])).toEqual(
      topics.slice(WINDOW).map((topic) => [topic, false]),
    )
    expect(outbox.pending).toBe(WINDOW)
  })

  it('does not deliver what was cancelled or released', () => {
    const outbox = new Outbox()
    const { link, sent } = testLink()
    const outcomes: string[] = []
    outbox.attach(link)
    const takeBack = outbox.post(parcel('a', outcomes))
    outbox.post(parcel('b', outcomes))
    takeBack()
    outbox.release(() => new Error('let go'))
    for (const { acknowledge } of sent) acknowledge()
    expect(outcomes).toEqual(['b let go'])
    expect(outbox.pending).toBe(0)
  })

  it('cancels what was not sent', () => {
    const outbox = new Outbox()
    const { link, sent } = testLink()
    const takeBack = outbox.post(parcel('a', []))
    outbox.post(parcel('b', []))
    takeBack()
    outbox.attach(link)
    expect(sent.map(({ topic }) => topic)).toEqual(['b'])
  })

  it('has capacity again as acknowledgements arrive', async () => {
    const outbox = new Outbox()
    const { link, sent } = testLink()
    outbox.attach(link)
    for (let index = 0; index < WINDOW; index++) outbox.post(parcel('t', []))
    let rooms = 0
    const both = [outbox.capacity().then(() => (rooms += 1)), outbox.capacity().then(() => (rooms += 1))]
    sent[0]?.acknowledge()
    await both[0]
    expect(rooms).toBe(1)
    sent[1]?.acknowledge()
    await both[1]
  })
})

describe('packet ids', () => {
  it('continue after 65535 with 1, without those in use', () => {
    const taken = new Set([1, 2])
    const ids = new PacketIds((packetId) => taken.has(packetId))
    const given = Array.from({ length: 65_535 }, () => ids.next())
    expect(given[0]).toBe(3)
    expect(given.at(-3)).toBe(65_535)
    expect(given.at(-2)).toBe(3)
  })
})
