/** A message inside the hub, for every transport and direction. */

/**
 * System properties by their names on the service side (AMQP properties and `iothub-` annotations). Over MQTT,
 * `messageId` is `$.mid`; over HTTPS it is the header `iothub-messageid`.
 */
export interface SystemProperties {
  /** ID of the message, chosen by its sender. */
  messageId?: string
  /** ID of the message that this one belongs to. */
  correlationId?: string
  /** ID of the user who produced the message. */
  userId?: string
  /** Address of the receiver. */
  to?: string
  /** MIME type of the body. */
  contentType?: string
  /** Encoding of the body, for example `utf-8`. */
  contentEncoding?: string
  /** `iothub-creation-time-utc`, as sent. */
  creationTimeUtc?: string
  /** Absolute expiry time, as sent; for cloud-to-device messages ISO 8601 with seven fraction digits. */
  expiryTimeUtc?: string
  /** `$.on`: name of the output of a module. */
  outputName?: string
  /** `$.ifid`: ID of the interface. */
  interfaceId?: string
  /** `$.sub`: plug-and-play component, `dt-subject` on the service side. */
  componentName?: string
  /** `$.schema`: name of the message schema. */
  messageSchema?: string
  /** `$.cdid`: device of the sender of a routed module message. */
  connectionDeviceId?: string
  /** `$.cmid`: module of the sender of a routed module message. */
  connectionModuleId?: string
  /** `$.diagid`: ID for distributed tracing. */
  diagnosticId?: string
  /** `$.diagctx`: context for distributed tracing. */
  correlationContext?: string
  /** `iothub-ack`: the feedback that the service requests. */
  ack?: 'none' | 'positive' | 'negative' | 'full'
  /** `iothub-operation`: the operation that caused the message. */
  operation?: string
}

/** Application properties in order of arrival; `null`: a message to a device has the name alone (WIRE-C2D-08). */
export type ApplicationProperties = Readonly<Record<string, string | null>>

/** A message with its body and properties. */
export interface Message {
  /** The body, any bytes. */
  readonly body: Buffer
  /** System properties. */
  readonly system: Readonly<SystemProperties>
  /** Application properties. */
  readonly properties: ApplicationProperties
}

/** The source of an event of the hub (WIRE-EVT-01 to WIRE-EVT-06). */
export type EventSource =
  | 'twinChangeEvents'
  | 'deviceLifecycleEvents'
  | 'deviceConnectionStateEvents'
  | 'digitalTwinChangeEvents'

/** Events that the hub can add to the device-to-cloud messages, by the names of their sources. */
export const EVENT_SOURCES = [
  'twinChangeEvents',
  'deviceLifecycleEvents',
  'deviceConnectionStateEvents',
  'digitalTwinChangeEvents',
] as const satisfies readonly EventSource[]

/** The sources of messages: devices, and the hub. */
export const MESSAGE_SOURCES = ['Telemetry', ...EVENT_SOURCES] as const

/** A device-to-cloud message as the hub stores it, with the hub's own properties (WIRE-D2C-13). */
export interface TelemetryMessage extends Message {
  /** Position in the stream of all messages of this hub, from 1. */
  readonly sequenceNumber: number
  /** Epoch ms. */
  readonly enqueuedAt: number
  /** Kind of the message: telemetry of a device, or an event of the hub. */
  readonly source: 'Telemetry' | EventSource
  /** ID of the device that it comes from. */
  readonly deviceId: string
  /** ID of the module that it comes from; undefined: the device itself. */
  readonly moduleId: string | undefined
  /** How the sender authenticated, as JSON text: scope, type, issuer, acceptingIpFilterRule; undefined: an event of the hub. */
  readonly authMethod: string | undefined
  /** Generation ID of the sender; undefined: an event of the hub. */
  readonly authGenerationId: string | undefined
  /** Model ID that the device announced, `dt-dataschema`. */
  readonly modelId: string | undefined
}
