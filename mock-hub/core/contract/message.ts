/** Messages, whatever the protocol. */

/**
 * System properties by their names on the service side (AMQP properties and `iothub-` annotations). The adapters map
 * them: `$.mid` over MQTT, `iothub-messageid` over HTTPS.
 */
export interface SystemProperties {
  messageId?: string
  correlationId?: string
  userId?: string
  to?: string
  contentType?: string
  contentEncoding?: string
  /** `iothub-creation-time-utc`, text as sent. */
  creationTimeUtc?: string
  /** Absolute expiry as sent; for cloud-to-device messages ISO 8601 with seven fraction digits. */
  expiryTimeUtc?: string
  /** `$.on`: name of the module output. */
  outputName?: string
  /** `$.ifid`. */
  interfaceId?: string
  /** `$.sub`: plug-and-play component; lands in `dt-subject`. */
  componentName?: string
  /** `$.schema`. */
  messageSchema?: string
  /** `$.cdid` and `$.cmid`: the sender of a routed module message. */
  connectionDeviceId?: string
  connectionModuleId?: string
  /** `$.diagid`, `$.diagctx`: distributed tracing. */
  diagnosticId?: string
  correlationContext?: string
  /** `iothub-ack`: which feedback the service asked for. */
  ack?: 'none' | 'positive' | 'negative' | 'full'
  /** `iothub-operation`. */
  operation?: string
}

/** Application properties in order of arrival; `null` = key without `=` (WIRE-D2C-05). */
export type ApplicationProperties = Readonly<Record<string, string | null>>

export interface Message {
  readonly body: Buffer
  readonly system: Readonly<SystemProperties>
  readonly properties: ApplicationProperties
}

/** A device-to-cloud message as the hub stores it, with the properties that the hub adds (WIRE-D2C-13). */
export interface TelemetryMessage extends Message {
  /** Position in the stream of all messages of this hub, from 1. */
  readonly sequenceNumber: number
  readonly enqueuedAt: number
  readonly source: 'Telemetry' | 'twinChangeEvents' | 'deviceLifecycleEvents' | 'deviceConnectionStateEvents'
  readonly deviceId: string
  readonly moduleId: string | undefined
  /** JSON text: scope, type, issuer, acceptingIpFilterRule. */
  readonly authMethod: string
  readonly authGenerationId: string
  /** `dt-dataschema`. */
  readonly modelId: string | undefined
}
