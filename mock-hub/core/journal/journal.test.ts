import { describe, expect, expectTypeOf, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { JournalEntryOf, JournalEvent } from '../contract/journal.ts'
import { HubJournal } from './journal.ts'

const clock = new ManualClock()
const made = (linkId: string): JournalEvent => ({ type: 'link-opened', linkId, transport: 'mqtt', peer: 'p' })
const filled = (retained: number, count: number): HubJournal => {
  const journal = new HubJournal(clock, retained)
  for (let n = 1; n <= count; n++) journal.record(made(String(n)))
  return journal
}
const seqs = ({ entries }: HubJournal): number[] => entries.map(({ seq }) => seq)

test.each([
  [3, 0, []],
  [3, 2, [1, 2]],
  [3, 3, [1, 2, 3]],
  [3, 8, [6, 7, 8]],
  [0, 5, []],
])('of %i kept and %i recorded there are %j', (retained, count, kept) => {
  const journal = filled(retained, count)
  expect(seqs(journal)).toEqual(kept)
  expect(journal.seq).toBe(count)
})

test('listeners get each entry with its number and time until they stop, also while they are called', () => {
  const journal = filled(2, 1)
  const received: number[] = []
  const stop = journal.subscribe(({ seq }) => {
    received.push(seq)
    if (seq === 3) stop()
  })
  journal.subscribe(({ at }) => received.push(at))
  for (const id of ['2', '3', '4']) journal.record(made(id))
  expect(received).toEqual([2, clock.now(), 3, clock.now(), clock.now()])
})

describe('until', () => {
  const link = (id: string) => (entry: JournalEvent) => 'linkId' in entry && entry.linkId === id

  test('an entry that exists counts, unless it is older than `after`', async () => {
    const journal = filled(3, 5)
    expect((await journal.until(link('4'))).seq).toBe(4)
    expect((await journal.until(() => true)).seq).toBe(3)
    expect((await journal.until(() => true, { after: 4 })).seq).toBe(5)
    const next = journal.until(link('4'), { after: 4 })
    journal.record(made('x'))
    journal.record(made('4'))
    expect((await next).seq).toBe(7)
  })

  test('a signal ends the wait with its reason; the first of entry and signal wins', async () => {
    const journal = filled(3, 1)
    const reason = new Error('enough')
    await expect(journal.until(link('x'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await journal.until(link('1'), { signal: AbortSignal.abort(reason) })
    const control = new AbortController()
    const waits = [
      journal.until(link('x'), { signal: control.signal }),
      journal.until(link('y'), { signal: control.signal }),
    ]
    journal.record(made('x'))
    control.abort(reason)
    expect((await Promise.allSettled(waits)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })
})

describe('filter', () => {
  const journal = new HubJournal(clock, 10)
  journal.record(made('l1'))
  for (const [identity, linkId] of [
    ['d1', 'l1'],
    ['d1/m1', 'l2'],
  ] as const)
    journal.record({ type: 'connected', linkId, identity, transport: 'mqtt' })
  journal.record({ type: 'request', method: 'GET', url: '/devices/d1', status: 200, caller: 'd1' })
  journal.record({ type: 'disconnected', linkId: 'l1', identity: 'd1', reason: 'closed' })

  test.each([
    [{}, [1, 2, 3, 4, 5]],
    [{ type: 'connected' }, [2, 3]],
    [{ identity: 'd1' }, [2, 5]],
    [{ linkId: 'l1' }, [1, 2, 5]],
    [{ type: 'connected', identity: 'd1', linkId: 'l1' }, [2]],
    [{ type: 'connected', identity: 'd1', linkId: 'l2' }, []],
    [{ type: 'request', identity: 'd1' }, []],
  ] as const)('%j gives the entries %j, oldest first', (filter, expected) => {
    expect(journal.filter(filter).map(({ seq }) => seq)).toEqual(expected)
  })

  test('the type of the entries follows from the type in the filter', () => {
    const entries = journal.filter({ type: 'disconnected', identity: 'd1' })
    expectTypeOf(entries).toEqualTypeOf<readonly JournalEntryOf<'disconnected'>[]>()
    expect(entries.map(({ reason }) => reason)).toEqual(['closed'])
  })
})
