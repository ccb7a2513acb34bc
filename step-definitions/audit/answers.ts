/** What holds for every answer over HTTPS, whatever was asked: its type, its codes, its tracking id. */

import { HUB_CODES } from '../raw-clients/error-codes.ts'
import { type Exchange, field, isFields, type Rule } from './exchange.ts'

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TRACKING = /^([0-9a-f]{32})(?:-G:\d+)?-TimeStamp:(\d\d)\/(\d\d)\/(\d{4}) (\d\d:\d\d:\d\d)$/
/** Clocks of hub and suite may differ by as much. */
const SKEW_MS = 300_000
/** A page of the web server below the service. */
const PAGE = /^text\/html/

export const ANSWER_RULES: readonly Rule[] = [requestIds, emptyAnswers, typeOfJson, refusals]

function requestIds({ response }: Exchange): readonly string[] {
  const id = response.headers['x-ms-request-id']
  if (PAGE.test(response.headers['content-type'] ?? '')) return []
  return typeof id === 'string' && GUID.test(id) ? [] : [`x-ms-request-id is ${String(id)}`]
}

function emptyAnswers({ response: { status, body, headers } }: Exchange): readonly string[] {
  if (status !== 204) return []
  return body.length === 0 && headers['content-type'] === undefined ? [] : ['204 has a body']
}

/** Their bodies are what a device has sent. */
const FROM_DEVICES = /^(?:devicebound|events|methods)$/i
const FEEDBACK = 'application/vnd.microsoft.iothub.feedback.json'

/** Payloads are what their sender has sent; all else that has content is JSON. */
function typeOfJson({ path, response: { status, headers, body }, answered }: Exchange): readonly string[] {
  const type = headers['content-type']
  if (body.length === 0 || PAGE.test(type ?? '')) return []
  const last = path.at(-1)?.toLowerCase() ?? ''
  if (status === 200 && FROM_DEVICES.test(last)) return []
  if (answered === undefined) return ['the body is no JSON']
  const isFeedback = last === 'feedback' && type?.startsWith(FEEDBACK) === true
  return isFeedback || /^application\/json; *charset=utf-8$/i.test(type ?? '')
    ? []
    : [`JSON has the type ${String(type)}`]
}

/** The routes of jobs repeat the answer of a service behind them, which has a semicolon of its own (WIRE-ERR-11). */
function isRepeated(message: string): boolean {
  return /^ErrorCode:[^;]*;Error: [A-Za-z0-9]+ \{"Message":"ErrorCode:[^;]*;[^;]*$/s.test(message)
}

/** Status, header, number, name and tracking id of a refusal are of the same error. */
function refusals(exchange: Exchange): readonly string[] {
  const { response, answered, path } = exchange
  const { status, headers } = response
  const name = headers['iothub-errorcode']
  if (status < 400) return name === undefined ? [] : [`iothub-errorcode is ${String(name)}`]
  if (status === 405 || PAGE.test(headers['content-type'] ?? '')) return []
  // An edge gateway answers in its own form, and requests for several devices with their result.
  if (['message', 'isSuccessful', 'policyKey', 'errors'].some((of) => field(answered, of) !== undefined))
    return []
  if (typeof name !== 'string') return ['no iothub-errorcode']
  const message = field(answered, 'Message')
  const exception = field(answered, 'ExceptionMessage')
  if (
    typeof message !== 'string' ||
    typeof exception !== 'string' ||
    Object.keys(answered as object).length !== 2
  )
    return ['the body is not Message and ExceptionMessage']
  const known = Object.hasOwn(HUB_CODES, name) ? HUB_CODES[name] : undefined
  const wrong =
    known !== undefined && Math.floor(known / 1_000) !== status ? [`${name} with ${String(status)}`] : []
  const [, first] = /^ErrorCode:([A-Za-z]+);/s.exec(message) ?? []
  if (first !== undefined)
    return [
      ...wrong,
      ...(first === name ? [] : [`${name} in the header, ${first} in the body`]),
      ...(/^ErrorCode:[^;]*;[^;]*$/s.test(message) || message.includes('[5; 300]') || isRepeated(message)
        ? []
        : ['a second semicolon']),
      ...tracking(exchange, /^Tracking ID:(.*)$/s.exec(exception)?.[1]),
      ...(inWords(path) || status === 401 || name === 'InvalidProtocolVersion' ? [] : ['the first shape']),
    ]
  const inner: unknown = jsonIn(message)
  const number = field(inner, 'errorCode')
  return [
    ...wrong,
    ...(exception === '' ? [] : ['ExceptionMessage beside JSON']),
    ...(known === undefined || number === known
      ? []
      : [`${name} in the header, ${String(number)} in the body`]),
    ...(Math.floor(Number(number) / 1_000) === status ? [] : [`${String(number)} with ${String(status)}`]),
    ...(typeof field(inner, 'message') === 'string' ? [] : ['no message']),
    ...(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(String(field(inner, 'timestampUtc'))) ? [] : ['no timestampUtc']),
    ...tracking(exchange, field(inner, 'trackingId')),
  ]
}

/** Routes whose refusals have the first shape. */
function inWords(path: readonly string[]): boolean {
  const last = path.at(-1)?.toLowerCase() ?? ''
  return last !== 'methods' && !path.some((part) => part.toLowerCase() === 'files')
}

/** The digits are those of the request id, and the time is that of the hub. */
function tracking({ at, response }: Exchange, id: unknown): readonly string[] {
  const [, digits, month, day, year, time] = TRACKING.exec(String(id)) ?? []
  if (digits === undefined) return [`the tracking id is ${String(id)}`]
  const stamp = Date.parse(`${year ?? ''}-${month ?? ''}-${day ?? ''}T${time ?? ''}Z`)
  return [
    ...(digits === String(response.headers['x-ms-request-id']).replaceAll('-', '')
      ? []
      : ['the tracking id is not that of x-ms-request-id']),
    ...(Math.abs(at - stamp) <= SKEW_MS ? [] : [`the tracking id is of ${new Date(stamp).toISOString()}`]),
  ]
}

function jsonIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}
