import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { makeTemporaryFolder, removeAbandonedFolders } from './temporary-folders.ts'

test('folders of processes that are gone are deleted; those of living ones and of other machines stay', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const own = await makeTemporaryFolder('blobs')
  const named = (machine: string, of: number): string =>
    join(tmpdir(), `mock-iot-hub-blobs-${machine}-${String(of)}-ABCdef`)
  const gone = named(hostname(), pid)
  const elsewhere = named(`not-${hostname()}`, pid)
  await mkdir(gone)
  await mkdir(elsewhere)
  await writeFile(join(gone, '1'), 'bytes')
  await removeAbandonedFolders()
  expect([existsSync(gone), existsSync(elsewhere), existsSync(own)]).toEqual([false, true, true])
  for (const folder of [elsewhere, own]) await rm(folder, { recursive: true })
  expect(basename(own)).toContain(`-${String(process.pid)}-`)
})
