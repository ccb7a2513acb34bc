import ts from 'typescript'
import { expect, test } from 'vitest'
import { untrustedKeys } from './untrusted-keys.ts'

const DECLARATIONS = `
  declare const table: Readonly<Record<string, number>>
  declare const fixed: { readonly a: number; readonly b: number }
  declare const list: readonly string[]
  declare const text: string
  declare const index: number
  declare const known: 'a' | 'b'
  declare function keyOf<T extends object>(object: T): keyof T
`

/** The libraries are read once. */
const libraries = new Map<string, ts.SourceFile | undefined>()

function problemsOf(code: string): readonly string[] {
  const options: ts.CompilerOptions = { strict: true, target: ts.ScriptTarget.ES2023, types: [] }
  const host = ts.createCompilerHost(options)
  const text = `${DECLARATIONS}${code}\nexport {}\n`
  const sample = ts.createSourceFile('sample.ts', text, ts.ScriptTarget.ES2023, true)
  const fromDisk = host.getSourceFile.bind(host)
  host.getSourceFile = (name, version) => {
    if (name === 'sample.ts') return sample
    if (!libraries.has(name)) libraries.set(name, fromDisk(name, version))
    return libraries.get(name)
  }
  const program = ts.createProgram(['sample.ts'], options, host)
  return untrustedKeys(program, [sample]).map(({ message }) => message)
}

test.each([
  'table[text]',
  'table[text] = 1',
  'table[`x-${text}`]',
  'text in table',
  'text in fixed',
  'const { [text]: value } = table',
  'let value\n({ [text]: value } = table)',
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
