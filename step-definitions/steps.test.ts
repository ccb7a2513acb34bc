/** The steps as a language: few words, and no Then that looks at nothing. */

import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const FOLDER = new URL('steps/', import.meta.url)
const STEP = /^(Given|When|Then)\(\s*(?:'((?:[^'\\]|\\.)*)'|(\/.*\/))/
/** Fails by itself: an assertion, a wait that ends with the scenario, or a helper that asserts. */
const LOOKS =
  /\b(?:assert\.\w+|assert(?:[A-Z]\w+)?|(?:not)?(?:[dD]eep)?[sS]trictEqual|ok|match|fail|take|closing|fence|eventually|accepted|stillWaiting)\(|throw new /
const MOST = 120

interface Step {
  readonly keyword: string
  readonly words: string
  readonly body: string
}

const steps: readonly Step[] = readdirSync(FOLDER).flatMap((file) =>
  readFileSync(new URL(file, FOLDER), 'utf8')
    .split(/^(?=(?:Given|When|Then)\()/m)
    .flatMap((block) => {
      const [, keyword, text, pattern] = STEP.exec(block) ?? []
      // What follows a step in its file, a helper for example, is not its body.
      const body = block.split(/^\}\)$|^\)$/m, 1)[0] ?? ''
      return keyword === undefined ? [] : [{ keyword, words: text ?? pattern ?? '', body }]
    }),
)

test('there are fewer steps than a reader can bear', () => {
  expect(steps.length).toBeGreaterThan(50)
  expect(steps.length).toBeLessThan(MOST)
})

test.each(steps.filter(({ keyword }) => keyword === 'Then'))(
  'Then $words: looks at something',
  ({ body }) => {
    expect(body).toMatch(LOOKS)
  },
)
