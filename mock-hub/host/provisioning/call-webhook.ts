/** Calls the webhook of a custom allocation: on this machine only, unless a setting allows others. */

import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { rootCertificates } from 'node:tls'
import type { Clock } from '../../base/clock.ts'
import { isLoopback } from '../../http-common/loopback.ts'
import type { CallWebhook } from '../../provisioning/contract/linked-hub.ts'

export interface WebhookOptions {
  readonly clock: Clock
  /** Setting `dpsWebhooksAnywhere`. */
  readonly anywhere: boolean
  /** Roots of this hub, which a webhook on this machine may use. */
  readonly caPem: () => string
}

/** A webhook answers within this time, or the allocation fails. */
const LONGEST_MS = 5_000
const MOST_BYTES = 256 * 1024

export function webhookCaller({ clock, anywhere, caPem }: WebhookOptions): CallWebhook {
  return (address, document) =>
    new Promise((resolve, reject) => {
      const url = new URL(address)
      if (!anywhere && !isLoopback(url.hostname)) {
        reject(
          new Error(
            `the webhook ${url.hostname} is not on this machine; the setting dpsWebhooksAnywhere allows it`,
          ),
        )
        return
      }
      const body = JSON.stringify(document)
      const headers = {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': Buffer.byteLength(body),
      }
      const options = { method: 'POST', headers, agent: false }
      const request =
        url.protocol === 'https:'
          ? requestHttps(url, { ...options, ca: [...rootCertificates, caPem()] })
          : requestHttp(url, options)
      const cancel = clock.schedule(LONGEST_MS, () => {
        request.destroy(new Error(`the webhook did not answer within ${String(LONGEST_MS / 1000)} s`))
      })
      const failed = (error: Error): void => {
        cancel()
        reject(error)
      }
      request.on('error', failed)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        let length = 0
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          length += chunk.length
          if (length > MOST_BYTES) request.destroy(new Error('the webhook answered with more than 256 KB'))
        })
        response.on('error', failed)
        response.on('end', () => {
          cancel()
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
        })
      })
      request.end(body)
    })
}
