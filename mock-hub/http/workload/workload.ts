/**
 * The workload API of IoT Edge (docs/contract/edge.md), which a module finds at `IOTEDGE_WORKLOADURI`: on a Unix socket
 * and over plain HTTP. With it, `create_from_edge_environment` works.
 */

import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import type { AddressInfo, Socket } from 'node:net'
import type { Hub } from '../../core/contract/hub.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { answerWhenStored } from '../../http-common/answer-when-stored.ts'
import { NESTING_RULE, readJsonBodies } from '../../http-common/json-bodies.ts'
import { strangerProblem } from '../../http-common/strangers.ts'
import { base64Of, moduleKey, decrypt, encrypt, signWith } from './crypto.ts'
import { certificateRoutes } from './certificates.ts'
import type { IssueCertificate } from '../../net/certificates/issue-certificate.ts'
import { closeSilentClients } from '../../http-common/silent-clients.ts'
import { clearSocketPath } from '../../net/socket-file.ts'
import { moduleDocument, moduleOf, modulesOf, type ModuleParams } from './modules.ts'

export interface WorkloadOptions {
  /** CAs that modules must trust, in PEM: to reach the gateway, and each other. */
  readonly trustBundle: () => Promise<string>
  /** Path of a Unix socket. Default: none. */
  readonly socketPath?: string | undefined
  /** TCP port on loopback; 0: any free port. Default: none. */
  readonly port?: number | undefined
  /** Serves only the modules of this edge device. Default: all modules. */
  readonly deviceId?: string | undefined
  /** Issues certificates under a CA of the trust bundle. Without it, the certificate calls answer 501. */
  readonly issueCertificate?: IssueCertificate | undefined
}

export interface Workload {
  /** `unix:///path`; undefined: there is no Unix socket. */
  readonly socketUri: string | undefined
  /** `http://127.0.0.1:port`; undefined: there is no TCP port. */
  readonly httpUri: string | undefined
  stop(): Promise<void>
}

const OLDEST_API_VERSION = '2018-06-28'

/** Starts the listeners that the options ask for. */
export async function startWorkload(hub: Hub, options: WorkloadOptions): Promise<Workload> {
  const running: FastifyInstance[] = []
  let httpUri: string | undefined
  let socketUri: string | undefined
  if (options.socketPath !== undefined) {
    await clearSocketPath(options.socketPath)
    const app = workloadApp(hub, options)
    await app.listen({ path: options.socketPath })
    running.push(app)
    socketUri = `unix://${options.socketPath}`
  }
  if (options.port !== undefined) {
    const app = workloadApp(hub, options)
    // A Unix socket has no name, and pages cannot reach it.
    app.addHook('onRequest', (request, reply, next) => {
      const problem = strangerProblem(request.headers)
      if (problem === undefined) next()
      else void reply.code(403).send({ message: problem })
    })
    await app.listen({ host: '127.0.0.1', port: options.port })
    running.push(app)
    // A listening TCP server has an address with a port.
    httpUri = `http://127.0.0.1:${String((app.server.address() as AddressInfo).port)}`
  }
  return {
    socketUri,
    httpUri,
    async stop() {
      for (const app of running.reverse()) await app.close()
    },
  }
}

/** The API itself, without a listener. */
export function workloadApp(hub: Hub, options: WorkloadOptions): FastifyInstance {
  const app = Fastify({
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
    exposeHeadRoutes: false,
    forceCloseConnections: true,
  })
  closeSilentClients(app.server, hub)
  answerWhenStored(app, hub.commits)
  // The Python SDK sends JSON without a content type (WIRE-EDGE-03).
  readJsonBodies(app, () => invalid('body', NESTING_RULE, 'more levels'))
  app.addHook('onRequest', (request, _reply, next) => {
    const { 'api-version': version } = request.query as Record<string, unknown>
    if (typeof version !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(version) || version < OLDEST_API_VERSION)
      throw invalid('api-version', `a date from ${OLDEST_API_VERSION} on`, String(version))
    next()
  })
  // Before the caller can have the answer.
  app.addHook('onSend', (request, reply, payload, next) => {
    const { method, url } = request
    hub.journal.record({ type: 'request', method, url, status: reply.statusCode, caller: 'workload' })
    next(null, payload)
  })
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ message: 'The resource does not exist.' }),
  )
  app.setErrorHandler((error: FastifyError | HubError, _request, reply) => {
    if (error instanceof HubError) hub.refuse(error, { transport: 'https' })
    const status = error instanceof HubError ? error.status : (error.statusCode ?? 500)
    return reply.code(status).send({ message: error.message })
  })

  const find = ({ name, genid }: Partial<ModuleParams> & { readonly name: string }): IdentityRecord =>
    moduleOf(hub, options.deviceId, name, genid)

  app.server.on('connection', (socket: Socket) => {
    if (!hub.faults.idle && hub.faults.match('edge', undefined, ['refuse']) !== undefined) socket.destroy()
  })
  /** The faults `edge.trust_bundle.fail` and `edge.sign.fail`: an error status instead of an answer. */
  const injectFault = (call: string) => async (_request: FastifyRequest, reply: FastifyReply) => {
    const injected = hub.faults.idle ? undefined : hub.faults.match(`edge.${call}`)
    if (injected === undefined) return
    const { status } = injected.parameters
    await reply.code(typeof status === 'number' ? status : 500).send({ message: 'A fault was injected.' })
  }

  app.get('/trust-bundle', { preHandler: injectFault('trust_bundle') }, async () => ({
    certificate: await options.trustBundle(),
  }))
  app.get('/modules', () => ({ modules: modulesOf(hub, options.deviceId).map(moduleDocument) }))
  const module = '/modules/:name/genid/:genid'
  app.post<{ Params: ModuleParams; Body: unknown }>(
    `${module}/sign`,
    { preHandler: injectFault('sign') },
    (request) => ({
      digest: signWith(moduleKey(find(request.params)), base64Of(request.body, 'data')),
    }),
  )
  app.post<{ Params: ModuleParams; Body: unknown }>(`${module}/encrypt`, (request) => ({
    ciphertext: encrypt(
      moduleKey(find(request.params)),
      base64Of(request.body, 'initializationVector'),
      base64Of(request.body, 'plaintext'),
    ).toString('base64'),
  }))
  app.post<{ Params: ModuleParams; Body: unknown }>(`${module}/decrypt`, (request) => ({
    plaintext: decrypt(
      moduleKey(find(request.params)),
      base64Of(request.body, 'initializationVector'),
      base64Of(request.body, 'ciphertext'),
    ).toString('base64'),
  }))
  certificateRoutes(app, hub.clock, find, options.issueCertificate)
  return app
}

function invalid(field: string, expected: string, received: string): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    message: `Expected ${field} to be ${expected}; given: ${received.slice(0, 80)}.`,
    rule: 'WIRE-EDGE-02',
    expected: `${field} to be ${expected}`,
    received: received.slice(0, 80),
  })
}
