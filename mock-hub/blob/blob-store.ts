/**
 * Blobs on disk. A blob is a list of parts, each of which is a file. Bodies are streamed between socket and file and
 * never held in memory as a whole. File names are numbers, so that no blob name reaches the file system.
 */

import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  noStore,
  type Commits,
  type StateDocument,
  type StateSource,
} from '../core/contract/store/commits.ts'
import { BlobError } from './blob-error.ts'
import type { BlockReference } from './block-list.ts'
import { makeTemporaryFolder } from './temporary-folders.ts'

interface Part {
  readonly file: string
  readonly size: number
  /** base64. */
  readonly md5: string
}

/** Headers that are stored with a blob. */
export interface BlobHeaders {
  readonly contentType: string
  /** Other headers, returned as received: `content-encoding`, `x-ms-meta-…`. */
  readonly others: Readonly<Record<string, string>>
}

/** Properties of a blob. */
export interface BlobInfo extends BlobHeaders {
  readonly size: number
  readonly etag: string
  /** Epoch ms. */
  readonly modifiedAt: number
  /** Base64; undefined for a blob that consists of blocks. */
  readonly md5: string | undefined
}

/** What JSON leaves out. */
const ABSENT = { md5: undefined, blocks: undefined }

interface StoredBlob extends BlobInfo {
  readonly parts: readonly Part[]
  /** The block ID of each part; undefined for a blob from Put Blob. */
  readonly blocks: readonly string[] | undefined
}

/** A blob as a document of a store: its bytes are files. */
interface BlobDocument {
  readonly blob: StoredBlob | undefined
  readonly uncommitted: readonly (readonly [blockId: string, part: Part])[]
}

export interface BlobStoreOptions {
  /** Epoch ms. */
  readonly now: () => number
  /** Keeps the files. Default: a temporary directory. */
  readonly directory?: string | undefined
  readonly commits?: Commits | undefined
}

export class BlobStore implements StateSource<BlobDocument> {
  readonly kind = 'blob'
  readonly #commits: Commits
  readonly #kept: string | undefined
  /** Files that no blob has any more are being deleted. */
  #tidying: Promise<unknown> | undefined
  readonly #blobs = new Map<string, StoredBlob>()
  readonly #uncommitted = new Map<string, Map<string, Part>>()
  readonly #now: () => number
  #directory: Promise<string> | undefined
  #lastFile = 0
  #lastEtag = 0

  constructor({ now, directory, commits = noStore() }: BlobStoreOptions) {
    this.#now = now
    this.#kept = directory
    this.#commits = commits
    commits.keep(this)
  }

