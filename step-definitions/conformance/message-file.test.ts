import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { MessageFile } from './message-file.ts'

test('each message is a line, in order, whatever is written at a time', () => {
  const folder = mkdtempSync(join(tmpdir(), 'messages-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  const path = join(folder, 'messages.ndjson')
  const messages = Array.from({ length: 40 }, (_, at) => ({ at, text: '\n€'.repeat(10_000) }))
  const file = new MessageFile(path)
  for (const message of messages) file.take(message)
  expect(statSync(path).size).toBeGreaterThan(0)
  file.end()
  const lines = readFileSync(path, 'utf8').split('\n')
  expect(lines.pop()).toBe('')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(messages)
})
