/** The file of a Unix socket: a living hub keeps it, a killed one leaves it behind, and any other file is left alone. */

import { randomUUID } from 'node:crypto'
import { lstat, rename, rm } from 'node:fs/promises'
import { connect } from 'node:net'

/**
 * The first of `{stem}.sock`, `{stem}-2.sock` … that no living process listens on.
 * @param stem path without the ending.
 */
export async function freeSocketPath(stem: string): Promise<string> {
  for (let at = 1; ; at += 1) {
    const path = at === 1 ? `${stem}.sock` : `${stem}-${String(at)}.sock`
    if ((await stateOf(path)) !== 'alive') return path
  }
}

/**
 * Removes the socket file of a process that is gone, so that its path can be listened on.
 * @throws Error when the path is that of another file. Listening reports a path that is in use (`EADDRINUSE`).
 */
export async function clearSocketPath(path: string): Promise<void> {
  const state = await stateOf(path)
  if (state === 'other')
    throw new Error(`the Unix socket ${path} cannot be opened: a file that is no socket has this name`)
  if (state !== 'dead') return
  // Several hubs may find the same file: who moves it away looks again at what it has moved.
  const moved = `${path}.${randomUUID()}`
  try {
    await rename(path, moved)
  } catch {
    return
  }
  if ((await stateOf(moved)) === 'alive') await rename(moved, path)
  else await rm(moved, { force: true })
}

async function stateOf(path: string): Promise<'none' | 'alive' | 'dead' | 'other'> {
  try {
    if (!(await lstat(path)).isSocket()) return 'other'
  } catch {
    return 'none'
  }
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve('alive')
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Anything else than a refusal may come from a living process, for example one of another user.
      resolve(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? 'dead' : 'alive')
    })
  })
}
