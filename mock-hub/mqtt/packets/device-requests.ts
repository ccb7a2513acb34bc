/** Twin requests and method responses: a PUBLISH becomes an operation, and its outcome the answer on `$iothub/twin/res/`. */

import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { jsonText, keepFloats } from '../../base/json-floats.ts'
import { readJsonBytes } from '../../base/json-text.ts'
import { checkTwinArrays, checkTwins } from '../../core/contract/api-versions.ts'
import type { TwinDocument, TwinSection } from '../../core/contract/twins.ts'
import { HubError, toHubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { type DevicePublish, formatTwinResponse } from '../codec/topics.ts'
import type { Connection } from '../connection.ts'
import type { DeviceSession } from '../device-session.ts'
import { errorBody } from '../refusals.ts'
import type { TwinAnswer } from '../twin-answer.ts'

export type DeviceRequest = Exclude<DevicePublish, { type: 'telemetry' }>

/**
 * Performs a request, acknowledges its PUBLISH, then answers.
 * @param packetId of the PUBLISH; 0: QoS 0, which is not acknowledged.
 * @returns a promise when the core needs time.
 */
export function performRequest(
  connection: Connection,
  session: DeviceSession,
  request: DeviceRequest,
  payload: Buffer,
  packetId: number,
): undefined | Promise<void> {
  const { hub } = connection
  const { caller } = session
  const acknowledge = (): void => {
    if (packetId !== 0) connection.responder.puback(packetId)
  }
  const answer = (outcome: Omit<TwinAnswer, 'requestId'>): void => {
    // Without a subscription there is no answer (WIRE-TWIN-07).
    const { status, version } = outcome
    const granted =
      session.subscriptions.qosFor('answers', String(status)) ??
      session.subscriptions.qosOf(formatTwinResponse(status, request.requestId, version))
    if (granted === undefined && !hub.settings.twinAnswersWithoutSubscription) return
    connection.responder.twin({ requestId: request.requestId, ...outcome }, granted ?? 0)
  }
  const fail = (error: unknown): void => {
    const refused = toHubError(error)
    connection.refused(refused)
    acknowledge()
    // A method response has no answer; an unknown or late one is ignored (WIRE-METH-08).
    if (request.type === 'methodResponse') return
    answer({ status: refused.status, version: undefined, body: errorBody(refused, hub.clock.now()) })
  }
  try {
    switch (request.type) {
      case 'twinGet':
        checkTwins(caller.apiVersion)
        return whenDone(hub.perform(caller, 'twinGet', undefined), fail, (twin) => {
          acknowledge()
          answer({ status: 200, version: undefined, body: jsonText(deviceView(twin)) })
        })
      case 'twinPatch': {
        checkTwins(caller.apiVersion)
        const patch = parseJson(payload)
        checkTwinArrays(caller.apiVersion, ...(isObject(patch) ? Object.values(patch) : []))
        const input = { patch, baseVersion: baseVersion(request.baseVersion) }
        return whenDone(hub.perform(caller, 'twinPatch', input), fail, (version) => {
          acknowledge()
          answer({ status: 204, version, body: '' })
        })
      }
      case 'methodResponse': {
        const { requestId, status } = request
        const response = hub.perform(caller, 'methodResponse', { requestId, status, payload })
        return whenDone(response, fail, acknowledge)
      }
    }
  } catch (error) {
    fail(error)
    return undefined
  }
}

/** Continues at once with a value, later with a promise. */
function whenDone<T>(
  outcome: T | Promise<T>,
  fail: (error: unknown) => void,
  done: (value: T) => void,
): undefined | Promise<void> {
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

/** The twin as its device sees it: without tags and metadata (WIRE-TWIN-06). */
function deviceView(twin: TwinDocument): JsonObject {
  return { desired: withVersion(twin.desired), reported: withVersion(twin.reported) }
}

function withVersion(section: TwinSection): JsonObject {
  return keepFloats({ ...section.properties, $version: section.version }, section.properties)
}

function parseJson(payload: Buffer): Json {
  try {
    return readJsonBytes(payload)
  } catch (error) {
    const why = error instanceof RangeError ? error.message : 'not JSON'
    throw new HubError({
      kind: 'ArgumentInvalid',
      rule: 'WIRE-TWIN-12',
      expected: 'a payload of JSON in UTF-8',
      received: `${payload.length} bytes, ${why}: ${quoted(payload.toString('latin1', 0, 40))}`,
    })
  }
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
