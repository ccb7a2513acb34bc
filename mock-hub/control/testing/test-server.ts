/** A hub with its control API on a manual clock; for tests. */

import type { InjectOptions } from 'fastify'
import type { Clock } from '../../base/clock.ts'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import type { Services } from '../../core/contract/services/services.ts'
import { createServices } from '../../core/services/create-services.ts'
import type { Settings } from '../../core/contract/settings.ts'
import { createControlServer, type ControlServer } from '../server.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** The body parsed as JSON; undefined when it is empty. */
  readonly json: unknown
}

export interface TestServer {
  readonly hub: Hub
  readonly services: Services
  readonly clock: ManualClock
  readonly control: ControlServer
  /** How often `reset` was called. */
  readonly resets: () => number
  /** Makes one request, without a socket. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
  stop(): Promise<void>
}

/** @param options.clock replaces the {@link ManualClock}. */
export async function openTestServer(
  options: { readonly token?: string; readonly clock?: Clock; readonly settings?: Partial<Settings> } = {},
): Promise<TestServer> {
  const clock = new ManualClock()
  const hub = createHub({ clock: options.clock ?? clock, settings: { ...options.settings } })
  const services = createServices(
    hub,
    {
      twin: () => ({}),
      time: String,
      registryFile: {
        line: () => ({}),
        apply: () => undefined,
        configuration: () => ({ id: 'c', spec: {}, ifMatch: '*' }),
      },
    },
    { read: () => Promise.resolve(''), write: () => Promise.resolve() },
  )
  let resets = 0
  const control = await createControlServer({
    hub,
    services,
    about: ({ secrets = true } = {}) =>
      Promise.resolve({
        hostName: hub.hostName,
        caPath: '/ca.pem',
        ...(secrets ? { env: { KEY: 'k' } } : {}),
      }),
    reset: () => {
      resets++
    },
    token: options.token,
  })
  return {
    hub,
    services,
    clock,
    control,
    resets: () => resets,
    async call(method, path, body, headers = {}) {
      const answer = await control.app.inject({
        method: method as NonNullable<InjectOptions['method']>,
        url: path,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      })
      const { statusCode: status, body: text } = answer
      return { status, headers: answer.headers, text, json: text === '' ? undefined : JSON.parse(text) }
    },
    async stop() {
      await control.stop()
      services.stop()
      hub.stop()
    },
  }
}
