import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleCommand } from './bundle.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the bundle is read as one byte a character, and has nothing else', async () => {
  const { file } = await bundleCommand(join(import.meta.dirname, '../..'), folder)
  const bytes = await readFile(file)
  expect(bytes.filter((byte) => byte > 0x7f)).toHaveLength(0)
})
