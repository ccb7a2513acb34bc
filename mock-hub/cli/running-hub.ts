/** A hub in another process: found and controlled through its control API, called through its service API. */

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
const UNAUTHORIZED = 401

/** Where the control API of a running hub is. */
export interface ControlFlags {
  readonly control: string
  readonly controlToken?: string | undefined
}

/** @throws UsageError when no hub answers at this URL, or when it wants a token. */
export async function runningHub(flags: ControlFlags): Promise<RunningHub> {
  const found = (await (await callControl(flags, 'GET', '/health')).json()) as Partial<RunningHub> // an `aboutHub` object
  if (found.hostName === undefined) throw noToken(flags)
  return found as RunningHub // a hub that shows its name shows all
}

function noToken({ control }: ControlFlags): UsageError {
  return new UsageError(
    `--control: the hub at ${control} expects its control token: --control-token, or MOCK_IOT_HUB_CONTROL_TOKEN`,
  )
}

/** Calls the control API. @throws UsageError when no hub answers, or when it wants a token. */
export async function callControl(flags: ControlFlags, method: string, path: string): Promise<Response> {
  const { control, controlToken } = flags
  const headers = controlToken === undefined ? {} : { authorization: `Bearer ${controlToken}` }
  const answer = await fetch(new URL(path, control), { method, headers }).catch((error: unknown) => {
    throw new UsageError(
      `--control: no hub answers at ${control}: ${error instanceof Error ? causeOf(error) : String(error)}`,
    )
  })
  if (answer.status === UNAUTHORIZED) throw noToken(flags)
  return answer
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message
}

/** Where its HTTPS listener is, and the name in its certificate: names of TLS are no IP addresses. */
export function dialOf({ hostName, address, httpsPort: port }: RunningHub): Dial {
  return isIP(hostName) === 0 ? { host: address, port, servername: hostName } : { host: hostName, port }
}

/** Options of a TLS client. */
export interface Dial {
  readonly host: string
  readonly port: number
  readonly servername?: string
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

/** The message of an error of the service API, or the whole body. */
function messageOf(body: string): string {
  try {
    const { Message } = JSON.parse(body) as { readonly Message?: unknown }
    return typeof Message === 'string' ? Message.replace(/^ErrorCode:\w+;/, '') : body
  } catch {
    return body
  }
}

/** Reads a document of the service API. @throws Error with the status and the body of the answer. */
export async function readDocument(hub: RunningHub, path: string): Promise<unknown> {
  const ca = await readFile(hub.caPath, 'utf8')
  return new Promise((resolve, reject) => {
    get(
      { ...dialOf(hub), path, ca, headers: { authorization: authorization(hub), host: hub.hostName } },
      (answer) => {
        text(answer).then((body) => {
          if (answer.statusCode === 200) resolve(JSON.parse(body))
          else reject(new Error(`the hub answered ${String(answer.statusCode)}: ${messageOf(body)}`))
        }, reject)
      },
    ).once('error', reject)
  })
}
