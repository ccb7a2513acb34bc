/** Data directories with known groups, and what a store finds in them. */

import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect } from 'vitest'
import { StoreError, type Group, type StoredDocument } from '../../core/contract/store/state-store.ts'
import { dataDirectory, type DataDirectory } from '../data-directory.ts'
import { LevelStore, type LevelStoreOptions } from '../level-store.ts'

export interface Found {
  readonly number: number
  readonly documents: ReadonlyMap<string, string>
}

type Options = Partial<Pick<LevelStoreOptions, 'durability' | 'journalBytes'>>

export function document(key: string, value: string | undefined): StoredDocument {
  return { kind: 'twin', key, value: value === undefined ? undefined : Buffer.from(value) }
}

/** It writes its number, changes a common document and deletes the one of three groups ago. */
export function groupOf(number: number): Group {
  const documents = [
    document(`n${String(number)}`, `value ${String(number)}`.repeat(20)),
    document('common', String(number)),
    document(`n${String(number - 3)}`, undefined),
  ]
  return { number, now: number, documents }
}

/** The state after this many groups, and no other. */
export function expectPrefix({ number, documents }: Found): void {
  const expected = new Map<string, string>()
  for (let at = Math.max(1, number - 2); at <= number; at++)
    expected.set(`n${String(at)}`, `value ${String(at)}`.repeat(20))
  if (number > 0) expected.set('common', String(number))
  expect(new Map([...documents].sort())).toEqual(new Map([...expected].sort()))
}

/** Copies a data directory as a process leaves it that is killed now. */
export function copyAsKilled(path: string, to: string): void {
  for (;;)
    try {
      rmSync(to, { recursive: true, force: true })
      cpSync(path, to, { recursive: true })
      return
    } catch (error) {
      // The database deletes a file that it no longer needs: what is copied after that is whole.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
}

/** A folder for each test of a file. */
export function useDataDirectories() {
  let root = ''
  const said: string[] = []
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'mock-iot-hub-test-'))
    said.length = 0
  })
  afterEach(() => {
    rmSync(root, { recursive: true, force: true })
  })
  const say = (line: string): number => said.push(line)
  const at = (name: string): DataDirectory => dataDirectory(join(root, name))
  const storeAt = (directory: DataDirectory, options: Options = {}): LevelStore =>
    new LevelStore({ directory, say, ...options })
  const copyOf = ({ path }: DataDirectory, name = 'copy'): DataDirectory => {
    const copy = at(name)
    copyAsKilled(path, copy.path)
    return copy
  }

  /** Groups 1 to `count`, in a store that was closed. */
  async function filled(name: string, count: number, options?: Options): Promise<DataDirectory> {
    const directory = at(name)
    const store = storeAt(directory, options)
    await store.open(() => undefined)
    for (let number = 1; number <= count; number++) await store.commit(groupOf(number))
    await store.close()
    return directory
  }

  /** The same as a process leaves it that is killed: the newest groups are in the journal. */
  async function killed(name: string, count: number, options?: Options): Promise<DataDirectory> {
    const directory = at(`${name} alive`)
    const store = storeAt(directory, options)
    await store.open(() => undefined)
    for (let number = 1; number <= count; number++) await store.commit(groupOf(number))
    const left = copyOf(directory, name)
    await store.close()
    return left
  }

  async function open(directory: DataDirectory): Promise<Found> {
    const documents = new Map<string, string>()
    const store = storeAt(directory)
    try {
      const { number } = await store.open(({ key, value }) => documents.set(key, String(value)))
      return { number, documents }
    } finally {
      await store.close()
    }
  }

  /** @returns the problem that opening names, or the number of the last group of a clean prefix. */
  async function outcomeOf(directory: DataDirectory): Promise<string | number> {
    try {
      const found = await open(directory)
      expectPrefix(found)
      return found.number
    } catch (error) {
      if (error instanceof StoreError) return error.problem
      throw error
    }
  }

  return { said, say, at, storeAt, copyOf, filled, killed, open, outcomeOf }
}

/** Files below a directory. */
export function files({ path }: Pick<DataDirectory, 'path'>): readonly string[] {
  return readdirSync(path, { recursive: true })
    .map((name) => join(path, String(name)))
    .filter((file) => statSync(file).isFile())
}
