/** The number of steps is limited, and every Then asserts something. */

import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const FOLDER = new URL('steps/', import.meta.url)
const STEP = /^(Given|When|Then)\(\s*(?:'((?:[^'\\]|\\.)*)'|(\/.*\/))/
/** A body that can fail: an assertion, a wait that ends with the scenario, or a helper that asserts. */
const ASSERTS =
  /\b(?:assert\.\w+|assert(?:[A-Z]\w+)?|(?:not)?(?:[dD]eep)?[sS]trictEqual|ok|match|fail|take|closing|fence|eventually|accepted|stillWaiting)\(|throw new /
const MAX_STEPS = 250

interface Step {
  readonly keyword: string
  readonly words: string
  readonly body: string
}

const steps: readonly Step[] = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) =>
    readFileSync(new URL(file, FOLDER), 'utf8')
      .split(/^(?=(?:Given|When|Then)\()/m)
      .flatMap((block) => {
        const [, keyword, text, pattern] = STEP.exec(block) ?? []
        // Code after the step, for example a helper, is not part of its body.
        const body = block.split(/^\}\)$|^\)$/m, 1)[0] ?? ''
        return keyword === undefined ? [] : [{ keyword, words: text ?? pattern ?? '', body }]
      }),
  )

test('there are not too many steps', () => {
  expect(steps.length).toBeGreaterThan(50)
  expect(steps.length).toBeLessThan(MAX_STEPS)
})

test.each(steps.filter(({ keyword }) => keyword === 'Then'))('Then $words: asserts something', ({ body }) => {
  expect(body).toMatch(ASSERTS)
})
