import { expect, test } from 'vitest'
import { functionAt } from './functions.ts'

const SOURCE = `
const LIMIT = 3
export const twice = (n: number): number => n * 2
function outer(): void {
  const inner = () => 'inside'
  void [1].map(() => 'nameless')
}
class Queue {
  readonly limit = 4
  constructor() { void 'constructor' }
  get size(): number { return 5 }
  #push(): void { void 'private' }
}
`

test.each([
  ['LIMIT', undefined],
  ['n * 2', 'twice'],
  ['inside', 'inner'],
  ['nameless', 'outer'],
  ['limit = 4', undefined],
  ["'constructor'", undefined],
  ['return 5', 'size'],
  ["'private'", '#push'],
])('%s is in the function %s', (text, name) => {
  expect(functionAt('queue.ts', SOURCE, SOURCE.indexOf(text))).toBe(name)
})
