/** Encodes a message of a device, or an event of the hub, for readers (docs/contract/events.md#events-annotations). */

import type { TelemetryMessage } from '../../core/contract/message.ts'
import { applicationOf, propertiesOf } from '../message-mapping.ts'
import { encodeMessage } from '../codec/messages.ts'
import { long, string, timestamp } from '../codec/values.ts'
import type { Typed } from '../codec/values.ts'

/** The place of a message in a partition. */
export interface Place {
  readonly sequenceNumber: number
  readonly offset: number
  readonly enqueuedAt: number
}

export function eventBytes(message: TelemetryMessage, place: Place): Buffer {
  const { system, properties, body } = message
  const application = applicationOf(properties)
  const alsoKnown: Readonly<Record<string, string | undefined>> = {
    'iothub-creation-time-utc': system.creationTimeUtc,
    'iothub-outputname': system.outputName,
  }
  for (const [name, value] of Object.entries(alsoKnown))
    if (value !== undefined) application.set(name, string(value))
  return encodeMessage({
    annotations: annotationsOf(message, place),
    properties: propertiesOf(system),
    application,
    data: [body],
  })
}

function annotationsOf(
  message: TelemetryMessage,
  { sequenceNumber, offset, enqueuedAt }: Place,
): Map<string, Typed> {
  const { deviceId, moduleId, authMethod, authGenerationId, source, modelId, system } = message
  const origin: Readonly<Record<string, string | undefined>> = {
    'iothub-connection-device-id': deviceId,
    'iothub-connection-module-id': moduleId,
    'iothub-connection-auth-method': authMethod,
    'iothub-connection-auth-generation-id': authGenerationId,
  }
  const kind: Readonly<Record<string, string | undefined>> = {
    'iothub-message-source': source,
    'iothub-interface-id': system.interfaceId,
    'iothub-message-schema': system.messageSchema,
    'dt-dataschema': modelId,
    'dt-subject': system.componentName,
    'Diagnostic-Id': system.diagnosticId,
    'Correlation-Context': system.correlationContext,
  }
  return new Map<string, Typed>([
    ...given(origin),
    ['iothub-enqueuedtime', timestamp(enqueuedAt)],
    ...given(kind),
    ['x-opt-sequence-number', long(sequenceNumber)],
    ['x-opt-offset', string(String(offset))],
    ['x-opt-enqueued-time', timestamp(enqueuedAt)],
  ])
}

/** The texts that have a value. */
function given(texts: Readonly<Record<string, string | undefined>>): [string, Typed][] {
  return Object.entries(texts).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, string(value)] satisfies [string, Typed]],
  )
}
