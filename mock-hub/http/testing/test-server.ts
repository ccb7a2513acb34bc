/** A hub with its HTTP server on a clock that stands still; for tests. */

import type { InjectOptions } from 'fastify'
import { BuiltInStorage } from '../../blob/built-in-storage.ts'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import type { Identity } from '../../core/contract/identity.ts'
import type { Settings } from '../../core/contract/settings.ts'
import type { Services } from '../../core/contract/services/services.ts'
import { createServices } from '../../core/services/create-services.ts'
import { createHttpAdapter, type HttpAdapter } from '../server.ts'
import { blobAccess, documentRenderer } from '../service/document-renderer.ts'
import { localhostCertificate } from './certificate.ts'
import { identityToken, policyToken } from './tokens.ts'

/** An answer as tests look at it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** The body read as JSON; undefined when it is empty or none. */
  readonly json: unknown
}

export interface CallOptions {
  /** A policy's name, an identity, a whole header, or null for none. @default 'iothubowner' */
  readonly as?: string | Identity | null
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** @default '2021-04-12' */
  readonly apiVersion?: string | null
}

export interface TestServer {
  readonly hub: Hub
  readonly services: Services
  readonly clock: ManualClock
  readonly http: HttpAdapter
  readonly storage: BuiltInStorage
  /** PEM of the server's certificate, which is its own authority. */
  readonly ca: string
  /** One request without a socket; `api-version` and `Authorization` are filled in. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  stop(): Promise<void>
}

export async function openTestServer(settings: Partial<Settings> = {}): Promise<TestServer> {
  const clock = new ManualClock()
  const tls = await localhostCertificate()
  const storage = new BuiltInStorage({ clock, hostName: 'localhost' })
  const hub = createHub({ clock, settings, blobStorage: storage })
  const services = createServices(hub, documentRenderer(hub), blobAccess(storage))
  const http = createHttpAdapter(hub, { services, tls, blob: storage })
  return {
    hub,
    services,
    clock,
    http,
    storage,
    ca: tls.cert,
    async call(method, path, options = {}) {
      const { as = 'iothubowner', body, headers = {}, apiVersion = '2021-04-12' } = options
      const authorization =
        as === null
          ? undefined
          : typeof as === 'object'
            ? identityToken(hub, as)
            : as.startsWith('Shared')
              ? as
              : policyToken(hub, as)
      const version = apiVersion === null ? '' : `${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`
      const answer = await (
        await http.app()
      ).inject({
        method: method as NonNullable<InjectOptions['method']>,
        url: path + version,
        headers: { ...(authorization === undefined ? {} : { authorization }), ...headers },
        ...(body === undefined ? {} : { payload: body as NonNullable<InjectOptions['payload']> }),
      })
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text: answer.body,
        json: jsonOf(answer.body),
      }
    },
    async stop() {
      await http.stop()
      services.stop()
      hub.stop()
      await storage.stop()
    },
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `errorCode` of an error body, whichever shape it has; undefined when it is none. */
export function errorOf(answer: Answer): { code?: number; name?: string; message: string } {
  const { Message } = answer.json as { Message: string }
  const [, name, text] = /^ErrorCode:(\w+);(.*)$/s.exec(Message) ?? []
  if (name !== undefined) return { name, message: text ?? '' }
  const { errorCode, message } = JSON.parse(Message) as { errorCode: number; message: string }
  return { code: errorCode, message }
}
