/** Secrets that sign what clients bring back: what a hub signed before a restart is still its own after it. */

import { randomBytes } from 'node:crypto'
import type { Commits } from '../contract/store/commits.ts'
import { counter } from './counter.ts'

const KEY_BYTES = 32

/** A key that lives as long as the state. @param name unique among counters. @returns gives the key of the moment. */
export function keptKey(commits: Commits, name: string): () => Buffer {
  let key = randomBytes(KEY_BYTES)
  const kept = counter<string>(commits, name, {
    read: () => key.toString('base64'),
    load: (text) => {
      key = Buffer.from(text, 'base64')
    },
  })
  // It is kept before the first signature leaves.
  kept.changed()
  return () => key
}

/** A key that ends with the process. */
export function passingKey(): () => Buffer {
  const key = randomBytes(KEY_BYTES)
  return () => key
}
