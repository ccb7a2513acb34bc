/**
 * The control room: an HTTP listener of its own on which tests and tools work the hub: identities, messages, twins,
 * methods, faults, time, journal, state. It speaks JSON and describes itself at `GET /openapi.json`.
 */

import swagger from '@fastify/swagger'
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { aboutRoutes } from './routes/about.ts'
import { guard } from './access.ts'
import { isLoopback } from '../http-common/loopback.ts'
import { clockRoutes } from './routes/clock.ts'
import { schemaCompiler } from '../http-common/schema-compiler.ts'
import type { ControlRoomOptions as ControlServerOptions, ControlRoutes } from './context.ts'
import { faultRoutes } from './routes/faults.ts'
import { identityRoutes } from './routes/identities.ts'
import { journalRoutes } from './routes/journal.ts'
import { messageRoutes } from './routes/messages.ts'
import { openApiOptions } from './openapi.ts'
import { refusalOf } from './errors.ts'
import { stateRoutes } from './routes/state.ts'
import { telemetryRoutes } from './routes/telemetry.ts'
import { twinRoutes } from './routes/twins.ts'

export type { ControlRoomOptions } from './context.ts'

/** The resources of the room, one file each. */
const ROUTES: readonly ControlRoutes[] = [
  aboutRoutes,
  identityRoutes,
  messageRoutes,
  twinRoutes,
  stateRoutes,
  faultRoutes,
  clockRoutes,
  journalRoutes,
  telemetryRoutes,
]

export interface ControlServer {
  /** For tests without a socket: `app.inject`. */
  readonly app: FastifyInstance
  /**
   * @param at.port 0: any free port. @returns the port it got.
   * @throws RangeError for an address beyond loopback when there is no token; the system's error for a busy port.
   */
  listen(at: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>
  /** The control API as an OpenAPI 3 document. */
  openApi(): object
  /** Closes the port and cuts what is open. */
  stop(): Promise<void>
}

const compileSchema = schemaCompiler({ useDefaults: false })

/** Builds the room; nothing listens yet. */
export async function createControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { hub, token } = options
  const app = Fastify({
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4096 },
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: 4 * 2 ** 20,
  })
  app.setValidatorCompiler(compileSchema)
  // Response schemas would drop fields, and there are none.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  const routesHere: string[] = []
  app.addHook('onRoute', ({ method, url, schema }) => {
    routesHere.push(`${String(method)} ${url}${schema?.summary === undefined ? '' : `: ${schema.summary}`}`)
  })
  guard(app, token)
  // `curl -d` says that its JSON is a form: a body is JSON whatever it is called.
  app.removeAllContentTypeParsers()
  const parseJson = app.getDefaultJsonParser('error', 'ignore')
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, text: string, done) => {
    if (text === '') done(null, undefined)
    else void parseJson(request, text, done)
  })
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: 'NotFound',
      message: `there is no ${request.method} ${request.url.split('?', 1)[0] ?? ''}`,
      routes: routesHere,
    }),
  )
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, body } = refusalOf(error)
    if (status >= 500 && body.error === 'InternalError')
      hub.logger.warn(
        `control: ${request.method} ${request.routeOptions.url ?? ''}: ${error.stack ?? error.message}`,
      )
    return reply.code(status).send(body)
  })
  await app.register(swagger, openApiOptions(token !== undefined))
  app.get('/openapi.json', { schema: { tags: ['about'], summary: 'This API as an OpenAPI document' } }, () =>
    app.swagger(),
  )
  for (const addRoutes of ROUTES) addRoutes(app, { ...options, routesHere })
  await app.ready()

  return {
    app,
    async listen({ host, port }) {
      if (token === undefined && !isLoopback(host))
        throw new RangeError(
          `control: expected a token when the address is not of the loopback; given: ${host}`,
        )
      await app.listen({ host, port })
      // A listening TCP server has an address with a port.
      return { port: (app.server.address() as AddressInfo).port }
    },
    openApi: () => app.swagger(),
    stop: () => app.close(),
  }
}