  /** The last numbers that were given to a file and to an ETag. */
  get numbers(): { readonly file: number; readonly etag: number } {
    return { file: this.#lastFile, etag: this.#lastEtag }
  }

  set numbers({ file, etag }: { readonly file: number; readonly etag: number }) {
    this.#lastFile = file
    this.#lastEtag = etag
  }

  *keys(): Iterable<string> {
    yield* this.#blobs.keys()
    for (const name of this.#uncommitted.keys()) if (!this.#blobs.has(name)) yield name
  }

  read(name: string): BlobDocument | undefined {
    const blob = this.#blobs.get(name)
    const uncommitted = this.#uncommitted.get(name)
    if (blob === undefined && uncommitted === undefined) return undefined
    return { blob, uncommitted: [...(uncommitted ?? [])] }
  }

  load(documents: readonly StateDocument<BlobDocument>[]): void {
    this.#blobs.clear()
    this.#uncommitted.clear()
    const used = new Set<string>()
    for (const { key, value } of documents) {
      const { blob, uncommitted } = value
      for (const { file } of [...(blob?.parts ?? []), ...uncommitted.map(([, part]) => part)]) used.add(file)
      if (blob !== undefined) this.#blobs.set(key, { ...ABSENT, ...blob })
      if (uncommitted.length > 0) this.#uncommitted.set(key, new Map(uncommitted))
    }
    if (this.#kept !== undefined) this.#directory = this.#folder()
    this.#tidying = this.#deleteUnused(used)
  }

  /** A process that ended between a file and its blob leaves files behind. */
  async #deleteUnused(used: ReadonlySet<string>): Promise<void> {
    if (this.#kept === undefined) return
    const names = await readdir(this.#kept).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [] // no blob was kept yet
      throw error
    })
    for (const name of names) if (!used.has(name)) await rm(join(this.#kept, name), { force: true })
  }

  find(name: string): BlobInfo | undefined {
    return this.#blobs.get(name)
  }

  /** Stores a whole blob. @throws BlobError 400 Md5Mismatch. */
  async put(name: string, body: Readable, headers: BlobHeaders, md5?: string): Promise<BlobInfo> {
    const part = await this.#write(body, md5)
    return this.#replace(name, [part], undefined, headers, part.md5)
  }

  /** Stores a block for a later {@link commit}. @returns its MD5 in base64. @throws BlobError 400 Md5Mismatch, InvalidBlobOrBlock. */
  async putBlock(name: string, blockId: string, body: Readable, md5?: string): Promise<string> {
    const [other] = this.#uncommitted.get(name)?.keys() ?? []
    if (other !== undefined && other.length !== blockId.length)
      throw new BlobError(
        400,
        'InvalidBlobOrBlock',
        'The specified blob or block content is invalid: all block ids of a blob have the same length.',
      )
    const part = await this.#write(body, md5)
    const blocks = this.#uncommitted.get(name) ?? new Map<string, Part>()
    this.#uncommitted.set(name, blocks)
    const before = blocks.get(blockId)
    blocks.set(blockId, part)
    this.#changed(name)
    if (before !== undefined) await this.#forget([before])
    return part.md5
  }

  /** Creates a blob from blocks. @throws BlobError 400 InvalidBlockList. */
  async commit(name: string, list: readonly BlockReference[], headers: BlobHeaders): Promise<BlobInfo> {
    const uncommitted = this.#uncommitted.get(name) ?? new Map<string, Part>()
    const before = this.#blobs.get(name)
    const committed = new Map<string, Part>()
    before?.blocks?.forEach((id, index) => {
      const part = before.parts[index]
      if (part !== undefined) committed.set(id, part)
    })
    const parts = list.map(({ from, id }) => {
      const part =
        (from === 'committed' ? undefined : uncommitted.get(id)) ??
        (from === 'uncommitted' ? undefined : committed.get(id))
      if (part === undefined)
        throw new BlobError(
          400,
          'InvalidBlockList',
          'The specified block list is invalid: a block is unknown.',
        )
      return part
    })
    this.#uncommitted.delete(name)
    const unused = [...uncommitted.values()].filter((part) => !parts.includes(part))
    const info = await this.#replace(
      name,
      parts,
      list.map(({ id }) => id),
      headers,
      undefined,
    )
    await this.#forget(unused)
    return info
  }

  /**
   * The bytes of a blob.
   * @param from first byte; @param to last byte, inclusive.
   */
  content(name: string, from: number, to: number): Readable {
    const parts = this.#blobs.get(name)?.parts ?? []
    return Readable.from(bytesOf(this.#directory, parts, from, to), { objectMode: false })
  }

  /** @returns false when the blob does not exist. */
  async remove(name: string): Promise<boolean> {
    const blob = this.#blobs.get(name)
    if (blob === undefined) return false
    this.#blobs.delete(name)
    this.#changed(name)
    await this.#forget(blob.parts)
    return true
  }

  /** Deletes everything; the blobs are gone at once, their files later. */
  async clear(): Promise<void> {
    for (const name of this.keys()) this.#changed(name)
    this.#blobs.clear()
    this.#uncommitted.clear()
    const directory = await this.#directory
    this.#directory = undefined
    await this.#commits.committed()
    if (this.#kept !== undefined) {
      // What was written meanwhile stays.
      this.#tidying = this.#deleteUnused(new Set([...this.#files()]))
      await this.#tidying
    } else if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  }

  *#files(): Iterable<string> {
    for (const name of this.keys()) {
      const { blob, uncommitted } = this.read(name) ?? { blob: undefined, uncommitted: [] }
      for (const { file } of blob?.parts ?? []) yield file
      for (const [, { file }] of uncommitted) yield file
    }
  }

  #changed(name: string): void {
    this.#commits.changed('blob', name)
    this.#commits.changed('blobStorage', 'own')
  }

  async #folder(): Promise<string> {
    if (this.#kept === undefined) return makeTemporaryFolder('blobs')
    await mkdir(this.#kept, { recursive: true, mode: 0o700 })
    return this.#kept
  }

  async #write(body: Readable, md5: string | undefined): Promise<Part> {
    await this.#tidying
    this.#directory ??= this.#folder()
    const file = join(await this.#directory, String(++this.#lastFile))
    const hash = createHash('md5')
    let size = 0
    try {
      await pipeline(
        body,
        async function* (chunks: AsyncIterable<Buffer>) {
          for await (const chunk of chunks) {
            hash.update(chunk)
            size += chunk.length
            yield chunk
          }
        },
        createWriteStream(file),
      )
      if (this.#kept !== undefined) await synced(file, this.#kept)
      const part = { file: basename(file), size, md5: hash.digest('base64') }
      if (md5 === undefined || md5 === part.md5) return part
      throw new BlobError(
        400,
        'Md5Mismatch',
        'The MD5 value specified in the request did not match with the MD5 value calculated by the server.',
      )
    } catch (error) {
      await rm(file, { force: true })
      throw error
    }
  }

  async #replace(
    name: string,
    parts: readonly Part[],
    blocks: readonly string[] | undefined,
    headers: BlobHeaders,
    md5: string | undefined,
  ): Promise<BlobInfo> {
    const before = this.#blobs.get(name)
    const blob: StoredBlob = {
      ...headers,
      parts,
      blocks,
      md5,
      size: parts.reduce((sum, part) => sum + part.size, 0),
      etag: `0x8D${(++this.#lastEtag).toString(16).toUpperCase().padStart(13, '0')}`,
      modifiedAt: this.#now(),
    }
    this.#blobs.set(name, blob)
    this.#changed(name)
    if (before !== undefined) await this.#forget(before.parts.filter((part) => !parts.includes(part)))
    return blob
  }

  async #forget(parts: readonly Part[]): Promise<void> {
    const directory = await this.#directory
    // A crash before the blob is stored without them must still find them.
    await this.#commits.committed()
    if (directory === undefined) return
    for (const { file } of new Set(parts)) await rm(join(directory, file), { force: true })
  }
}

/** Waits until a file and its name are on the disk. */
async function synced(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const file = await open(path, 'r')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  }
}

async function* bytesOf(
  directory: Promise<string> | undefined,
  parts: readonly Part[],
  from: number,
  to: number,
): AsyncGenerator<Buffer> {
  const folder = (await directory) ?? ''
  let start = 0
  for (const { file, size } of parts) {
    const first = Math.max(0, from - start)
    const last = Math.min(size - 1, to - start)
    start += size
    if (first > last) continue
    // File streams without an encoding yield Buffers.
    for await (const chunk of createReadStream(join(folder, file), { start: first, end: last }))
      yield chunk as Buffer
  }
}
