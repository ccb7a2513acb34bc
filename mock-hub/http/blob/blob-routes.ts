/**
 * The part of Azure Storage's blob API that uploads need, under `/{container}/{blob}` (docs/contract/file-upload.md): Put
 * Blob, Put Block, Put Block List, Get, Get Properties, Delete. The SAS is checked first, at the time of the hub's clock;
 * bodies are streamed.
 */

import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { HubError } from '../../core/errors/hub-error.ts'
import type { HubRoutes } from '../common/route-context.ts'
import { authenticationFailed, BlobError, errorXml } from '../../blob/blob-error.ts'
import { blobNameOf, byteRange, headersToStore, propertyHeaders, queryOf } from './blob-request.ts'
import { parseBlockList } from '../../blob/block-list.ts'
import type { BuiltInStorage } from '../../blob/built-in-storage.ts'
import { checkBlobSas, type BlobPermission } from '../../blob/storage-sas.ts'

/** Version of the storage API in answers. */
const API_VERSION = '2021-12-02'
/** Room for 50,000 blocks with IDs of 64 bytes. */
const BLOCK_LIST_LIMIT = 8 * 2 ** 20

/** @returns the plugin that serves the blobs of `storage`. */
export function blobRoutes(storage: BuiltInStorage): HubRoutes {
  return (app, { hub }, done) => {
    const { store, containerName } = storage

    const admit = (request: FastifyRequest, anyOf: readonly BlobPermission[]): string => {
      if (hub.faults.match('file_upload.storage') !== undefined)
        throw authenticationFailed('the fault file_upload.storage.refuse')
      const blob = blobNameOf(request.raw.url ?? '', containerName)
      const query = queryOf(request.raw.url ?? '')
      checkBlobSas(storage.account, { container: containerName, blob }, query, anyOf, hub.clock.now())
      return blob
    }

    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, parsed) => {
      parsed(null, payload)
    })
    app.addHook('onRequest', (_request, reply, next) => {
      void reply.headers({ 'x-ms-request-id': randomUUID(), 'x-ms-version': API_VERSION })
      next()
    })
    app.setErrorHandler((error, request, reply) => {
      // The caller hung up in the middle of a body: nothing is stored and nobody waits for an answer.
      if (request.raw.destroyed && !request.raw.complete) {
        reply.hijack()
        return
      }
      const refusal = error instanceof BlobError ? error : asBlobError(error)
      if (refusal.status >= 500) hub.logger.warn(`blob: ${request.method}: ${String(error)}`)
      hub.refuse(asHubError(refusal, request.method), { transport: 'https' })
      answerRefusal(refusal, reply, hub.clock.now())
    })

    const put = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const blob = admit(request, ['c', 'w'])
      // Fastify passes the raw stream, or undefined when the request has no body.
      const body = (request.body as Readable | undefined) ?? request.raw
      const query = queryOf(request.raw.url ?? '')
      const given = request.headers['content-md5']
      const md5 = typeof given === 'string' ? given : undefined
      switch (query.get('comp')) {
        case undefined: {
          checkBlobType(request)
          if (store.find(blob) !== undefined) checkOverwrite(request, query)
          const {
            etag,
            modifiedAt,
            md5: stored,
          } = await store.put(blob, body, headersToStore(request, true), md5)
          return created(reply, stored)
            .headers({ etag: `"${etag}"`, 'last-modified': httpDate(modifiedAt) })
            .send()
        }
        case 'block': {
          const blockId = query.get('blockid') ?? ''
          if (!/^[A-Za-z0-9+/]+={0,2}$/.test(blockId) || blockId.length > 88)
            throw badParameter('blockid', blockId, 'base64 of 1 to 64 bytes')
          return created(reply, await store.putBlock(blob, blockId, body, md5)).send()
        }
        case 'blocklist': {
          if (store.find(blob) !== undefined) checkOverwrite(request, query)
          const list = parseBlockList(await textOf(body))
          const { etag, modifiedAt } = await store.commit(blob, list, headersToStore(request, false))
          return created(reply, undefined)
            .headers({ etag: `"${etag}"`, 'last-modified': httpDate(modifiedAt) })
            .send()
        }
        default:
          throw badParameter('comp', query.get('comp') ?? '', 'none, block or blocklist')
      }
    }

    const get = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
      const blob = admit(request, ['r'])
      const comp = queryOf(request.raw.url ?? '').get('comp')
      if (comp !== undefined) throw badParameter('comp', comp, 'none')
      const info = store.find(blob)
      if (info === undefined) throw blobNotFound()
      const { from, to, partial } = byteRange(request, info.size)
      void reply
        .code(partial ? 206 : 200)
        .headers({ ...propertyHeaders(info), 'last-modified': httpDate(info.modifiedAt) })
        .header('content-length', String(to - from + 1))
      if (partial)
        void reply.header('content-range', `bytes ${String(from)}-${String(to)}/${String(info.size)}`)
      return request.method === 'HEAD' ? reply.send() : reply.send(store.content(blob, from, to))
    }

    const remove = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const blob = admit(request, ['d'])
      if (!(await store.remove(blob))) throw blobNotFound()
      return reply.code(202).send()
    }

    const config = { access: 'own', throttle: 'none', versioned: false } as const
    const schema = { hide: true }
    const url = `/${containerName}/*`
    app.put(url, { config, schema }, put)
    app.get(url, { config, schema }, get)
    app.head(url, { config, schema }, get)
    app.delete(url, { config, schema }, remove)
    done()
  }
}

