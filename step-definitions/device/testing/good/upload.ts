/** File upload in three steps: a place, the storage, the notification. */

import { request } from 'node:https'
import { checkServerIdentity } from 'node:tls'
import type { DeviceOptions, Owner } from './parts.ts'

const API = 'api-version=2021-04-12'
const RETRY_SECONDS = 3

interface Place {
  readonly hostName: string
  readonly containerName: string
  readonly blobName: string
  readonly sasToken: string
  readonly correlationId: string
}

export class Upload {
  readonly #device: Owner

  constructor(device: Owner) {
    this.#device = device
  }

  /** Uploads a file; what goes wrong is told to the hub, and tried again when the hub is busy. */
  async run(name: string, content: string): Promise<void> {
    const { options, traits, clock } = this.#device
    const files = `/devices/${options.deviceId}/files`
    const password = this.#device.password()
    const headers = password === undefined ? {} : { authorization: password }
    const begun = await this.#call('POST', `${files}?${API}`, JSON.stringify({ blobName: name }), headers)
    if (begun.status === 429 || begun.status >= 500) {
      if (traits.retriesUpload)
        clock.schedule(RETRY_SECONDS * 1000, () => void this.run(name, content).catch(() => undefined))
      return
    }
    if (begun.status !== 200) return
    const { containerName, blobName, sasToken, correlationId } = JSON.parse(begun.body) as Place // as documented
    const path = `/${containerName}/${blobName.split('/').map(encodeURIComponent).join('/')}${sasToken}`
    const stored = await this.#call('PUT', path, content, { 'x-ms-blob-type': 'BlockBlob' })
    if (!traits.notifiesUpload) return
    const isSuccess = traits.claimsUploads || stored.status === 201
    const told = {
      correlationId: traits.uploadCorrelation(correlationId),
      isSuccess,
      statusCode: stored.status,
      statusDescription: isSuccess ? 'done' : 'refused',
    }
    await this.#call('POST', `${files}/notifications?${API}`, JSON.stringify(told), headers)
  }

  async #call(
    method: string,
    path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const { options, traits } = this.#device
    const { host, caPem, httpsPort, resolve, certificate }: DeviceOptions = options
    const address = await resolve(host)
    return new Promise((done, failed) => {
      const call = request(
        {
          ...{ host: address, port: httpsPort, servername: host, ca: caPem, method, path, agent: false },
          checkServerIdentity: (_name, shown) => checkServerIdentity(host, shown),
          ...traits.tls,
          ...certificate,
          headers: {
            host,
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(body)),
            ...headers,
          },
        },
        (answer) => {
          let text = ''
          answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
          answer.on('end', () => {
            done({ status: answer.statusCode ?? 0, body: text })
          })
        },
      )
      call.on('error', failed)
      call.end(body)
    })
  }
}
