/** The error bodies of the service: the route selects one of two formats (docs/contract/errors.md). */

import type { FastifyRequest } from 'fastify'
import type { HubError } from '../../core/errors/hub-error.ts'
import { trackingTime, utcText } from '../../base/time-text.ts'

export interface ErrorBody {
  readonly Message: string
  readonly ExceptionMessage: string
}

/** The part of the service behind a route. Each writes its refusals in its own form; `device` is for devices alone. */
export type ErrorFamily = 'registry' | 'twin' | 'method' | 'device' | 'module' | 'job'

/** What an error body says beside the error. */
export interface ErrorContext {
  readonly family: ErrorFamily
  readonly apiVersion: string | undefined
  /** A GUID; its digits are the tracking id of the body. */
  readonly requestId: string
  /** Epoch ms. */
  readonly now: number
  /** Setting `jsonTwinErrors`. */
  readonly jsonTwinErrors: boolean
}

const METHOD = /\/methods$|\/commands\/:command$/i
const TWIN = /^\/(?:twins|digitaltwins)\//i
const MODULES = /^\/devices\/:deviceId\/modules(?:\/:moduleId)?$/i
const JOB = /^\/jobs\/v2\/:id/i
const UPLOAD = /\/files(?:\/notifications(?:\/\*)?)?$/i

/** The family that the route of a request belongs to. */
export function errorFamily({
  routeOptions: { url = '' },
  principal,
}: Pick<FastifyRequest, 'routeOptions' | 'principal'>): ErrorFamily {
  if (METHOD.test(url)) return 'method'
  if (UPLOAD.test(url)) return 'device'
  if (MODULES.test(url)) return principal?.type === 'identity' ? 'device' : 'module'
  if (JOB.test(url)) return 'job'
  return TWIN.test(url) ? 'twin' : 'registry'
}

/**
 * The body for a refusal: `ErrorCode:{name};{text}` with the tracking id beside it (WIRE-ERR-01); for uploads and devices that
 * ask for modules, and for methods from 2018 on, JSON in `Message` (WIRE-ERR-02). Elsewhere a 401 has the first format (WIRE-ERR-05), and
 * so has a missing api-version everywhere (WIRE-ERR-04).
 */
export function errorBody(error: HubError, context: ErrorContext): ErrorBody {
  const { family, requestId, now } = context
  const node = family === 'twin' ? '' : '-G:0'
  const trackingId = `${requestId.replaceAll('-', '')}${node}-TimeStamp:${trackingTime(now)}`
  // Node's SDK splits Message at each semicolon, also in JSON.
  const text = error.message.replaceAll(';', ',')
  if (!inJson(error, context)) {
    const body: ErrorBody = {
      Message: `ErrorCode:${error.kind};${text}`,
      ExceptionMessage: `Tracking ID:${trackingId}`,
    }
    if (error.kind === 'JobQuotaExceeded') return ofImportsAndExports(error, trackingTime(now))
    return family === 'job' && OF_THE_JOB_SERVICE.test(error.explanation.rule)
      ? ofTheJobService(error, body)
      : body
  }
  return {
    Message: JSON.stringify({
      errorCode: error.code,
      trackingId,
      // Ranges are captured with one (docs/contract/methods.md#wire-meth-10).
      message: error.message.replaceAll(/;(?! \d+\])/g, ','),
      ...(error.info === undefined ? {} : { info: error.info }),
      timestampUtc: utcText(now),
    }),
    ExceptionMessage: '',
  }
}

/** Rules that the service behind the route of jobs checks, and not the route (WIRE-ERR-11). */
const OF_THE_JOB_SERVICE = /^WIRE-JOB-(?:0[123]|1[23])$/
/** Statuses as .NET writes them: it has no name for 429. */
const STATUS_NAMES = new Map([
  [400, 'BadRequest'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [409, 'Conflict'],
])

/** The service behind the route has answered with a body of its own, which the route puts into its text (WIRE-ERR-11). */
function ofTheJobService({ kind, status }: HubError, { Message, ExceptionMessage }: ErrorBody): ErrorBody {
  const inner = JSON.stringify({ Message, ExceptionMessage: ExceptionMessage.replace('-G:0', '') })
  return {
    Message: `ErrorCode:${kind};Error: ${STATUS_NAMES.get(status) ?? String(status)} ${inner}`,
    ExceptionMessage,
  }
}

/** Imports and exports answer in lines (WIRE-ERR-11). */
function ofImportsAndExports({ kind, status, message }: HubError, time: string): ErrorBody {
  const lines = [`Error: ${String(status)} ErrorCode: ${kind}`, `Message: ${message}`, `Timestamp: ${time}`]
  return { Message: `ErrorCode:${kind};${lines.join('\n')}\nTracking ID: `, ExceptionMessage: '' }
}

function inJson(error: HubError, { family, apiVersion, jsonTwinErrors }: ErrorContext): boolean {
  const method = family === 'method' && apiVersion !== undefined && apiVersion >= '2018'
  // The version selects the form, and a method says in its own that the caller may not.
  if (error.kind === 'InvalidProtocolVersion') return false
  if (error.status === 401 || family === 'method') return method
  if (family === 'device' || (family === 'module' && error.kind === 'ModuleAlreadyExistsOnDevice'))
    return true
  return family === 'twin' && jsonTwinErrors
}
