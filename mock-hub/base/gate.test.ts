import { expect, test } from 'vitest'
import { afterTurn } from './clock.ts'
import { Gate } from './gate.ts'

async function turn(): Promise<void> {
  await new Promise<void>(afterTurn)
}

test('each action waits for what was asked before it, in order', async () => {
  const tickets: (() => void)[] = []
  let current: Promise<void> | undefined
  const next = (): void => {
    current = new Promise((resolve) => tickets.push(resolve))
  }
  const done: string[] = []
  const gate = new Gate(() => current)
  gate.pass(() => done.push('at once'))
  next()
  gate.pass(() => done.push('a'))
  next()
  gate.pass(() => done.push('b'))
  current = undefined
  // Nothing has to be waited for any more, but it may not overtake.
  gate.pass(() => done.push('c'))
  await turn()
  expect([done, gate.isOpen]).toEqual([['at once'], false])
  tickets[1]?.()
  await turn()
  expect(done).toEqual(['at once'])
  tickets[0]?.()
  await turn()
  expect([done, gate.isOpen]).toEqual([['at once', 'a', 'b', 'c'], true])
})

test('what waits can be dropped', async () => {
  let open: () => void = () => undefined
  const ticket = new Promise<void>((resolve) => (open = resolve))
  const done: string[] = []
  const gate = new Gate(() => ticket)
  gate.pass(() => done.push('a'))
  gate.clear()
  open()
  await turn()
  expect(done).toEqual([])
})
