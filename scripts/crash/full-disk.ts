/**
 * `npm run crash -- --full-disk DIR`, with DIR on a small disk of its own (`mount -t tmpfs -o size=24m tmpfs DIR`): groups are
 * stored until there is no room, the last one is tried until there is room again, and then more. All that was
 * acknowledged must be there, after each reopening.
 */

import { appendFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError, type StoredDocument } from '../../mock-hub/core/contract/store/state-store.ts'
import { dataDirectory } from '../../mock-hub/store/data-directory.ts'
import { LevelStore } from '../../mock-hub/store/level-store.ts'

const VALUE_BYTES = 8_192
const BALLAST_BYTES = 16 * 2 ** 20
/** Room that is left, so that the disk is full in the middle of a group. */
const ROOM_BYTES = 2 ** 17
const TIMES = 5
const GROUPS_AFTER = 20

/** Leaves a little room. */
function fill(file: string): void {
  const chunk = Buffer.alloc(ROOM_BYTES)
  writeFileSync(file, '')
  try {
    for (let bytes = 0; bytes < BALLAST_BYTES; bytes += ROOM_BYTES) appendFileSync(file, chunk)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
  truncateSync(file, Math.max(0, statSync(file).size - ROOM_BYTES))
}

/** @returns what is wrong; undefined: nothing. */
export async function fillDisk(root: string, say: (line: string) => void): Promise<string | undefined> {
  const directory = dataDirectory(join(root, 'data'))
  const ballast = join(root, 'ballast')
  const acknowledged = new Map<string, string>()
  let number = 0
  const live = new Map<string, string>()
  const open = async (): Promise<LevelStore> => {
    const store = new LevelStore({ directory, say })
    live.clear()
    number = (await store.open(({ key, value }) => live.set(key, String(value)))).number
    return store
  }
  const groupOf = (at: number) => {
    // Noise: LevelDB compresses.
    const value = Buffer.from(crypto.getRandomValues(new Uint8Array(VALUE_BYTES))).toString('base64')
    const document: StoredDocument = { kind: 'twin', key: `n${String(at % 50)}`, value: Buffer.from(value) }
    return { group: { number: at, now: at, documents: [document] }, key: document.key, value }
  }
  for (let time = 1; time <= TIMES; time++) {
    let store = await open()
    for (const [key, value] of acknowledged)
      if (live.get(key) !== value) return `time ${String(time)}: ${key} was acknowledged and is gone`
    fill(ballast)
    let full = 0
    for (let more = GROUPS_AFTER; more > 0;) {
      const { group, key, value } = groupOf(number + 1)
      for (;;)
        try {
          await store.commit(group)
          break
        } catch (error) {
          if (!(error instanceof StoreError) || error.problem !== 'StoreFull') return String(error)
          full++
          if (full === 3) rmSync(ballast)
          if (full > 20) return `time ${String(time)}: it stays full with room`
          // As a hub does: the database may be taking over what the journal has.
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      number++
      acknowledged.set(key, value)
      if (full >= 3) more--
      if (number > time * 5_000) return `time ${String(time)}: it was never full`
    }
    say(`time ${String(time)}: refused ${String(full)} times, ${String(number)} groups acknowledged`)
    await store.close()
    store = await open()
    await store.close()
  }
  return undefined
}