function created(reply: FastifyReply, md5: string | undefined): FastifyReply {
  if (md5 !== undefined) void reply.header('content-md5', md5)
  return reply.code(201).header('x-ms-request-server-encrypted', 'true')
}

function answerRefusal(refusal: BlobError, reply: FastifyReply, now: number): void {
  const requestId = String(reply.getHeader('x-ms-request-id'))
  void reply
    .code(refusal.status)
    .header('x-ms-error-code', refusal.code)
    .type('application/xml')
    .serializer((xml: string) => xml)
    .send(errorXml(refusal, requestId, new Date(now).toISOString()))
}

/** An error of fastify as the storage service reports it; any other error is an InternalError. */
function asBlobError(error: unknown): BlobError {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status >= 400 && status < 500)
    return new BlobError(400, 'InvalidInput', 'One of the request inputs is not valid.', String(error))
  return new BlobError(500, 'InternalError', 'The server encountered an internal error.')
}

/** A refusal of the storage service as a HubError, for the log and the explanation. */
function asHubError(refusal: BlobError, method: string): HubError {
  const kind =
    refusal.status === 403
      ? 'GenericForbidden'
      : refusal.status === 404
        ? 'GenericNotFound'
        : refusal.status === 500
          ? 'ServerError'
          : 'GenericBadRequest'
  return new HubError({
    kind,
    message: `${refusal.code}: ${refusal.message}`,
    rule: 'WIRE-FILE-04',
    expected: 'a request that the upload SAS allows, in the form of the blob API',
    received: `${method}: ${refusal.code} ${refusal.detail}`.trim(),
  })
}

function checkBlobType(request: FastifyRequest): void {
  const type = request.headers['x-ms-blob-type']
  if (type === 'BlockBlob') return
  if (type === undefined)
    throw new BlobError(
      400,
      'MissingRequiredHeader',
      'An HTTP header that is mandatory for this request is not specified.',
      'x-ms-blob-type',
    )
  throw new BlobError(
    400,
    'InvalidHeaderValue',
    'The value for one of the HTTP headers is not in the correct format.',
    `x-ms-blob-type must be BlockBlob; given: ${String(type).slice(0, 40)}`,
  )
}

/** Overwriting a blob needs the permission `w`; `c` alone only creates blobs. */
function checkOverwrite(request: FastifyRequest, query: ReadonlyMap<string, string>): void {
  if (request.headers['if-none-match'] === '*')
    throw new BlobError(409, 'BlobAlreadyExists', 'The specified blob already exists.')
  if (!(query.get('sp') ?? '').includes('w'))
    throw new BlobError(
      403,
      'UnauthorizedBlobOverwrite',
      'This request is not authorized to perform blob overwrites.',
      'sp without w',
    )
}

function blobNotFound(): BlobError {
  return new BlobError(404, 'BlobNotFound', 'The specified blob does not exist.')
}

function badParameter(name: string, given: string, rule: string): BlobError {
  return new BlobError(
    400,
    'InvalidQueryParameterValue',
    'Value for one of the query parameters specified in the request URI is invalid.',
    `${name} must be ${rule}; given: ${given.slice(0, 100)}`,
  )
}

async function textOf(body: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    // The raw stream of a request yields Buffers.
    const bytes = chunk as Buffer
    size += bytes.length
    if (size > BLOCK_LIST_LIMIT)
      throw new BlobError(
        413,
        'RequestBodyTooLarge',
        'The request body is too large and exceeds the maximum.',
      )
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function httpDate(ms: number): string {
  return new Date(ms).toUTCString()
}
