/** Folders and files stay small enough to read: ARCHITECTURE.md, principle 10. */

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'

const MOST_FILES = 20
const MOST_LINES = 400
const SOURCE = /\.(?:tsx?|[cm]?js|css|py|java|go|rs|cs|c|h|sh)$/
const TEST = /\.test\.tsx?$/
/** What a file above the limit says in its header, or in the line that its generator writes. */
const REASON = /longer than 400 lines because|Written by `npm run [\w:-]+`/

const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => SOURCE.test(file) && !TEST.test(file) && existsSync(file))

/** The folders with more files than are allowed; each with its count. */
function fullFolders(files: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const folder of files.map((file) => dirname(file))) counts.set(folder, (counts.get(folder) ?? 0) + 1)
  return [...counts].filter(([, count]) => count > MOST_FILES).map(([name, n]) => `${name}: ${String(n)}`)
}

/** Whether a text is short enough, or its header says why it is not. */
function isShort(text: string): boolean {
  const lines = text.split('\n')
  if (text.endsWith('\n')) lines.pop()
  return lines.length <= MOST_LINES || REASON.test(lines.slice(0, 10).join(' '))
}

test('no folder has more than 20 source files', () => {
  expect(sources.length).toBeGreaterThan(500)
  expect(fullFolders(sources)).toEqual([])
})

test('a file above 400 lines says why in its header', () => {
  expect(sources.filter((file) => !isShort(readFileSync(file, 'utf8')))).toEqual([])
})

test('a full folder and a long file are found', () => {
  const files = (count: number): string[] => Array.from({ length: count }, (_, n) => `a/b/${String(n)}.ts`)
  expect(fullFolders([...files(20), 'a/c.ts'])).toEqual([])
  expect(fullFolders([...files(21), 'a/c.ts'])).toEqual(['a/b: 21'])
  expect(isShort('line\n'.repeat(400))).toBe(true)
  expect(isShort('line\n'.repeat(401))).toBe(false)
  expect(isShort(`// longer than 400 lines because it is a list\n${'line\n'.repeat(401)}`)).toBe(true)
})
