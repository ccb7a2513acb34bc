import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('the bundle is read as one byte a character, and has nothing else', async () => {
  const name = './bundle.js'
  const { bundleCommand } = (await import(name)) as {
    bundleCommand: (root: string, folder: string) => Promise<{ readonly file: string }>
  }
  const { file } = await bundleCommand(join(import.meta.dirname, '../..'), folder)
  const bytes = await readFile(file)
  expect(bytes.filter((byte) => byte > 0x7f)).toHaveLength(0)
})
