/**
 * The HTTPS side of the hub on one port: the service API, the devices' own HTTPS endpoints, uploaded blobs.
 * WebSocket upgrades on the same port belong to the rooms that carry devices (`server.on('upgrade')`).
 */

import swagger from '@fastify/swagger'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { blobRoutes } from '../blob/blob-routes.ts'
import type { OwnStorage } from '../blob/own-storage.ts'
import type { Hub } from '../core/contract.ts'
import { HUB_ERRORS, HubError } from '../core/errors.ts'
import { createServices, type Services } from '../core/services.ts'
import { identityKey } from '../core/identity.ts'
import { proveCaller } from './access.ts'
import { checkApiVersion } from './api-version.ts'
import { readBodies } from './body.ts'
import { bulkRegistryRoutes } from './bulk-registry.ts'
import { configurationRoutes } from './configurations.ts'
import { cloudToDeviceRoutes, serviceboundRoutes } from './cloud-to-device.ts'
import { digitalTwinRoutes } from './digital-twins.ts'
import { eventRoutes } from './events.ts'
import { deviceboundRoutes } from './devicebound.ts'
import { fileUploadRoutes } from './file-upload.ts'
import { meetLevers } from './levers.ts'
import { importExportRoutes } from './import-export.ts'
import { jobRoutes } from './jobs.ts'
import { methodRoutes } from './methods.ts'
import { queryRoutes } from './query.ts'
import { OPENAPI } from './openapi.ts'
import { asHubError, badPath, notFound, refuse, withoutSecrets } from './refusals.ts'
import { registryRoutes } from './registry.ts'
import type { HubRoutes } from './room.ts'
import { blobAccess, serviceShapes } from './service-shapes.ts'
import { telemetryRoutes } from './telemetry.ts'
import { takeThrottle } from './throttling.ts'
import { twinRoutes } from './twins.ts'

/** The resources of the hub, one file each. */
const ROUTES: readonly HubRoutes[] = [
  registryRoutes,
  bulkRegistryRoutes,
  twinRoutes,
  methodRoutes,
  cloudToDeviceRoutes,
  serviceboundRoutes,
  telemetryRoutes,
  deviceboundRoutes,
  fileUploadRoutes,
  queryRoutes,
  configurationRoutes,
  jobRoutes,
  importExportRoutes,
  digitalTwinRoutes,
  eventRoutes,
]

export interface HttpRoomOptions {
  readonly tls: {
    /** PEM. */
    readonly key: string | Buffer
    /** PEM, the chain in order. */
    readonly cert: string | Buffer
    /** PEM of the authorities that clients may be asked for. */
    readonly ca?: string | Buffer | undefined
  }
  /** The hub's own blob storage, when uploads go there. */
  readonly blob?: OwnStorage | undefined
}

export interface HttpRoom {
  /** For WebSocket upgrades. */
  readonly server: Server
  /** For tests without a socket: `app.inject`. */
  readonly app: FastifyInstance<Server>
  /** @param at.port 0: any free port. @returns the port it got. */
  listen(at: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>
  /** Queries, configurations, jobs of this hub. */
  readonly services: Services
  /** The service API as an OpenAPI 3 document. */
  openApi(): object
  /** Closes the port and cuts what is open. */
  stop(): Promise<void>
}

/** Builds the room; nothing listens yet. */
export async function createHttpRoom(hub: Hub, options: HttpRoomOptions): Promise<HttpRoom> {
  const { key, cert, ca } = options.tls
  const app = Fastify({
    https: {
      key,
      cert,
      ...(ca === undefined ? {} : { ca }),
      // X.509 devices share the port with everybody else (wire contract 1.1).
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      noDelay: true,
    },
    // Ids of 128 characters, each of which may be percent-encoded; blob names of 1024.
    routerOptions: {
      caseSensitive: false,
      ignoreDuplicateSlashes: true,
      ignoreTrailingSlash: true,
      maxParamLength: 4096,
    },
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    bodyLimit: 2 ** 20,
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, verbose: true, allowUnionTypes: true },
    },
    // The only framework error before routing: a path that cannot be decoded.
    frameworkErrors: (error, request, reply) => {
      // Their types say that nothing is known of the route; refusing needs nothing of it.
      refuse(hub, badPath(error.message), request, reply)
    },
    clientErrorHandler: (error, socket) => {
      // Not HTTP at all, or cut off: there is no request to answer in the service's words.
      if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
      else socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    },
  })

  // Response schemas describe; they do not drop fields.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  readBodies(app)
  app.decorateRequest('principal', null)
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`${String(method)} ${url}: config.access is missing`)
  })
  const recorded = new WeakSet<FastifyRequest>()
  const record = (request: FastifyRequest, status: number): void => {
    if (recorded.has(request)) return
    recorded.add(request)
    const url = withoutSecrets(request.url)
    hub.journal.record({ is: 'request', method: request.method, url, status, caller: callerName(request) })
  }
  app.addHook('onRequest', (request, reply, next) => {
    void reply.header('server', 'Microsoft-HTTPAPI/2.0')
    // A caller who hung up has had no answer, and there is no other word of him.
    reply.raw.once('close', () => {
      record(request, HUB_ERRORS.ClientClosedRequest.status)
    })
    const { access, versioned } = request.routeOptions.config
    if (access === undefined) {
      next()
      return
    }
    if (versioned !== false) checkApiVersion(request)
    request.principal = proveCaller(hub, access, request)
    takeThrottle(hub, request)
    next()
  })
  meetLevers(app, hub)
  app.addHook('onResponse', (request, reply, next) => {
    record(request, reply.statusCode)
    next()
  })
  app.setNotFoundHandler((request) => {
    throw notFound(request)
  })
  app.setErrorHandler<FastifyError | HubError>((error, request, reply) => {
    const refusal = error instanceof HubError ? error : asHubError(error)
    if (refusal.status >= 500 && !(error instanceof HubError))
      hub.logger.warn(
        `http: ${request.method} ${request.routeOptions.url ?? ''}: ${error.stack ?? error.message}`,
      )
    refuse(hub, refusal, request, reply)
  })
  await app.register(swagger, OPENAPI)
  const services = createServices(hub, serviceShapes(hub), blobAccess(options.blob))
  for (const routes of ROUTES) await app.register(routes, { hub, services })
  if (options.blob !== undefined) await app.register(blobRoutes(options.blob), { hub, services })
  await app.ready()

  return {
    server: app.server,
    app,
    async listen(at) {
      await app.listen({ host: at.host, port: at.port })
      // A listening TCP server has an address with a port.
      const { port } = app.server.address() as AddressInfo
      options.blob?.servedOn(port)
      return { port }
    },
    openApi: () => app.swagger(),
    services,
    async stop() {
      services.stop()
      await app.close()
    },
  }
}

function callerName({ principal }: FastifyRequest): string {
  if (principal === null) return 'unknown'
  return principal.is === 'policy' ? principal.policyName : identityKey(principal.identity)
}
