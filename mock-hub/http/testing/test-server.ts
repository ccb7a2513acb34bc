/** A hub with its HTTP adapter on a manual clock; for tests. */

import type { InjectOptions } from 'fastify'
import { BuiltInStorage } from '../../blob/built-in-storage.ts'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { HUB_ERRORS, type HubErrorKind } from '../../core/errors/catalogue.ts'
import { createHub } from '../../core/create-hub.ts'
import type { Identity } from '../../core/contract/identity.ts'
import type { Settings } from '../../core/contract/settings.ts'
import type { Services } from '../../core/contract/services/services.ts'
import { createServices } from '../../core/services/create-services.ts'
import { createHttpAdapter, type HttpAdapter } from '../server.ts'
import { blobAccess, documentRenderer } from '../service/document-renderer.ts'
import { localhostCertificate } from './certificate.ts'
import { identityToken, policyToken } from './tokens.ts'

/** The answer to a test request. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** The body parsed as JSON; undefined when it is empty or not JSON. */
  readonly json: unknown
}

export interface CallOptions {
  /** Name of a policy, an identity, a whole header, or null for no header. Default: `iothubowner`. */
  readonly as?: string | Identity | null
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Default: `2021-04-12`; null: none. */
  readonly apiVersion?: string | null
}

export interface TestServer {
  readonly hub: Hub
  readonly services: Services
  readonly clock: ManualClock
  readonly http: HttpAdapter
  readonly storage: BuiltInStorage
  /** Self-signed certificate of the server, in PEM. */
  readonly ca: string
  /** Makes one request without a socket; adds `api-version` and `Authorization`. */
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
      await storage.clear()
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

/** The error of an error body in either format. */
export function errorOf(answer: Answer): { code?: number; name?: string; message: string } {
  const { Message } = answer.json as { Message: string }
  const [, name, text] = /^ErrorCode:(\w+);(.*)$/s.exec(Message) ?? []
  if (name !== undefined) {
    // The name of an error of the service.
    const { code } = HUB_ERRORS[name as HubErrorKind]
    return { name, code, message: text ?? '' }
  }
  const { errorCode, message } = JSON.parse(Message) as { errorCode: number; message: string }
  return { code: errorCode, message }
}
