/**
 * The control API: a separate HTTP listener through which tests and tools control the hub: identities, messages, twins,
 * methods, faults, time, journal, state. Requests and answers are JSON; `GET /openapi.json` describes the API.
 */

import swagger from '@fastify/swagger'
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { aboutRoutes } from './routes/about.ts'
import { guard } from './access.ts'
import { requireLoopback } from './loopback-rule.ts'
import { InvalidInput } from '../base/invalid-input.ts'
import { jsonText } from '../base/json-floats.ts'
import { NESTING_RULE, readJsonBodies } from '../http-common/json-bodies.ts'
import { clockRoutes } from './routes/clock.ts'
import { closeSilentClients } from '../http-common/silent-clients.ts'
import { answerWhenStored } from '../http-common/answer-when-stored.ts'
import { schemaCompiler } from '../http-common/schema-compiler.ts'
import type { ControlRoutes, ControlServerOptions } from './context.ts'
import { faultRoutes } from './routes/faults.ts'
import { identityRoutes } from './routes/identities.ts'
import { journalRoutes } from './routes/journal.ts'
import { messageRoutes } from './routes/messages.ts'
import { openApiOptions } from './openapi.ts'
import { errorResponse } from './errors.ts'
import { queryRoutes } from './routes/queries.ts'
import { provisioningRoutes } from './routes/provisioning.ts'
import { statusRoutes } from './routes/status.ts'
import { stateRoutes } from './routes/state.ts'
import { telemetryRoutes } from './routes/telemetry.ts'
import { twinRoutes } from './routes/twins.ts'

export type { ControlServerOptions } from './context.ts'

/** The resources of the API, one file each. */
const ROUTES: readonly ControlRoutes[] = [
  aboutRoutes,
  statusRoutes,
  identityRoutes,
  queryRoutes,
  messageRoutes,
  twinRoutes,
  provisioningRoutes,
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
   * @param at.port 0: any free port. @returns the port that is used.
   * @throws InvalidInput for an address that is not loopback when there is no token; the system's error when the port
   *   is not available.
   */
  listen(at: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>
  /** The control API as an OpenAPI 3 document. */
  openApi(): object
  /** Closes the port and all connections. */
  stop(): Promise<void>
}

const compileSchema = schemaCompiler({ useDefaults: false })

/**
 * Builds the API; nothing listens yet.
 * @param serverOf gives a server whose requests the API handles, and which the caller opens and closes. Default: a server of
 *   its own.
 */
export async function createControlServer(
  options: ControlServerOptions,
  serverOf?: (handle: RequestListener) => Server,
): Promise<ControlServer> {
  const { hub, token } = options
  const app = Fastify({
    ...(serverOf === undefined ? {} : { serverFactory: serverOf }),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4096 },
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: 4 * 2 ** 20,
  })
  if (serverOf === undefined) closeSilentClients(app.server, hub)
  app.setValidatorCompiler(compileSchema)
  // There are no response schemas; a serializer made from one would drop fields.
  app.setSerializerCompiler(() => jsonText)
  app.setReplySerializer(jsonText)
  answerWhenStored(app, hub.commits)
  const routeList: string[] = []
  app.addHook('onRoute', ({ method, url, schema }) => {
    routeList.push(`${String(method)} ${url}${schema?.summary === undefined ? '' : `: ${schema.summary}`}`)
  })
  guard(app, token)
  readJsonBodies(app, () => new InvalidInput('control', 'body', `to be ${NESTING_RULE}`, 'more levels'))
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: 'NotFound',
      message: `there is no route ${request.method} ${request.url.split('?', 1)[0] ?? ''}`,
      routes: routeList,
    }),
  )
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, body } = errorResponse(error)
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
  for (const addRoutes of ROUTES) addRoutes(app, { ...options, routeList })
  await app.ready()

  return {
    app,
    async listen({ host, port }) {
      requireLoopback(host, token)
      await app.listen({ host, port })
      // A listening TCP server has an address with a port.
      return { port: (app.server.address() as AddressInfo).port }
    },
    openApi: () => app.swagger(),
    stop: () => app.close(),
  }
}
