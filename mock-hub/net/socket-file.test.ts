import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clearSocketPath, freeSocketPath } from './socket-file.ts'

let directory: string
let stem: string
const servers: Server[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'socket-'))
  stem = join(directory, 'workload')
})
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await rm(directory, { recursive: true })
})

async function listen(path: string): Promise<void> {
  const server = createServer((socket) => socket.destroy()).listen(path)
  servers.push(server)
  await once(server, 'listening')
}
/** A socket file without a process, as a killed one leaves it. */
async function abandoned(path: string): Promise<void> {
  const server = createServer().listen(`${path}.live`)
  await once(server, 'listening')
  await rename(`${path}.live`, path)
  server.close()
  await once(server, 'close')
}

test('the file of a killed process is removed, and its path is free', async () => {
  await abandoned(`${stem}.sock`)
  expect(await freeSocketPath(stem)).toBe(`${stem}.sock`)
  await clearSocketPath(`${stem}.sock`)
  expect(existsSync(`${stem}.sock`)).toBe(false)
})

test('the file of a living process stays, and the next path is taken', async () => {
  await listen(`${stem}.sock`)
  await clearSocketPath(`${stem}.sock`)
  expect(existsSync(`${stem}.sock`)).toBe(true)
  expect(await freeSocketPath(stem)).toBe(`${stem}-2.sock`)
})

test('another file stays, and the error names it', async () => {
  await writeFile(`${stem}.sock`, 'text')
  await expect(clearSocketPath(`${stem}.sock`)).rejects.toThrow(
    `the Unix socket ${stem}.sock cannot be opened: a file that is no socket has this name`,
  )
  expect(await readFile(`${stem}.sock`, 'utf8')).toBe('text')
})

test('no file, no work', async () => {
  await clearSocketPath(`${stem}.sock`)
  expect(await freeSocketPath(stem)).toBe(`${stem}.sock`)
})
