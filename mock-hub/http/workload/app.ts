/** The application of the workload API, without a listener. */

import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import type { RequestListener, Server } from 'node:http'
import type { Hub } from '../../core/contract/hub.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { answerWhenStored } from '../../http-common/answer-when-stored.ts'
import { NESTING_RULE, readJsonBodies } from '../../http-common/json-bodies.ts'
import { foreignRequestProblem } from '../../http-common/local-requests.ts'
import { certificateRoutes } from './certificates.ts'
import { base64Of, moduleKey, decrypt, encrypt, signWith } from './crypto.ts'
import { moduleDocument, moduleOf, modulesOf, type ModuleParams } from './modules.ts'
import type { WorkloadOptions } from './options.ts'

const OLDEST_API_VERSION = '2018-06-28'

/**
 * Builds the application.
 * @param serverOf gives the server whose requests it handles. Default: a server of its own.
 * @param refusesStrangers whether pages can reach it: a Unix socket has no name, and they cannot.
 */
export function workloadApp(
  hub: Hub,
  options: WorkloadOptions,
  serverOf?: (handle: RequestListener) => Server,
  refusesStrangers = false,
): FastifyInstance {
  const app = Fastify({
    ...(serverOf === undefined ? {} : { serverFactory: serverOf }),
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
    exposeHeadRoutes: false,
    forceCloseConnections: true,
  })
  if (refusesStrangers)
    app.addHook('onRequest', (request, reply, next) => {
      const problem = foreignRequestProblem(request.headers)
      if (problem === undefined) next()
      else void reply.code(403).send({ message: problem })
    })
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
  certificateRoutes(app, hub, find, options.issueCertificate)
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
