/** Random operations, a crash at a random moment, a new start: what was acknowledged is there, and nothing that was not sent. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterTurn } from '../base/clock.ts'
import { MemoryStore } from '../core/testing/memory-store.ts'
import { act, all, live, operation, plain, SELDOM, type Life } from './testing/state-operations.ts'

function stored({ store }: Life<MemoryStore>): Readonly<Record<string, unknown>> {
  const documents = [...store.documents.values()]
    .filter(({ kind }) => !SELDOM.has(kind))
    .map(({ kind, key, value }) => [`${kind}/${key}`, plain(kind, JSON.parse(String(value)))] as const)
  return Object.fromEntries(documents.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const turn = (): Promise<void> => new Promise(afterTurn)

test('every group has all that changed, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(operation, { maxLength: 8 }), { maxLength: 12 }), async (rounds) => {
      const life = await live(new MemoryStore())
      for (const operations of rounds) {
        for (const one of operations) act(life, one)
        await turn()
        await life.commits.committed()
        expect(stored(life)).toEqual(all(life.hub))
      }
      life.services.stop()
      life.hub.stop()
    }),
    { numRuns: 150 },
  )
})

test('after a crash the hub is what it was at the last group that was stored', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.array(operation, { minLength: 1, maxLength: 6 }), fc.boolean()), {
        maxLength: 10,
      }),
      async (rounds) => {
        let life = await live(new MemoryStore())
        const numbers = new Map<number, string>()
        for (const [operations, crashes] of rounds) {
          for (const one of operations) act(life, one)
          await turn()
          await life.commits.committed()
          const told = all(life.hub)
          const events = life.hub.telemetry.messages
          for (const { sequenceNumber, body } of events) {
            const known = numbers.get(sequenceNumber)
            if (known !== undefined) expect(String(body)).toBe(known)
            numbers.set(sequenceNumber, String(body))
          }
          if (!crashes) continue
          // What happens now reaches no store, and nobody is told.
          life.store.held = true
          for (const one of operations) act(life, one)
          await turn()
          const next = await live(new MemoryStore({ before: life.store }))
          expect(all(next.hub)).toEqual(told)
          expect(next.hub.telemetry.messages).toEqual(events)
          expect(next.clock.now()).toBeGreaterThanOrEqual(life.store.state.now)
          // What was due happens now.
          next.clock.advance(0)
          life = next
        }
      },
    ),
    { numRuns: 150 },
  )
})
