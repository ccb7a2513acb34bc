/**
 * `data export` and `data import`: a data directory as lines of JSON, one document or one part of a file each, so that none
 * of it has to be in memory as a whole.
 */

import { existsSync } from 'node:fs'
import { mkdir, open, readdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { BASE64_RULE, base64Problem } from '../../base/base64.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import { STATE_KINDS, type StateKind } from '../../core/contract/store/commits.ts'
import { StoreError, type StoredDocument } from '../../core/contract/store/state-store.ts'
import type { DataDirectory } from '../data-directory.ts'
import { STORE_FORMAT } from '../level-database.ts'
import { LevelStore } from '../level-store.ts'
import { requireData } from './check.ts'
import { countByKind, type DataReport } from './report.ts'
import { intoNew, writeAll } from './salvage.ts'

const WHAT = 'mock-iot-hub data'
/** Bytes of a file in one line. */
const PART_BYTES = 2 ** 20
const FOLDERS = ['blobs', 'certificates'] as const

/** @param write receives one line at a time, and says when the next may come. @throws StoreError */
export async function exportData(
  directory: DataDirectory,
  write: (line: string) => Promise<void>,
  say: (line: string) => void,
): Promise<DataReport> {
  requireData(directory)
  const store = new LevelStore({ directory, say, looks: true })
  const kinds: string[] = []
  try {
    const { number, now } = await store.open(({ kind }) => kinds.push(kind))
    const line = (value: JsonObject): Promise<void> => write(`${JSON.stringify(value)}\n`)
    await line({ what: WHAT, format: STORE_FORMAT, number, now, documents: kinds.length })
    for await (const { kind, key, value } of store.documents())
      await line({
        kind,
        key,
        ...(kind === 'event'
          ? { base64: value?.toString('base64') ?? '' }
          : { text: value?.toString() ?? '' }),
      })
    for (const folder of FOLDERS) await exportFolder(directory, directory[folder], line)
    return { group: number, now, documents: countByKind(kinds) }
  } finally {
    await store.close()
  }
}

async function exportFolder(
  { path }: DataDirectory,
  folder: string,
  line: (value: JsonObject) => Promise<void>,
): Promise<void> {
  if (!existsSync(folder)) return
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const name = relative(path, file).split(sep).join('/')
    const handle = await open(file, 'r')
    try {
      const buffer = Buffer.alloc(PART_BYTES)
      for (let at = 0; ;) {
        const { bytesRead } = await handle.read(buffer, 0, PART_BYTES, at)
        if (bytesRead === 0 && at > 0) break
        await line({ file: name, at, base64: buffer.toString('base64', 0, bytesRead) })
        at += bytesRead
        if (bytesRead === 0) break
      }
    } finally {
      await handle.close()
    }
  }
}

/** @param into a new directory. @throws StoreError; RangeError with the line for text that no export has. */
export async function importData(
  lines: AsyncIterable<string>,
  into: string,
  say: (line: string) => void,
): Promise<DataReport> {
  return intoNew(into, (target) => importInto(target, lines, say))
}

async function importInto(
  target: DataDirectory,
  lines: AsyncIterable<string>,
  say: (line: string) => void,
): Promise<DataReport> {
  const iterator = lines[Symbol.asyncIterator]()
  const first = await iterator.next()
  const head = objectIn(first.done === true ? '' : first.value, 1)
  if (head['what'] !== WHAT) throw wrongLine(1, `"what" to be "${WHAT}"`, head['what'])
  const { format, number, now } = head
  if (typeof format !== 'number' || format > STORE_FORMAT)
    throw new StoreError(
      'StoreFromTheFuture',
      `the export has format ${JSON.stringify(format)}, this version knows ${String(STORE_FORMAT)}`,
    )
  if (typeof number !== 'number' || typeof now !== 'number')
    throw wrongLine(1, '"number" and "now" to be numbers', number)
  const kinds: string[] = []
  const documents = async function* (): AsyncIterable<StoredDocument> {
    for (let at = 2; ; at++) {
      const next = await iterator.next()
      if (next.done === true) return
      const value = objectIn(next.value, at)
      if ('file' in value) await importPart(target, value, at)
      else {
        const document = documentIn(value, at)
        kinds.push(document.kind)
        yield document
      }
    }
  }
  const group = await writeAll(target, documents(), { number, now }, say)
  if (kinds.length !== head['documents'])
    throw new RangeError(
      `import: expected ${JSON.stringify(head['documents'])} documents, as line 1 says; given: ${String(kinds.length)}`,
    )
  return { group, now, documents: countByKind(kinds) }
}

async function importPart({ path }: DataDirectory, value: JsonObject, at: number): Promise<void> {
  const { file, at: place, base64 } = value
  const isInside = typeof file === 'string' && /^(blobs|certificates)\/[\w.-]+(\/[\w.-]+)*$/.test(file)
  if (!isInside || file.split('/').includes('..'))
    throw wrongLine(at, '"file" to be in blobs/ or certificates/', file)
  if (typeof place !== 'number' || typeof base64 !== 'string')
    throw wrongLine(at, '"at" to be a number and "base64" a text', place)
  const target = join(path, file)
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  const handle = await open(target, place === 0 ? 'w' : 'r+', 0o600)
  try {
    await handle.write(bytesIn(base64, at), 0, undefined, place)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function documentIn(value: JsonObject, at: number): StoredDocument {
  const { kind, key, text, base64 } = value
  if (!isKind(kind)) throw wrongLine(at, '"kind" to be a kind of this version', kind)
  if (typeof key !== 'string') throw wrongLine(at, '"key" to be a text', key)
  if (typeof base64 === 'string') return { kind, key, value: bytesIn(base64, at) }
  if (typeof text === 'string') return { kind, key, value: Buffer.from(text) }
  throw wrongLine(at, '"text" or "base64"', text)
}

/** @throws RangeError: a lenient decoder would make other bytes of it. */
function bytesIn(base64: string, at: number): Buffer {
  if (base64Problem(base64) !== undefined) throw wrongLine(at, `"base64" ${BASE64_RULE}`, base64)
  return Buffer.from(base64, 'base64')
}

function isKind(value: unknown): value is StateKind {
  return STATE_KINDS.some((kind) => kind === value)
}

function objectIn(text: string, at: number): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value as JsonObject)) return value as JsonObject
  } catch {
    // Said below.
  }
  throw wrongLine(at, 'a JSON object', text)
}

function wrongLine(at: number, rule: string, given: unknown): RangeError {
  return new RangeError(
    `import: expected line ${String(at)} to have ${rule}; given: ${given === undefined ? 'nothing' : JSON.stringify(given).slice(0, 80)}`,
  )
}
