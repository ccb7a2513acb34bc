/** Hubs over a data directory of their own; for tests. */

import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { copyAsKilled } from '../../store/testing/data-directories.ts'
import type { MockHub } from '../mock-hub.ts'
import type { MockHubOptions } from '../options.ts'
import { startMockHub } from '../start.ts'

export interface DataHubs {
  /** The directory of this test. */
  readonly directory: string
  /** Those that run, oldest first. */
  readonly hubs: MockHub[]
  readonly open: (options?: MockHubOptions) => Promise<MockHub>
  /** Stops the newest hub and starts another one over its directory. */
  readonly again: (options?: MockHubOptions) => Promise<MockHub>
  /** Starts another hub over what the newest one leaves when it is killed now. */
  readonly killed: (options?: MockHubOptions) => Promise<MockHub>
}

/** Gives each test of the file a directory, and stops its hubs. */
export function useDataDirectory(): DataHubs {
  let directory = ''
  const hubs: MockHub[] = []
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-test-'))
  })
  afterEach(async () => {
    for (const hub of hubs.splice(0)) await hub.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  const open = async (options: MockHubOptions = {}): Promise<MockHub> => {
    const hub = await startMockHub({ dataDirectory: directory, controlPort: false, ...options })
    hubs.push(hub)
    return hub
  }
  return {
    get directory() {
      return directory
    },
    hubs,
    open,
    again: async (options) => {
      await hubs.pop()?.stop()
      return open(options)
    },
    killed: async (options) => {
      const left = `${directory}-left`
      copyAsKilled(directory, left)
      await hubs.pop()?.stop()
      rmSync(directory, { recursive: true })
      renameSync(left, directory)
      return open(options)
    },
  }
}
