/** A hub in another process: found through its control API, called through its service API. */

import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { get } from 'node:https'
import { isIP } from 'node:net'
import { text } from 'node:stream/consumers'
import { HubClock } from '../base/clock.ts'
import { UsageError } from './usage-error.ts'

export interface RunningHub {
  readonly hostName: string
  readonly address: string
  readonly httpsPort: number
  readonly caPath: string
  readonly serviceConnectionString: string
  readonly workload?: { readonly socketUri?: string; readonly httpUri?: string }
}

const TOKEN_SECONDS = 3_600

/** @throws UsageError when no hub answers at this URL. */
export async function runningHub(controlUrl: string): Promise<RunningHub> {
  try {
    const answer = await fetch(new URL('/health', controlUrl))
    return (await answer.json()) as RunningHub // an `aboutHub` object
  } catch (error) {
    throw new UsageError(
      `--control: no hub answers at ${controlUrl}: ${error instanceof Error ? causeOf(error) : String(error)}`,
    )
  }
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message
}

/** An `Authorization` header of the hub's owner. */
export function authorization({ hostName, serviceConnectionString }: RunningHub): string {
  const part = (name: string): string =>
    new RegExp(`(?:^|;)${name}=([^;]*)`).exec(serviceConnectionString)?.[1] ?? ''
  const expiry = Math.floor(new HubClock().now() / 1000) + TOKEN_SECONDS
  const signature = createHmac('sha256', Buffer.from(part('SharedAccessKey'), 'base64'))
    .update(`${encodeURIComponent(hostName)}\n${String(expiry)}`)
    .digest('base64')
  return (
    `SharedAccessSignature sr=${encodeURIComponent(hostName)}&sig=${encodeURIComponent(signature)}` +
    `&se=${String(expiry)}&skn=${part('SharedAccessKeyName')}`
  )
}

/** Reads a document of the service API. @throws Error with the status and the body of the answer. */
export async function readDocument(hub: RunningHub, path: string): Promise<unknown> {
  const ca = await readFile(hub.caPath, 'utf8')
  return new Promise((resolve, reject) => {
    const url = `https://${hub.address}:${String(hub.httpsPort)}${path}`
    get(
      url,
      {
        ca,
        // An address is no server name (RFC 6066, section 3).
        servername: isIP(hub.hostName) === 0 ? hub.hostName : '',
        headers: { authorization: authorization(hub), host: hub.hostName },
      },
      (answer) => {
        text(answer).then((body) => {
          if (answer.statusCode === 200) resolve(JSON.parse(body))
          else reject(new Error(`the hub answered ${String(answer.statusCode)}: ${body}`))
        }, reject)
      },
    ).once('error', reject)
  })
}
