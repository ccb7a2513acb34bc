import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { BlobStore } from './blob-store.ts'

const store = new BlobStore({ now: () => 1000 })
const headers = { contentType: 'text/plain', others: {} }
const latest = (...ids: string[]) => ids.map((id) => ({ from: 'latest' as const, id }))
const bytes = (text: string): Readable => Readable.from([Buffer.from(text)])

async function read(name: string, from = 0, to = Infinity): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of store.content(name, from, to)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

afterEach(() => store.clear())

describe('blob store', () => {
  test('stores a blob and reads any range of it', async () => {
    const info = await store.put('d/a', bytes('hello world'), headers)
    expect(info).toMatchObject({ size: 11, modifiedAt: 1000, contentType: 'text/plain' })
    expect(await read('d/a')).toBe('hello world')
    expect(await read('d/a', 4, 6)).toBe('o w')
  })

  test('no other user of the machine can read it, where it is kept', async () => {
    const directory = join(mkdtempSync(join(tmpdir(), 'mock-iot-hub-test-')), 'blobs')
    const kept = new BlobStore({ now: () => 1000, directory })
    await kept.put('d/a', bytes('secret'), headers)
    expect(readdirSync(directory)).toHaveLength(1)
    expect(statSync(directory).mode & 0o077).toBe(0)
    rmSync(dirname(directory), { recursive: true })
  })

  test('a blob may be empty', async () => {
    await store.put('d/a', Readable.from([]), headers)
    expect(store.find('d/a')?.size).toBe(0)
    expect(await read('d/a')).toBe('')
  })

  test('creates a blob from blocks in the order of the list, and reads across blocks', async () => {
    await store.putBlock('d/a', 'QQ==', bytes('abc'))
    await store.putBlock('d/a', 'Qg==', bytes('DEF'))
    expect(store.find('d/a')).toBeUndefined()
    await store.commit('d/a', latest('Qg==', 'QQ=='), headers)
    expect(await read('d/a')).toBe('DEFabc')
    expect(await read('d/a', 2, 3)).toBe('Fa')
  })

  test('a later list may name committed blocks', async () => {
    await store.putBlock('d/a', 'QQ==', bytes('abc'))
    await store.commit('d/a', latest('QQ=='), headers)
    await store.putBlock('d/a', 'Qg==', bytes('DEF'))
    await store.commit('d/a', [{ from: 'committed', id: 'QQ==' }, ...latest('Qg==')], headers)
    expect(await read('d/a')).toBe('abcDEF')
  })

  test('refuses a list with an unknown block and keeps the blob', async () => {
    await store.put('d/a', bytes('old'), headers)
    await store.putBlock('d/a', 'QQ==', bytes('abc'))
    await expect(store.commit('d/a', latest('QQ==', 'Qg=='), headers)).rejects.toMatchObject({
      code: 'InvalidBlockList',
    })
    expect(await read('d/a')).toBe('old')
  })

  test('refuses block ids of different lengths', async () => {
    await store.putBlock('d/a', 'QQ==', bytes('abc'))
    await expect(store.putBlock('d/a', 'QUFBQQ==', bytes('abc'))).rejects.toMatchObject({
      code: 'InvalidBlobOrBlock',
    })
  })

  test('a body that does not match its MD5, or breaks off, leaves nothing behind', async () => {
    await expect(store.put('d/a', bytes('x'), headers, 'AAAA')).rejects.toMatchObject({ code: 'Md5Mismatch' })
    const broken = new Readable({
      read() {
        this.push('part')
        this.destroy(new Error('connection lost'))
      },
    })
    await expect(store.put('d/a', broken, headers)).rejects.toThrow('connection lost')
    expect(store.find('d/a')).toBeUndefined()
  })

  test('an overwritten blob has the new content', async () => {
    const first = await store.put('d/a', bytes('one'), headers)
    const second = await store.put('d/a', bytes('two'), headers)
    expect(second.etag).not.toBe(first.etag)
    expect(await read('d/a')).toBe('two')
    expect(await store.remove('d/a')).toBe(true)
    expect(await store.remove('d/a')).toBe(false)
  })
})
