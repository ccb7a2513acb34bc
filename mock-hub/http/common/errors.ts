/** Errors of a request outside its handler, and the answer to every refusal. */

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Hub } from '../../core/contract/hub.ts'
import { hubNameOf } from '../../core/contract/connection-strings.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { identityKey } from '../../core/contract/identity.ts'
import { apiVersionOf } from './api-version.ts'
import { throughGateway } from './edge-caller.ts'
import { errorBody, errorFamily } from './error-body.ts'
import { identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'
import { schemaError } from './validation.ts'

/** Reports a refusal to the hub and answers it in the format of the service (WIRE-ERR-03: the header names the same error). */
export function refuse(hub: Hub, error: HubError, request: FastifyRequest, reply: FastifyReply): void {
  const identity = identityBehind(request)
  hub.refuse(error, { transport: 'https', ...(identity === undefined ? {} : { identity }) })
  void reply
    .code(error.status)
    .header('iothub-errorcode', error.kind)
    .send(refusalBody(hub, error, request))
}

/** The body of a refusal, in the form of the route. */
export function refusalBody(hub: Hub, error: HubError, request: FastifyRequest): object {
  if (throughGateway(request)) return { message: error.message }
  if (error.kind === 'GenericMethodNotAllowed') return { Message: error.message }
  const family = errorFamily(request)
  return errorBody(
    family === 'device' || error.kind === 'ModuleAlreadyExistsOnDevice'
      ? inWords(error, hub, request)
      : error,
    {
      family,
      apiVersion: apiVersionOf(request),
      requestId: request.id,
      now: hub.clock.now(),
      jsonTwinErrors: hub.settings.jsonTwinErrors,
    },
  )
}

/** What a device is told of a module that is not there, or there already (docs/contract/errors.md#wire-err-02). */
function inWords(error: HubError, hub: Hub, request: FastifyRequest): HubError {
  const { deviceId, moduleId } = identityOf(request.params as IdentityParams)
  if (moduleId === undefined) return error
  const name = hubNameOf(hub.hostName)
  const words = new Map([
    ['ModuleNotFound', `Device ${deviceId} Module ${moduleId} at IotHub ${name} not registered.`],
    [
      'ModuleAlreadyExistsOnDevice',
      `Device ${deviceId} in IotHub ${name} already contains Module ${moduleId}.`,
    ],
  ])
  const message = words.get(error.kind)
  return message === undefined ? error : new HubError({ kind: error.kind, ...error.explanation, message })
}

/** The device or module that calls, or whose endpoint is called. */
function identityBehind(request: FastifyRequest): string | undefined {
  if (request.principal?.type === 'identity') return identityKey(request.principal.identity)
  if (request.routeOptions.config.access !== 'identity') return undefined
  // The router has set the parameters of the path.
  return identityKey(identityOf(request.params as IdentityParams))
}

export function notFound(request: FastifyRequest): HubError {
  return new HubError({
    kind: 'GenericNotFound',
    message: 'The requested resource does not exist.',
    rule: 'WIRE-ERR-03',
    expected: 'a method and path of the service or device API',
    received: `${request.method} ${request.url.slice(0, 200)}`,
  })
}

/** The path exists, but not for this method: the framework below the service answers. */
export function methodNotAllowed({ method, url }: FastifyRequest, rule = 'WIRE-ERR-03'): HubError {
  return new HubError({
    kind: 'GenericMethodNotAllowed',
    message: `The requested resource does not support http method '${method}'.`,
    rule,
    expected: 'a method that this path has',
    received: `${method} ${url.slice(0, 200)}`,
  })
}

export function badPath(received: string): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    message: 'The path cannot be decoded.',
    rule: 'WIRE-REG-09',
    expected: 'a path whose percent escapes are UTF-8',
    received: received.slice(0, 200),
  })
}

/** An error of fastify as the service reports it; any other error is a ServerError. */
export function asHubError(error: FastifyError): HubError {
  if (error.validation !== undefined) return schemaError(error.validation, error.validationContext ?? 'body')
  const explain = (expected: string) => ({
    rule: 'WIRE-ERR-03',
    expected,
    received: error.message.slice(0, 200),
  })
  if (error.statusCode === 413)
    return new HubError({
      kind: 'MessageTooLarge',
      message: 'The request body is too large.',
      ...explain('a body within the limits'),
    })
  if (error.statusCode === 415)
    return new HubError({
      kind: 'GenericUnsupportedMediaType',
      ...explain('a supported content type'),
    })
  if (error.statusCode !== undefined && error.statusCode < 500)
    return new HubError({
      kind: 'GenericBadRequest',
      ...explain('a well-formed HTTP request'),
    })
  return new HubError({
    kind: 'ServerError',
    message: 'InternalServerError',
    ...explain('the hub to handle this request'),
  })
}
