/** What the core's service-side features need from HTTP: the documents of the service API, and the blobs of import and export jobs. */

import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { BuiltInStorage } from '../../blob/built-in-storage.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import type { BlobAccess, DocumentRenderer } from '../../core/contract/services/documents.ts'
import { applyEntry, readEntry } from './bulk-entry.ts'
import { configurationLine } from './configuration-body.ts'
import { identityDocument, NEWEST, twinDocument } from './documents.ts'
import { utcText } from '../../base/time-text.ts'

export function documentRenderer(hub: Hub): DocumentRenderer {
  return {
    twin: (record, twin) => twinDocument(hub, record, twin, { row: true }),
    time: utcText,
    registryFile: {
      line: (record, keys) => exportLine(hub, record, keys),
      apply(entry) {
        applyEntry(hub, readEntry(entry), 'file')
      },
      configuration: configurationLine,
    },
  }
}

/** A line of an export (WIRE-JOB-06); keys that are left out take the authentication with them. */
function exportLine(hub: Hub, record: IdentityRecord, keys: boolean): JsonObject {
  const shape = { answer: 'read', apiVersion: NEWEST } as const
  const { authentication, deviceScope, parentScopes } = identityDocument(hub, record, shape)
  const { properties } = twinDocument(hub, record, hub.twins.get(record.identity))
  const { deviceId, moduleId } = record.identity
  const { etag: twinETag, tags } = hub.twins.get(record.identity)
  return {
    id: deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    eTag: record.etag,
    status: record.status,
    ...(record.statusReason === null ? {} : { statusReason: record.statusReason }),
    authentication: keys ? (authentication ?? null) : null,
    twinETag,
    tags,
    properties: properties ?? {},
    capabilities: { iotEdge: record.iotEdge },
    ...(deviceScope === undefined ? {} : { deviceScope }),
    ...(parentScopes === undefined ? {} : { parentScopes }),
  }
}

/** Reads and writes blobs of the hub's own storage directly, all others over HTTP with the SAS of their URI. */
export function blobAccess(own: BuiltInStorage | undefined): BlobAccess {
  const inOwn = (containerUri: string): BuiltInStorage | undefined => {
    const { host, pathname } = new URL(containerUri)
    return own !== undefined && host === own.hostName && pathname === `/${own.containerName}`
      ? own
      : undefined
  }
  return {
    async read(containerUri, blobName) {
      const storage = inOwn(containerUri)
      if (storage === undefined) return await request('GET', containerUri, blobName)
      const info = storage.store.find(blobName)
      if (info === undefined) throw unreachable(containerUri, `${blobName}: no such blob`)
      const bytes = storage.store.content(blobName, 0, info.size - 1)
      return info.size === 0 ? '' : await text(bytes)
    },
    async write(containerUri, blobName, content) {
      const storage = inOwn(containerUri)
      if (storage === undefined) await request('PUT', containerUri, blobName, content)
      else
        await storage.store.put(blobName, Readable.from([Buffer.from(content)]), {
          contentType: 'text/plain',
          others: {},
        })
    },
  }
}

async function request(
  method: string,
  containerUri: string,
  blobName: string,
  body?: string,
): Promise<string> {
  const url = new URL(containerUri)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${blobName.split('/').map(encodeURIComponent).join('/')}`
  let answer: Response
  try {
    answer = await fetch(url, {
      method,
      headers: {
        'x-ms-version': '2020-12-06',
        ...(body === undefined ? {} : { 'x-ms-blob-type': 'BlockBlob' }),
      },
      ...(body === undefined ? {} : { body }),
    })
  } catch (error) {
    throw unreachable(containerUri, error instanceof Error ? error.message : 'no answer')
  }
  if (!answer.ok) throw unreachable(containerUri, `HTTP ${String(answer.status)}`)
  return await answer.text()
}

function unreachable(containerUri: string, why: string): HubError {
  // The query contains a signature.
  const [place = ''] = containerUri.split('?', 1)
  return new HubError({
    kind: 'InvalidStorageEndpointOrBlob',
    message: `${place}: ${why}`,
    rule: 'WIRE-JOB-02',
    expected: 'a container that the SAS of its URI allows to read and write',
    received: why.slice(0, 120),
  })
}
