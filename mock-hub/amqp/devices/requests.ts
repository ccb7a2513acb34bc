/** Twin requests and method responses of devices (docs/contract/amqp.md#amqp-device-nodes). */

import type { Json, JsonObject } from '../../base/json.ts'
import { jsonText, keepFloats } from '../../base/json-floats.ts'
import { checkTwinArrays } from '../../core/contract/api-versions.ts'
import type { OperationKind, Operations } from '../../core/contract/operations.ts'
import type { TwinDocument, TwinSection } from '../../core/contract/twins.ts'
import { readJsonBytes } from '../../base/json-text.ts'
import { hubErrorOf } from '../refusals.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import type { ConnectionContext } from '../connection-context.ts'
import type { Incoming } from '../endpoint/links.ts'
import { bodyOf, decodeMessage, idText } from '../codec/messages.ts'
import { int, long, numberOf, textOf } from '../codec/values.ts'
import type { Typed } from '../codec/values.ts'
import { DESIRED } from './device.ts'
import type { Device } from './device.ts'

/** A device answers a method. A late answer is accepted as well (WIRE-METH-08). @throws HubError. */
export function answerMethod(context: ConnectionContext, device: Device, incoming: Incoming): void {
  const message = decodeMessage(incoming.payload)
  const status = numberOf(message.application?.get('IoThub-status'))
  const id = idText(message.properties?.correlationId)
  if (status === undefined || id === undefined)
    throw new HubError({
      kind: 'ArgumentInvalid',
      rule: 'WIRE-METH-05',
      expected: 'a correlation id and the application property IoThub-status, a number',
      received: `correlation id ${quoted(id ?? '')} and status ${String(status)}`,
    })
  const input = { requestId: device.requestOf(id), status, payload: bodyOf(message) }
  perform(context, device, 'methodResponse', input, {
    done: () => {
      incoming.settle({ type: 'accepted' })
    },
    failed: (error) => {
      device.reject(incoming, error)
    },
  })
}

/** A device reads or changes its twin. Each request is accepted, and answered on the other link of the device. */
export function askTwin(context: ConnectionContext, device: Device, incoming: Incoming): void {
  const { annotations, properties, ...rest } = decodeMessage(incoming.payload)
  const correlationId = properties?.correlationId ?? properties?.messageId
  incoming.settle({ type: 'accepted' })
  const answer = (status: number, text = '', version?: number): void => {
    const fields = new Map<string, Typed>([['status', int(status)]])
    if (version !== undefined) fields.set('version', long(version))
    device.send('twin', 'twin.response', {
      annotations: fields,
      properties: correlationId === undefined ? undefined : { correlationId },
      data: [Buffer.from(text)],
    })
  }
  const failed = (error: unknown): void => {
    const refused = hubErrorOf(error)
    device.refused(refused)
    answer(refused.status, JSON.stringify({ errorCode: refused.code, message: refused.message }))
  }
  const operation = textOf(annotations?.get('operation')) ?? ''
  const resource = textOf(annotations?.get('resource')) ?? ''
  try {
    switch (`${operation.toUpperCase()} ${resource}`) {
      case 'GET ':
      case 'GET /':
        perform(context, device, 'twinGet', undefined, {
          done: (twin) => {
            answer(200, jsonText(deviceView(twin)))
          },
          failed,
        })
        return
      case 'PATCH /properties/reported': {
        const baseVersion = numberOf(annotations?.get('version'))
        const patch = jsonOf(bodyOf(rest))
        if (device.apiVersion !== undefined) checkTwinArrays(device.apiVersion, patch)
        perform(
          context,
          device,
          'twinPatch',
          { patch, baseVersion },
          {
            done: (version) => {
              answer(200, '', version)
            },
            failed,
          },
        )
        return
      }
      case `PUT ${DESIRED}`:
      case `DELETE ${DESIRED}`:
        answer(200)
        device.desiredWanted(operation.toUpperCase() === 'PUT')
        return
    }
    throw new HubError({
      kind: 'ArgumentInvalid',
      rule: 'WIRE-TWIN-06',
      expected: `annotations operation and resource: GET; PATCH /properties/reported; PUT or DELETE ${DESIRED}`,
      received: quoted(`${operation} ${resource}`),
    })
  } catch (error) {
    failed(error)
  }
}

interface Reactions<T> {
  readonly done: (outcome: T) => void
  readonly failed: (error: unknown) => void
}

/** Calls `done` at once for a value, later for a promise. */
function perform<K extends OperationKind>(
  { hub }: ConnectionContext,
  { caller }: Device,
  operation: K,
  input: Operations[K]['input'],
  { done, failed }: Reactions<Operations[K]['outcome']>,
): void {
  try {
    const outcome = hub.perform(caller, operation, input)
    if (outcome instanceof Promise) outcome.then(done, failed)
    else done(outcome)
  } catch (error) {
    failed(error)
  }
}

/** The twin as a device sees it, without tags and metadata (WIRE-TWIN-06). */
function deviceView(twin: TwinDocument): JsonObject {
  return { desired: withVersion(twin.desired), reported: withVersion(twin.reported) }
}

function withVersion(section: TwinSection): JsonObject {
  return keepFloats({ ...section.properties, $version: section.version }, section.properties)
}

function jsonOf(body: Buffer): Json {
  try {
    return readJsonBytes(body)
  } catch (error) {
    throw new HubError({
      kind: 'ArgumentInvalid',
      rule: 'WIRE-TWIN-12',
      expected: 'a body of JSON in UTF-8',
      received: `${body.length} bytes, ${error instanceof RangeError ? error.message : 'that are none'}: ${quoted(body.toString('latin1', 0, 40))}`,
    })
  }
}
