import { LARGEST_METHOD_PAYLOAD_BYTES, type MethodCall } from '../contract/methods.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { sizeOf } from './method-payload.ts'

const LONGEST_NAME = 100
/** MQTT topics contain neither control characters nor wildcards, and the name is part of a topic. */
const NOT_IN_A_TOPIC = /[\u0000-\u001f\u007f#+]/

interface Range {
  readonly fewest: number
  readonly most: number
  readonly otherwise: number
}
const RESPONSE_TIMEOUT: Range = { fewest: 5, most: 300, otherwise: 30 }
const CONNECT_TIMEOUT: Range = { fewest: 0, most: 300, otherwise: 0 }

/** @returns the time-outs of the call in seconds. @throws HubError ArgumentInvalid. */
export function checkCall(call: MethodCall): { readonly response: number; readonly connect: number } {
  const response = secondsOf('responseTimeoutInSeconds', call, RESPONSE_TIMEOUT)
  const connect = secondsOf('connectTimeoutInSeconds', call, CONNECT_TIMEOUT)
  checkWithin(call)
  checkNameAndPayload(call)
  return { response, connect }
}

/** Who says both: the wait for the device is part of the call (WIRE-METH-25). @throws HubError ArgumentInvalid. */
function checkWithin({
  responseTimeoutInSeconds: response,
  connectTimeoutInSeconds: connect,
}: MethodCall): void {
  if (response == null || connect == null || connect <= response) return
  const time = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 19)
  throw new HubError({
    kind: 'ArgumentInvalid',
    message: `Device connection timeout ${time(connect)} cannot be longer than an overall call timeout ${time(response)}`,
    rule: 'WIRE-METH-25',
    expected: 'connectTimeoutInSeconds of at most responseTimeoutInSeconds',
    received: `${String(connect)} and ${String(response)}`,
  })
}

function secondsOf(
  field: 'responseTimeoutInSeconds' | 'connectTimeoutInSeconds',
  call: MethodCall,
  { fewest, most, otherwise }: Range,
): number {
  const seconds = call[field] ?? otherwise
  if (seconds >= fewest && seconds <= most) return seconds
  throw new HubError({
    kind: 'ArgumentInvalid',
    message: `${field} must be within [${String(fewest)}; ${String(most)}].`,
    rule: 'WIRE-METH-10',
    expected: `${field} from ${String(fewest)} to ${String(most)}`,
    received: String(seconds),
  })
}

function checkNameAndPayload({ methodName, payload }: MethodCall): void {
  if (methodName === '')
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'methodName is null or empty.',
      rule: 'WIRE-METH-11',
      expected: 'methodName to be given',
      received: 'none, or an empty one',
    })
  if (methodName.length > LONGEST_NAME)
    throw new HubError({
      kind: 'ArgumentInvalid',
      rule: 'WIRE-METH-11',
      expected: `methodName of 1 to ${String(LONGEST_NAME)} characters`,
      received: `${String(methodName.length)} characters`,
    })
  if (NOT_IN_A_TOPIC.test(methodName))
    throw new HubError({
      kind: 'ArgumentInvalid',
      rule: 'WIRE-METH-11',
      expected: 'methodName without control characters, # and +',
      received: quoted(methodName),
    })
  const bytes = sizeOf(payload)
  if (bytes > LARGEST_METHOD_PAYLOAD_BYTES)
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: `'payload' size should be less than ${String(LARGEST_METHOD_PAYLOAD_BYTES)} bytes.`,
      rule: 'WIRE-METH-12',
      expected: `payload of at most ${String(LARGEST_METHOD_PAYLOAD_BYTES)} bytes`,
      received: `${String(bytes)} bytes`,
    })
}

/** A response that is too large is ignored. @throws HubError ArgumentInvalid. */
export function checkResponse(body: Buffer): void {
  if (body.length <= LARGEST_METHOD_PAYLOAD_BYTES) return
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-METH-12',
    expected: `a method response of at most ${String(LARGEST_METHOD_PAYLOAD_BYTES)} bytes`,
    received: `${String(body.length)} bytes`,
  })
}
