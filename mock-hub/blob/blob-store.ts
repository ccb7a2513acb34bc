/**
 * Blobs on disk. A blob is a list of parts, each of which is a file. Bodies are streamed between socket and file and
 * never held in memory as a whole. File names are numbers, so that no blob name reaches the file system.
 */

import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
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

interface StoredBlob extends BlobInfo {
  readonly parts: readonly Part[]
  /** The block ID of each part; undefined for a blob from Put Blob. */
  readonly blocks: readonly string[] | undefined
}

export class BlobStore {
  readonly #blobs = new Map<string, StoredBlob>()
  readonly #uncommitted = new Map<string, Map<string, Part>>()
  readonly #now: () => number
  #directory: Promise<string> | undefined
  #lastFile = 0
  #lastEtag = 0

  /** @param now epoch ms. */
  constructor(now: () => number) {
    this.#now = now
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
  read(name: string, from: number, to: number): Readable {
    const parts = this.#blobs.get(name)?.parts ?? []
    return Readable.from(bytesOf(parts, from, to), { objectMode: false })
  }

  /** @returns false when the blob does not exist. */
  async remove(name: string): Promise<boolean> {
    const blob = this.#blobs.get(name)
    if (blob === undefined) return false
    this.#blobs.delete(name)
    await this.#forget(blob.parts)
    return true
  }

  /** Deletes everything; the blobs are gone at once, their files later. */
  async clear(): Promise<void> {
    this.#blobs.clear()
    this.#uncommitted.clear()
    const directory = await this.#directory
    this.#directory = undefined
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  }

  async #write(body: Readable, md5: string | undefined): Promise<Part> {
    this.#directory ??= makeTemporaryFolder('blobs')
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
      const part = { file, size, md5: hash.digest('base64') }
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
    if (before !== undefined) await this.#forget(before.parts.filter((part) => !parts.includes(part)))
    return blob
  }

  async #forget(parts: readonly Part[]): Promise<void> {
    for (const { file } of new Set(parts)) await rm(file, { force: true })
  }
}

async function* bytesOf(parts: readonly Part[], from: number, to: number): AsyncGenerator<Buffer> {
  let start = 0
  for (const { file, size } of parts) {
    const first = Math.max(0, from - start)
    const last = Math.min(size - 1, to - start)
    start += size
    if (first > last) continue
    // File streams without an encoding yield Buffers.
    for await (const chunk of createReadStream(file, { start: first, end: last })) yield chunk as Buffer
  }
}
