/** Twin requests and method responses: a PUBLISH becomes an operation, and its outcome the answer on `$iothub/twin/res/`. */

import type { Json, JsonObject } from '../base/json.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Caller } from '../core/contract/operations.ts'
import type { TwinDocument, TwinSection } from '../core/contract/twins.ts'
import { HubError, toHubError } from '../core/errors/hub-error.ts'
import { quoted } from '../core/errors/quoted.ts'
import { readJson } from '../base/json-text.ts'
import { LARGEST_METHOD_PAYLOAD_BYTES } from '../core/contract/methods.ts'
import { errorBody } from './refusals.ts'
import type { DevicePublish } from './codec/topics.ts'

/** The answer to a twin request. */
export interface TwinAnswer {
  readonly requestId: string
  readonly status: number
  /** New `$version` of reported, after a patch. */
  readonly version: number | undefined
  readonly body: string
}

export interface RequestPort {
  readonly hub: Hub
  readonly caller: Caller
  answer(answer: TwinAnswer): void
  refused(error: HubError): void
}

export type DeviceRequest = Exclude<DevicePublish, { type: 'telemetry' }>

/**
 * @param acknowledge called when it has been handled, before its answer leaves.
 * @returns a promise when the core needs time; the link handles nothing else until then.
 */
export function performRequest(
  port: RequestPort,
  request: DeviceRequest,
  payload: Buffer,
  acknowledge: () => void,
): undefined | Promise<undefined> {
  const { hub, caller } = port
  const fail = (error: unknown): void => {
    const refused = toHubError(error)
    port.refused(refused)
    acknowledge()
    // A method response has no answer; an unknown or late one is ignored (WIRE-METH-08).
    if (request.type === 'methodResponse') return
    const body = errorBody(refused, hub.clock.now())
    port.answer({ requestId: request.requestId, status: refused.status, version: undefined, body })
  }
  try {
    switch (request.type) {
      case 'twinGet':
        return then(hub.perform(caller, 'twinGet', undefined), fail, (twin) => {
          acknowledge()
          const body = JSON.stringify(deviceView(twin))
          port.answer({ requestId: request.requestId, status: 200, version: undefined, body })
        })
      case 'twinPatch': {
        const input = { patch: parseJson(payload), baseVersion: baseVersion(request.baseVersion) }
        return then(hub.perform(caller, 'twinPatch', input), fail, (version) => {
          acknowledge()
          port.answer({ requestId: request.requestId, status: 204, version, body: '' })
        })
      }
      case 'methodResponse': {
        const { requestId, status } = request
        checkResponse(payload)
        const input = { requestId, status, payload: payload.length === 0 ? null : parseJson(payload) }
        return then(hub.perform(caller, 'methodResponse', input), fail, acknowledge)
      }
    }
  } catch (error) {
    fail(error)
    return undefined
  }
}

/** Goes on at once with a value, later with a promise. */
function then<T>(
  outcome: T | Promise<T>,
  fail: (error: unknown) => void,
  done: (value: T) => void,
): undefined | Promise<undefined> {
  if (!(outcome instanceof Promise)) {
    done(outcome)
    return undefined
  }
  return outcome.then(
    (value) => {
      done(value)
      return undefined
    },
    (error: unknown) => {
      fail(error)
      return undefined
    },
  )
}

/** What a device sees of its twin: no tags, no metadata (WIRE-TWIN-06). */
function deviceView(twin: TwinDocument): JsonObject {
  return { desired: withVersion(twin.desired), reported: withVersion(twin.reported) }
}

function withVersion(section: TwinSection): JsonObject {
  return { ...section.properties, $version: section.version }
}

function parseJson(payload: Buffer): Json {
  try {
    return readJson(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch (error) {
    const why = error instanceof RangeError ? error.message : 'that are none'
    throw new HubError({
      kind: 'ArgumentInvalid',
      rule: 'WIRE-TWIN-12',
      expected: 'a payload of JSON in UTF-8',
      received: `${payload.length} bytes, ${why}: ${quoted(payload.toString('latin1', 0, 40))}`,
    })
  }
}

/** 128 KB each way (wire contract 4.1); a larger answer is no answer. */
function checkResponse(payload: Buffer): void {
  if (payload.length <= LARGEST_METHOD_PAYLOAD_BYTES) return
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-METH-12',
    expected: `a method response of at most ${LARGEST_METHOD_PAYLOAD_BYTES} bytes`,
    received: `${payload.length} bytes`,
  })
}

function baseVersion(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-TWIN-11',
    expected: '$version in the topic to be a whole number',
    received: quoted(text),
  })
}

/** What a lever `twin.response.*` makes of an answer; undefined: nothing it knows. */
export function changedTwinAnswer(
  answer: TwinAnswer,
  effect: string,
  parameters: Readonly<Record<string, Json>>,
  now: number,
): TwinAnswer | undefined {
  const { status, body, requestId } = parameters
  switch (effect) {
    case 'status': {
      const code = typeof status === 'number' ? status : 500
      const error = {
        errorCode: code * 1000,
        message: 'Ordered by a fault.',
        timestampUtc: new Date(now).toISOString(),
      }
      return { ...answer, status: code, version: undefined, body: JSON.stringify(error) }
    }
    case 'body':
      return { ...answer, body: typeof body === 'string' ? body : JSON.stringify(body) }
    case 'unknown_rid':
      return {
        ...answer,
        requestId: typeof requestId === 'string' ? requestId : `${answer.requestId}-unknown`,
      }
    default:
      return undefined
  }
}
