/** Requests to the blob endpoint: valid uploads in any order, with or without one lie. */

import type { FuzzRequest } from './http-requests.ts'
import { pick, type Random } from './random.ts'

const BLOCKS = ['QUFB', 'QkJC', 'Q0ND', 'ZZZZZZZZ', '####', '']
const TYPES = ['Committed', 'Uncommitted', 'Latest', 'Newest']

/** @param sas path and query of an upload: `/container/blob?sv=…`. */
export function blobRequestOf(random: Random, sas: string): FuzzRequest {
  const [path = '', query = ''] = sas.split('?')
  const lie = random(6)
  const blocks = Array.from({ length: random(5) }, () => pick(random, BLOCKS))
  const list = blocks.map((id) => `<${pick(random, TYPES)}>${id}</${pick(random, TYPES)}>`).join('')
  const xml = `<?xml version="1.0"?><BlockList>${list}${random(5) === 0 ? '' : '</BlockList>'}`
  const [method, more, body] = pick(random, [
    ['PUT', '&comp=block&blockid=' + encodeURIComponent(pick(random, BLOCKS)), 'x'.repeat(random(3_000))],
    ['PUT', '&comp=blocklist', xml],
    ['PUT', '', 'y'.repeat(random(5_000))],
    ['GET', '', ''],
    ['HEAD', '', ''],
    ['DELETE', '', ''],
    ['POST', '&comp=metadata', ''],
  ] as const)
  const headers: Record<string, string> = { 'x-ms-version': '2021-12-02' }
  if (random(4) !== 0) headers['x-ms-blob-type'] = pick(random, ['BlockBlob', 'BlockBlob', 'PageBlob', ''])
  if (random(4) === 0) headers['content-md5'] = pick(random, ['QUFB', 'AAAAAAAAAAAAAAAAAAAAAA==', '*'])
  if (random(4) === 0)
    headers['x-ms-range'] = pick(random, [
      'bytes=0-1',
      'bytes=5-2',
      'bytes=-',
      'bytes=0-99999999999999999999',
    ])
  if (random(5) === 0) headers['x-ms-meta-a'] = 'v'
  if (random(5) === 0) headers['if-none-match'] = '*'
  if (random(5) === 0) headers['content-type'] = pick(random, ['text/plain', '', 'x'])
  const whole = `${path}?${query}${more}`
  switch (lie) {
    case 0:
      return { method, path: whole.replace(/sig=[^&]{4}/, 'sig=AAAA'), headers, body }
    case 1:
      return {
        method,
        path: whole.replace(/se=[^&]*/, `se=${pick(random, ['0', 'soon', '1970-01-01T00:00:00Z'])}`),
        headers,
        body,
      }
    case 2:
      return {
        method,
        path: `${path}${pick(random, ['/..', '%2f', '/', '%', '%00', '/%ff'])}?${query}${more}`,
        headers,
        body,
      }
    default:
      return { method, path: whole, headers, body }
  }
}
