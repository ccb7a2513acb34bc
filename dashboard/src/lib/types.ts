/** What the control API sends, as far as the page reads it; `GET /openapi.json` and docs/control.md describe it. */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

/** Text, or bytes that are not text. */
export type Bytes = string | { readonly base64: string }

export interface Explanation {
  readonly rule: string
  readonly expected: string
  readonly received: string
  readonly source: string
}

export interface About {
  readonly hostName: string
  readonly address: string
  readonly mqttPort: number
  readonly httpsPort: number
  readonly amqpPort?: number
  readonly caPath?: string
  readonly state?: string
  readonly serviceConnectionString?: string
  readonly eventHubConnectionString?: string
  readonly provisioning?: { readonly idScope: string; readonly endpoint: string }
  readonly env: Readonly<Record<string, string>>
}

export interface ClockState {
  readonly now: string
  readonly epochMs: number
  readonly frozen?: boolean
  readonly offsetSeconds?: number
}

export interface Status {
  readonly clock: ClockState
  readonly devices: {
    readonly total: number
    readonly connected: number
    readonly disabled: number
    readonly modules: number
  }
  readonly totals: {
    readonly operations: Readonly<Record<string, number>>
    readonly deliveries: number
    readonly connects: number
    readonly refusals: number
    readonly faultsFired: number
    readonly requests: number
  }
  /** Another id: the hub was restarted, and counts its entries from 1 again. */
  readonly journal: { readonly id: string; readonly seq: number }
  readonly meter: { readonly used: number; readonly limit: number | null; readonly tier: string | null }
  readonly faults: { readonly armed: number }
}

export interface IdentityDocument {
  readonly deviceId: string
  readonly moduleId?: string
  readonly connectionString?: string
  readonly status: 'enabled' | 'disabled'
  readonly statusReason: string | null
  readonly connectionState: 'Connected' | 'Disconnected'
  readonly link?: { readonly linkId: string; readonly transport: string } | null
  readonly lastActivityTime: string | null
  readonly authentication: {
    readonly type: string
    readonly symmetricKey?: { readonly primaryKey: string | null; readonly secondaryKey: string | null }
  }
  readonly iotEdge?: boolean
  readonly modules?: readonly string[]
  readonly cloudToDeviceMessageCount?: number
}

/** An individual enrollment or a group. */
export interface EnrollmentDocument {
  readonly registrationId?: string
  readonly enrollmentGroupId?: string
  readonly deviceId?: string
  readonly provisioningStatus: 'enabled' | 'disabled'
  readonly attestation: { readonly type: string; readonly symmetricKey?: { readonly primaryKey: string } }
  readonly allocationPolicy?: string
  readonly iotHubs?: readonly string[]
  readonly initialTwin?: JsonObject
  readonly createdDateTimeUtc: string
  readonly lastUpdatedDateTimeUtc: string
}

export interface RegistrationDocument {
  readonly registrationId: string
  readonly status: string
  readonly substatus?: string
  readonly assignedHub?: string
  readonly deviceId?: string
  readonly errorCode?: number
  readonly errorMessage?: string
  readonly createdDateTimeUtc: string
  readonly lastUpdatedDateTimeUtc: string
}

export interface LinkedHub {
  readonly hostName: string
  readonly allocationWeight: number
}

export interface UploadedCertificate {
  readonly name: string
  readonly subject: string
  readonly verified: boolean
}

export interface TwinDocument {
  readonly etag: string
  readonly version: number
  readonly tags: JsonObject
  readonly properties: { readonly desired: JsonObject; readonly reported: JsonObject }
}

export interface Entry {
  readonly seq: number
  readonly time: string
  readonly type: string
  readonly identity?: string | null
  readonly linkId?: string | null
  readonly [field: string]: unknown
}

export interface LiveLink {
  readonly linkId: string
  readonly identity: string
  readonly transport: string
  readonly connectedTime: string
}

export interface WaitingMessage {
  readonly sequenceNumber: number
  readonly enqueuedTime: string
  readonly expiryTime: string
  readonly deliveries: number
  readonly system: Readonly<Record<string, string>>
  readonly properties: Readonly<Record<string, string | null>>
  readonly body: Bytes
}

export interface FaultParameter {
  readonly type: 'integer' | 'number' | 'string' | 'boolean' | 'json'
  readonly description: string
  readonly required?: true
  readonly default?: Json
  readonly minimum?: number
  readonly maximum?: number
  readonly oneOf?: readonly string[]
}

export interface FaultType {
  readonly name: string
  readonly explain: string
  readonly scope: 'identity' | 'everyone'
  readonly trigger: string
  readonly parameters: Readonly<Record<string, FaultParameter>>
}

export interface FaultDefinition {
  readonly name: string
  readonly scope?: { readonly identity?: string }
  readonly trigger?: { readonly skip?: number }
  readonly count?: number | 'always'
  readonly durationSeconds?: number
  readonly parameters?: Readonly<Record<string, Json>>
}

export interface ArmedFault extends FaultDefinition {
  readonly id: string
  readonly fired: number
  readonly spent: boolean
  readonly explain: string
}

export interface DueItem {
  readonly at: string
  readonly inSeconds: number
  readonly kind: string
  readonly identity: string | null
}

export interface Refusal {
  readonly seq: number
  readonly time: string
  readonly sentence: string
  readonly error: string
  readonly code: number
  readonly identity?: string
  readonly linkId?: string
  readonly transport: string
  readonly explanation: Explanation
}
