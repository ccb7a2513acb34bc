/** Uploads to an Azure Storage account, or to a compatible server: the hub signs the SAS with the account key. */

import { BASE64_RULE, base64Problem } from '../base/base64.ts'
import * as http from 'node:http'
import * as https from 'node:https'
import type { BlobStorage, UploadedBlob } from '../core/contract/services/uploads.ts'
import type { Clock } from '../base/clock.ts'
import { signAccountSas, signBlobSas, type StorageAccount } from './storage-sas.ts'

export interface AccountStorageOptions {
  /** `DefaultEndpointsProtocol=…;AccountName=…;AccountKey=…;EndpointSuffix=…` or with `BlobEndpoint=…`. */
  readonly connectionString: string
  /** Default: `uploads`. */
  readonly containerName?: string | undefined
  readonly clock: Clock
  /** CA to trust in addition to those of the system, in PEM. */
  readonly ca?: string | undefined
}

/** Life of the signatures that the hub itself uses, in ms. */
const OWN_SAS_MS = 300_000
const API_VERSION = '2021-12-02'

export class AccountStorage implements BlobStorage {
  readonly hostName: string
  readonly containerName: string
  readonly #account: StorageAccount
  readonly #endpoint: URL
  readonly #clock: Clock
  readonly #ca: string | undefined

  /** @throws RangeError when the connection string is incomplete; the message does not repeat it, because it contains a key. */
  constructor({ connectionString, containerName, clock, ca }: AccountStorageOptions) {
    const fields = fieldsOf(connectionString)
    const name = required(fields, 'AccountName')
    const key = required(fields, 'AccountKey')
    if (base64Problem(key) !== undefined)
      throw new RangeError(`blob connection string: expected AccountKey ${BASE64_RULE}; given: a string`)
    const suffix = fields.get('EndpointSuffix') ?? 'core.windows.net'
    const protocol = fields.get('DefaultEndpointsProtocol') ?? 'https'
    const endpoint = fields.get('BlobEndpoint') ?? `${protocol}://${name}.blob.${suffix}`
    if (!URL.canParse(endpoint))
      throw new RangeError(`blob connection string: BlobEndpoint must be a URL, got ${endpoint}`)
    this.#account = { name, key }
    this.#endpoint = new URL(endpoint)
    this.#clock = clock
    this.#ca = ca
    this.containerName = containerName ?? 'uploads'
    // Path-style endpoints (Azurite) have the account in the path; SDKs append the container to this text.
    this.hostName = this.#endpoint.host + this.#endpoint.pathname.replace(/\/$/, '')
  }

  sign(blobName: string, expiresAt: number): string {
    return signBlobSas(this.#account, { container: this.containerName, blob: blobName }, 'rw', expiresAt)
  }

  async find(blobName: string): Promise<UploadedBlob | undefined> {
    const sas = this.sign(blobName, this.#clock.now() + OWN_SAS_MS)
    const { status, headers } = await this.#ask('HEAD', `/${encodeURI(blobName)}${sas}`)
    if (status === 404) return undefined
    if (status !== 200) throw new Error(`blob storage ${this.hostName}: HEAD answered ${String(status)}`)
    return {
      size: Number(headers['content-length']),
      modifiedAt: Date.parse(headers['last-modified'] ?? ''),
    }
  }

  /** Creates the container if it does not exist. */
  async createContainer(): Promise<void> {
    const sas = signAccountSas(this.#account, this.#clock.now() + OWN_SAS_MS)
    const { status } = await this.#ask('PUT', `${sas}&restype=container`)
    if (status !== 201 && status !== 409)
      throw new Error(`blob storage ${this.hostName}: creating container answered ${String(status)}`)
  }

  #ask(
    method: string,
    target: string,
  ): Promise<{ readonly status: number; readonly headers: http.IncomingHttpHeaders }> {
    const { protocol, host } = this.#endpoint
    const url = `${protocol}//${host}${this.#endpoint.pathname.replace(/\/$/, '')}/${this.containerName}${target}`
    const { request } = protocol === 'http:' ? http : https
    return new Promise((resolve, reject) => {
      request(
        url,
        {
          method,
          headers: { 'x-ms-version': API_VERSION, 'content-length': 0 },
          ...(this.#ca === undefined ? {} : { ca: this.#ca }),
        },
        (answer) => {
          answer.resume()
          answer.once('end', () => {
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers })
          })
        },
      )
        .once('error', reject)
        .end()
    })
  }
}

function fieldsOf(connectionString: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const part of connectionString.split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0) fields.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim())
  }
  return fields
}

function required(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name)
  if (value === undefined || value === '')
    throw new RangeError(
      `blob connection string: ${name} is required, got ${[...fields.keys()].join(', ') || 'nothing'}`,
    )
  return value
}
