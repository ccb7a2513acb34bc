/** Reads the blob name, byte range and stored headers of a request to the blob endpoint, and writes a blob's headers. */

import { percentDecoded } from '../../base/percent.ts'
import type { FastifyRequest } from 'fastify'
import { isBlobName } from '../../base/blob-name.ts'
import { BlobError } from '../../blob/blob-error.ts'
import type { BlobHeaders, BlobInfo } from '../../blob/blob-store.ts'

/**
 * The blob that a raw request target names. Slashes and dots are not resolved.
 * @throws BlobError 404 ContainerNotFound, 400 InvalidUri, InvalidResourceName.
 */
export function blobNameOf(target: string, containerName: string): string {
  const path = target.split('?', 1)[0] ?? ''
  const prefix = `/${containerName}/`
  if (!path.startsWith(prefix))
    throw new BlobError(404, 'ContainerNotFound', 'The specified container does not exist.')
  let name: string
  try {
    name = decodeURIComponent(path.slice(prefix.length))
  } catch {
    throw new BlobError(400, 'InvalidUri', 'The requested URI does not represent any resource on the server.')
  }
  if (!isBlobName(name))
    throw new BlobError(
      400,
      'InvalidResourceName',
      'The specified resource name contains invalid characters.',
      'a blob name has 1 to 1024 characters, no control characters and no segments . or ..',
    )
  return name
}

/** Decoded query parameters; names in lower case; the first of several values wins. */
export function queryOf(target: string): ReadonlyMap<string, string> {
  const at = target.indexOf('?')
  const query = new Map<string, string>()
  if (at < 0) return query
  for (const pair of target.slice(at + 1).split('&')) {
    const equals = pair.indexOf('=')
    const name = percentDecoded(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase()
    if (!query.has(name)) query.set(name, equals < 0 ? '' : percentDecoded(pair.slice(equals + 1)))
  }
  return query
}

/** A plus sign is kept: signatures are base64, and not every client escapes it. */

/** The bytes of a blob that a request asks for. @throws BlobError 416 InvalidRange. */
export function byteRange(
  request: FastifyRequest,
  size: number,
): { readonly from: number; readonly to: number; readonly partial: boolean } {
  const given = request.headers['x-ms-range'] ?? request.headers.range
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(String(given ?? '')) ?? []
  // HTTP requires to ignore a range in another form.
  if (first === undefined) return { from: 0, to: size - 1, partial: false }
  const from = Number(first)
  const to = Math.min(last === undefined || last === '' ? Infinity : Number(last), size - 1)
  if (from > to)
    throw new BlobError(
      416,
      'InvalidRange',
      'The range specified is invalid for the current size of the resource.',
      `bytes ${String(from)}-${last ?? ''} of ${String(size)}`,
    )
  return { from, to, partial: true }
}

/** Headers that Put Blob and Put Block List store; they arrive as `x-ms-blob-…`. */
const STORED = ['content-encoding', 'content-language', 'content-disposition', 'cache-control'] as const

/** @param bodyIsBlob false: the body is a block list, so its content type is not that of the blob. */
export function headersToStore(request: FastifyRequest, bodyIsBlob: boolean): BlobHeaders {
  const { headers } = request
  const others = new Map<string, string>()
  for (const name of STORED) {
    const value = headers[`x-ms-blob-${name}`]
    if (typeof value === 'string') others.set(name, value)
  }
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith('x-ms-meta-') && typeof value === 'string') others.set(name, value)
  const contentType = headers['x-ms-blob-content-type'] ?? (bodyIsBlob ? headers['content-type'] : undefined)
  return {
    contentType: String(contentType ?? 'application/octet-stream'),
    others: Object.fromEntries(others),
  }
}

/** The headers of Get Blob and Get Blob Properties. */
export function propertyHeaders(info: BlobInfo): Record<string, string> {
  return {
    ...info.others,
    'content-type': info.contentType,
    etag: `"${info.etag}"`,
    'accept-ranges': 'bytes',
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-server-encrypted': 'true',
    'x-ms-lease-state': 'available',
    'x-ms-lease-status': 'unlocked',
    ...(info.md5 === undefined ? {} : { 'content-md5': info.md5 }),
  }
}
