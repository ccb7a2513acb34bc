import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { useDataDirectories } from '../testing/data-directories.ts'
import { exportData, importData } from './transfer.ts'

const { say, at, filled, killed, open } = useDataDirectories()

async function* given(all: readonly string[]): AsyncIterable<string> {
  for (const line of all) yield await Promise.resolve(line)
}

test.each([
  ['a hub that was stopped', filled],
  ['a hub that was killed', killed],
])('an export of %s makes the same directory again', async (_what, make) => {
  const directory = await make('d', 6)
  const lines: string[] = []
  await exportData(
    directory,
    (line) => {
      lines.push(line)
      return Promise.resolve()
    },
    say,
  )
  const into = at('new')
  await importData(given(lines), into.path, say)
  expect((await open(into)).documents).toEqual((await open(directory)).documents)
  const bad = (all: readonly string[]) => importData(given(all), at('bad').path, say)
  await expect(bad([])).rejects.toThrow('import: expected line 1 to have a JSON object; given: ""')
  await expect(bad(lines.slice(0, 2))).rejects.toThrow(
    'import: expected 4 documents, as line 1 says; given: 1',
  )
  await expect(bad([lines[0] ?? '', '{"kind":"x"}', ''])).rejects.toThrow(
    'import: expected line 2 to have "kind" to be a kind of this version; given: "x"',
  )
  const event = (base64: string) => JSON.stringify({ kind: 'event', key: '0', base64 })
  const file = (base64: string) => JSON.stringify({ file: 'blobs/a', at: 0, base64 })
  for (const line of [event, file])
    for (const base64 of ['QUI', 'QU-_', 'QUI= ', 'no base64'])
      await expect(bad([lines[0] ?? '', line(base64)])).rejects.toThrow(
        `import: expected line 2 to have "base64" to be base64 (+ and /, padded with =); given: ${JSON.stringify(base64)}`,
      )
  // A hub that starts there would take a part for the whole.
  expect(readdirSync(at('bad').path)).toEqual([])
})
