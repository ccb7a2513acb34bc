/** Calls the webhook of a custom allocation: on this machine only, unless a setting allows others. */

import { rootCertificates } from 'node:tls'
import type { Clock } from '../../base/clock.ts'
import { isLoopback } from '../../http-common/loopback.ts'
import type { CallWebhook } from '../../provisioning/contract/linked-hub.ts'
import { ask } from './outgoing-request.ts'

export interface WebhookOptions {
  readonly clock: Clock
  /** Setting `dpsWebhooksAnywhere`. */
  readonly anywhere: boolean
  /** Roots of this hub, which a webhook on this machine may use. */
  readonly caPem: () => string
}

export function webhookCaller({ clock, anywhere, caPem }: WebhookOptions): CallWebhook {
  return async (address, document) => {
    const url = new URL(address)
    if (!anywhere && !isLoopback(url.hostname))
      throw new Error(
        `the webhook ${url.hostname} is not on this machine; the setting dpsWebhooksAnywhere allows it`,
      )
    return ask({
      ...{ clock, url, server: 'the webhook', method: 'POST', body: JSON.stringify(document) },
      ca: [...rootCertificates, caPem()],
    })
  }
}
