import { Linter } from 'eslint'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import tseslint from 'typescript-eslint'

/** The rule is JavaScript without types, like the configuration that loads it. */
const { default: rule } = (await import(new URL('no-untrusted-keys.js', import.meta.url).href)) as {
  readonly default: NonNullable<NonNullable<Linter.Config['plugins']>[string]['rules']>[string]
}

/** A folder without a tsconfig.json: the code is a project of its own, which loads fast. */
const folder = mkdtempSync(join(tmpdir(), 'no-untrusted-keys-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const DECLARATIONS = `
  declare const table: Readonly<Record<string, number>>
  declare const fixed: { readonly a: number; readonly b: number }
  declare const list: readonly string[]
  declare const text: string
  declare const index: number
  declare const known: 'a' | 'b'
  declare function keyOf<T extends object>(object: T): keyof T
`

function problemsOf(code: string): readonly string[] {
  const linter = new Linter({ cwd: folder })
  const messages = linter.verify(
    `${DECLARATIONS}${code}\nexport {}\n`,
    [
      {
        files: ['**/*.ts'],
        languageOptions: {
          parser: tseslint.parser,
          parserOptions: {
            projectService: { allowDefaultProject: ['sample.ts'] },
            tsconfigRootDir: folder,
          },
        },
        plugins: { local: { rules: { rule } } },
        rules: { 'local/rule': 'error' },
      },
    ],
    join(folder, 'sample.ts'),
  )
  return messages.map(({ message }) => message)
}

test.each([
  'table[text]',
  'table[text] = 1',
  'table[`x-${text}`]',
  'text in table',
  'text in fixed',
  'const { [text]: value } = table',
  '(JSON.parse(text) as any)[text]',
  'if (!Object.hasOwn(table, text)) table[text]',
  'Object.hasOwn(table, text) ? 1 : table[text]',
  "if (text !== '__proto__') table[text]",
  'for (const key in table) table[key]',
])('reports %s', (code) => {
  expect(problemsOf(code)).toEqual([expect.stringContaining('use a Map, or test Object.hasOwn(')])
})

test.each([
  'table.a',
  "table['a']",
  'fixed[known]',
  'fixed[keyOf(fixed)]',
  'list[index]',
  'text[index]',
  'table[index]',
  'new Map<string, number>().get(text)',
  '({ [text]: 1 })',
  'known in table',
  'Object.hasOwn(table, text) ? table[text] : undefined',
  'if (Object.hasOwn(table, text)) { table[text] }',
  'Object.hasOwn(table, text) && table[text]',
  "const made: Record<string, number> = {}\nif (text !== '__proto__') made[text] = 1",
  'const made = Object.create(null) as Record<string, number>\nmade[text] = made[text] ?? 1',
])('allows %s', (code) => {
  expect(problemsOf(code)).toEqual([])
})

test('the message names the key and the object', () => {
  expect(problemsOf('table[text]')).toEqual([
    "The key 'text' may be any text, such as 'constructor' or '__proto__': use a Map, or test Object.hasOwn(table, text) first.",
  ])
})
