/**
 * HTTPS to the hub or the gateway: one connection per request, no retries, no redirects. Error statuses and failures
 * become the documented errors.
 * Source: docs/contract/client/errors.md#client-errors-status,
 * docs/contract/client/wire.md#client-wire-http; decisions D-07, D-34.
 */

import { type IncomingMessage, request } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { ClientError, ConnectionDroppedError, CredentialError } from '../core/errors/client-errors.ts'
import { OperationCancelled } from '../core/errors/operation-errors.ts'
import { serviceErrorFrom } from '../core/errors/service-error.ts'
import type { JsonValue } from '../core/models/json.ts'
import type { Credentials, HttpCall, HubHttp } from '../core/ports.ts'
import { timedOut } from '../net/errors.ts'
import { openSocket, type DialOptions } from '../net/open-socket.ts'

export interface HttpSettings {
  readonly dial: DialOptions
  readonly hostHeader: string
  readonly userAgent: string
  readonly credentials: Credentials
}

interface Reply {
  readonly status: number
  readonly reason: string
  readonly body: string
}

export class HttpTransport implements HubHttp {
  readonly #settings: HttpSettings

  constructor(settings: HttpSettings) {
    this.#settings = settings
  }

  async post(call: HttpCall): Promise<JsonValue | undefined> {
    const cancelled = new AbortController()
    const cancel = (reason: Error) => {
      cancelled.abort(reason)
    }
    const abort = () => {
      cancel(
        new OperationCancelled('Operation was cancelled before completion', { cause: call.signal?.reason }),
      )
    }
    call.signal?.addEventListener('abort', abort)
    if (call.signal?.aborted === true) abort()
    let stopAlarm: () => void = () => undefined
    try {
      const socket = await openSocket(this.#settings.dial, cancelled.signal)
      stopAlarm = this.#settings.dial.clock.schedule(call.limitMs, () => {
        cancel(timedOut('The response', call.limitMs))
      })
      return result(await this.#exchange(socket, call, cancelled.signal))
    } finally {
      stopAlarm()
      call.signal?.removeEventListener('abort', abort)
    }
  }

  #exchange(socket: TLSSocket, call: HttpCall, signal: AbortSignal): Promise<Reply> {
    const { credentials, hostHeader, userAgent } = this.#settings
    const body = JSON.stringify(call.body)
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        socket.destroy()
        reject(signal.aborted && signal.reason instanceof Error ? signal.reason : dropped(error))
      }
      const outgoing = request(
        {
          method: 'POST',
          path: call.path,
          createConnection: () => socket,
          headers: {
            Host: hostHeader,
            Accept: 'application/json',
            'Content-Type': 'application/json; charset=utf-8',
            'Content-Length': Buffer.byteLength(body),
            'User-Agent': userAgent,
            ...(credentials.sasToken === undefined ? {} : { Authorization: credentials.sasToken }),
            ...call.headers,
          },
        },
        (response) => {
          read(response).then((text) => {
            socket.destroy()
            resolve({
              status: response.statusCode ?? 0,
              reason: response.statusMessage ?? '',
              body: text,
            })
          }, fail)
        },
      )
      outgoing.on('error', fail)
      signal.addEventListener('abort', () => {
        outgoing.destroy(new Error('Cancelled'))
      })
      outgoing.end(body)
    })
  }
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer) // a response without an encoding yields buffers
  return Buffer.concat(chunks).toString('utf8')
}

/** @throws CredentialError, ClientError. */
function result({ status, reason, body }: Reply): JsonValue | undefined {
  if (status >= 300) throw refusal({ status, reason, body })
  if (body.trim() === '') return undefined
  try {
    return JSON.parse(body) as JsonValue
  } catch (cause) {
    throw new ClientError('Unexpected failure', { cause })
  }
}

function refusal({ status, reason, body }: Reply): ClientError {
  const cause = serviceErrorFrom(`HTTP operation returned: ${status} ${reason}`, status, body)
  return status === 401 || status === 403
    ? new CredentialError('Credentials invalid, could not connect', { cause })
    : new ClientError('Unexpected failure', { cause })
}

function dropped(cause: unknown): ConnectionDroppedError {
  return new ConnectionDroppedError('Lost connection to IoTHub', { cause })
}
