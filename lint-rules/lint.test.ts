/** What lint forbids: the real linter with the real configuration judges samples. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')
/** Each file breaks one rule. */
const BAD: readonly (readonly [rule: string, code: string])[] = [
  ['no-restricted-globals', 'setTimeout(() => undefined, 5)'],
  ['no-restricted-properties', 'Date.now()'],
  ['no-system-date', 'String(new Date())'],
  ['max-lines', 'String(1)\n'.repeat(401)],
  ['no-floating-promises', 'Promise.resolve()'],
  ['no-misused-promises', 'if (Promise.resolve(true)) String(1)'],
  ['no-unnecessary-condition', 'export const f = (a: string): string => a ?? "b"'],
  [
    'switch-exhaustiveness-check',
    'export const f = (a: 1 | 2): void => { switch (a) { case 1: String(a) } }',
  ],
  ['consistent-type-imports', "import { Duplex } from 'node:stream'\nexport type A = Duplex"],
  ['no-explicit-any', 'export const a = (b: any): boolean => b === 1'],
  ['no-unused-vars', 'const unused = 1'],
  ['TS2322', 'export const a: number = "text"'],
  // `oxlint` itself asks that each exception has an effect.
  ['Unused', '// oxlint-disable-next-line max-lines\nString(1)'],
]
/** In a folder of the project, for its compiler options. */
let folder: string
let said: readonly { readonly code?: string; readonly message: string; readonly filename: string }[]
beforeAll(() => {
  folder = mkdtempSync(join(import.meta.dirname, 'sample-'))
  for (const [index, [, code]] of BAD.entries())
    writeFileSync(join(folder, `bad-${String(index)}.ts`), `${code}\nexport {}\n`)
  try {
    execFileSync(join(ROOT, 'node_modules/.bin/oxlint'), ['--format', 'json', folder], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    said = []
  } catch (error) {
    const { stdout } = error as { readonly stdout: string }
    said = (JSON.parse(stdout) as { readonly diagnostics: typeof said }).diagnostics
  }
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

test.each(BAD.map(([rule], index) => [rule, index] as const))('%s', (rule, index) => {
  const own = said.filter(({ filename }) => filename.endsWith(`bad-${String(index)}.ts`))
  expect(own.map(({ code = '', message }) => `${code} ${message}`)).toContainEqual(
    expect.stringContaining(rule),
  )
})
