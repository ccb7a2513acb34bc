/**
 * What the rooms of the hub know of each other. The core implements these; `mqtt/`, `http/` and `control/` use them;
 * this file knows none of them. Read it and you know the hub's skeleton.
 *
 * Words: an *identity* is a device or a module; a *principal* is somebody who has proven who he is; a *link* is one
 * live connection of an identity; a *session* is the hub's record of that link; an *operation* is anything a
 * device can ask of the hub; a *channel* is anything the hub can send a device when it has subscribed to it.
 */

import type { C2dDelivery, CloudToDevice, FeedbackRecord, ServiceQueue } from './c2d-port.ts'
import type { Clock } from './clock.ts'
import type { Explanation, HubError } from './errors.ts'
import type { Identity } from './identity.ts'
import type { Logger } from './logger.ts'
import type { Message, TelemetryMessage } from './message.ts'
import type {
  DeviceCredentials,
  IdentityPrincipal,
  Permission,
  PolicyPrincipal,
  SharedAccessPolicy,
  Transport,
} from './principal.ts'
import type { Settings } from './settings.ts'
import type { Throttle } from './throttle-port.ts'

export type * from './c2d-port.ts'
export type * from './principal.ts'
export type { Logger } from './logger.ts'
export type { QuotaMeter, Throttle, ThrottledOperation } from './throttle-port.ts'

/** A JSON value; twins, method payloads and bodies are made of it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

// ---------------------------------------------------------------- who is this

export interface Authentication {
  /**
   * Proves a device or module.
   * @param host the host name the caller used; empty: not checked.
   * @throws HubError DeviceNotFound, DeviceDisabled, IotHubUnauthorizedAccess … with its explanation.
   */
  admit(identity: Identity, credentials: DeviceCredentials): IdentityPrincipal
  /**
   * Proves a back end from its `Authorization` header.
   * @param anyOf one of these rights is enough.
   * @throws HubError IotHubUnauthorizedAccess.
   */
  authorize(header: string | undefined, anyOf: readonly Permission[]): PolicyPrincipal
}

// ---------------------------------------------------------------- registry

export type SymmetricKeys = { readonly primaryKey: string | null; readonly secondaryKey: string | null }
export type Thumbprints = {
  readonly primaryThumbprint: string | null
  readonly secondaryThumbprint: string | null
}
export type AuthenticationType = 'sas' | 'selfSigned' | 'certificateAuthority' | 'none'

/** How an identity proves itself, in the shape of the service's REST body. */
export interface AuthenticationMechanism {
  readonly type: AuthenticationType
  readonly symmetricKey: SymmetricKeys
  readonly x509Thumbprint: Thumbprints
}

/** A device or module of the registry. Records are replaced, never changed in place. */
export interface IdentityRecord {
  readonly identity: Identity
  /** UTC .NET ticks at creation, as text. */
  readonly generationId: string
  /** base64 of decimal text, without quotes. */
  readonly etag: string
  readonly status: 'enabled' | 'disabled'
  readonly statusReason: string | null
  /** Epoch ms; undefined = never. */
  readonly statusUpdatedAt: number | undefined
  readonly connectionState: 'Connected' | 'Disconnected'
  readonly connectionStateUpdatedAt: number | undefined
  readonly lastActivityAt: number | undefined
  readonly authentication: AuthenticationMechanism
  readonly iotEdge: boolean
  readonly deviceScope: string | undefined
  readonly parentScopes: readonly string[]
  /** Modules only. */
  readonly managedBy: string | undefined
}

/** What a caller may say of an identity when it is made or changed; what is left out is defaulted or kept. */
export interface IdentitySpec {
  readonly status?: 'enabled' | 'disabled' | undefined
  readonly statusReason?: string | null | undefined
  readonly authentication?:
    | {
        readonly type?: AuthenticationType | undefined
        readonly symmetricKey?: Partial<SymmetricKeys> | null | undefined
        readonly x509Thumbprint?: Partial<Thumbprints> | null | undefined
      }
    | undefined
  readonly iotEdge?: boolean | undefined
  readonly deviceScope?: string | undefined
  readonly parentScopes?: readonly string[] | undefined
  readonly managedBy?: string | undefined
}

/** An `If-Match` header as received (`*`, `"*"`, `"{etag}"`, bare etag), or undefined when there was none. */
export type IfMatch = string | undefined

export interface RegistryChange {
  readonly is: 'created' | 'updated' | 'deleted'
  readonly record: IdentityRecord
  /** What it was before; undefined when created. */
  readonly before: IdentityRecord | undefined
}

export interface Registry {
  /** @throws HubError ArgumentInvalid, DeviceAlreadyExists, ModuleAlreadyExistsOnDevice, DeviceNotFound, TooManyModulesOnDevice, InvalidDeviceScope … */
  create(identity: Identity, spec?: IdentitySpec): IdentityRecord
  /** @throws HubError DeviceNotFound, ModuleNotFound, PreconditionFailed, ArgumentInvalid. */
  update(identity: Identity, spec: IdentitySpec, ifMatch: IfMatch): IdentityRecord
  /** Removes the identity with its modules, twin, queue and live links. @throws HubError as update. */
  remove(identity: Identity, ifMatch: IfMatch): void
  find(identity: Identity): IdentityRecord | undefined
  /** @throws HubError DeviceNotFound or ModuleNotFound. */
  get(identity: Identity): IdentityRecord
  /** Devices in order of creation. */
  devices(): IterableIterator<IdentityRecord>
  modulesOf(deviceId: string): readonly IdentityRecord[]
  /** Number of devices. */
  readonly size: number
  /** Told of each change, after it happened. @returns stops listening. */
  onChange(listener: (change: RegistryChange) => void): () => void
  /** Puts records as they are in the place of all there are: a snapshot's. Live links are closed. */
  restore(records: readonly IdentityRecord[]): void
  /** Root certificates that certificateAuthority devices may chain to, in PEM. */
  trustCertificateAuthority(pem: string): void
}

// ---------------------------------------------------------------- twins

/** A twin as the service sees it; see wire contract 3.3. Metadata included. */
export interface TwinDocument {
  readonly identity: Identity
  /** base64 of an 8-byte big-endian counter, bumped by service writes; without quotes. */
  readonly etag: string
  /** Counts every change. */
  readonly version: number
  readonly modelId: string
  readonly tags: JsonObject
  readonly desired: TwinSection
  readonly reported: TwinSection
}

export interface TwinSection {
  /** Without `$version` and `$metadata`. */
  readonly properties: JsonObject
  readonly version: number
  readonly metadata: JsonObject
}

/** A service's write: absent parts stay as they are. `null` for desired or tags clears it. */
export interface TwinUpdate {
  readonly tags?: JsonObject | null | undefined
  readonly desired?: JsonObject | null | undefined
}

export interface Twins {
  /** @throws HubError DeviceNotFound, ModuleNotFound. */
  get(identity: Identity): TwinDocument
  /** Merges. Notifies the device when desired was named. @throws HubError ArgumentInvalid, PreconditionFailed, … */
  patch(identity: Identity, update: TwinUpdate, ifMatch: IfMatch): TwinDocument
  /** Replaces tags and desired. */
  replace(identity: Identity, update: TwinUpdate, ifMatch: IfMatch): TwinDocument
  /**
   * A device's patch of its reported properties.
   * @param baseVersion `$version` of the request; stale: PreconditionFailed.
   * @returns the new `$version` of reported.
   */
  patchReported(identity: Identity, patch: Json, baseVersion?: number): number
  /** Puts twins as they are in the place of all there are: a snapshot's. Nobody is notified. */
  restore(documents: readonly TwinDocument[]): void
  /** Told of each change, after it happened. @returns stops listening. */
  onChange(listener: (change: TwinChange) => void): () => void
}

/** A change of a twin: what was asked for (nulls kept) and what came of it. */
export interface TwinChange {
  readonly is: 'patched' | 'replaced'
  readonly before: TwinDocument
  readonly twin: TwinDocument
  /** The sections that were named; without `$version` and `$metadata`. */
  readonly tags?: JsonObject | null | undefined
  readonly desired?: JsonObject | null | undefined
  readonly reported?: JsonObject | undefined
}

// ---------------------------------------------------------------- direct methods

export interface MethodCall {
  readonly methodName: string
  /** JSON text for the device; undefined: the caller gave no `payload` key, the device gets an empty body (field notes 8.1). */
  readonly payload: string | undefined
  /** Seconds, 5 to 300; default 30. */
  readonly responseTimeoutInSeconds?: number | undefined
  /** Seconds, 0 to 300; default 0. */
  readonly connectTimeoutInSeconds?: number | undefined
}

export interface MethodResult {
  readonly status: number
  readonly payload: Json
}

export interface Methods {
  /** @throws HubError DeviceNotFound, ModuleNotFound, DeviceNotOnline, GatewayTimeout, ArgumentInvalid, … */
  invoke(target: Identity, call: MethodCall, signal?: AbortSignal): Promise<MethodResult>
}

// ---------------------------------------------------------------- telemetry

export interface TelemetryStream {
  /** The newest messages, oldest first; bounded by `settings.telemetryRetained`. */
  readonly messages: readonly TelemetryMessage[]
  /** @returns stops listening. */
  subscribe(listener: (message: TelemetryMessage) => void): () => void
  /** Stores a message that the hub itself has to say (twin change, lifecycle, connection state) and stamps it. */
  append(message: Omit<TelemetryMessage, 'sequenceNumber' | 'enqueuedAt'>): TelemetryMessage
}

// ---------------------------------------------------------------- module inputs

export interface ModuleInputs {
  /**
   * Hands a message to an input of a module; it waits while the module is away.
   * @throws HubError ModuleNotFound, InvalidOperation for a device.
   */
  send(target: Identity, inputName: string, message: Message): void
}

// ---------------------------------------------------------------- file upload

export interface UploadTicket {
  readonly correlationId: string
  readonly hostName: string
  readonly containerName: string
  readonly blobName: string
  /** Query string with its leading `?`. */
  readonly sasToken: string
}

export interface UploadResult {
  readonly correlationId: string
  readonly isSuccess: boolean
  readonly statusCode?: number | undefined
  readonly statusDescription?: string | undefined
}

/** Where uploaded blobs live: the hub's own endpoint, Azurite, or any storage account. */
export interface BlobStorage {
  readonly hostName: string
  readonly containerName: string
  /** A SAS for one blob, read and write, as a query string with its `?`. `expiresAt` in epoch ms. */
  sign(blobName: string, expiresAt: number): string | Promise<string>
  /** Size in bytes; undefined: no such blob. */
  sizeOf(blobName: string): Promise<number | undefined>
}

export interface FileNotification {
  readonly deviceId: string
  readonly blobUri: string
  readonly blobName: string
  readonly lastUpdatedTime: string
  readonly blobSizeInBytes: number
  readonly enqueuedTimeUtc: string
}

// ---------------------------------------------------------------- links and sessions

/** What the hub can send a device that has subscribed to it. */
export type Channel = 'c2d' | 'methods' | 'desired' | 'inputs'

/** Why the hub closes a link; the journal and the log say it. */
export type CloseReason =
  | 'taken-over'
  | 'token-expired'
  | 'identity-disabled'
  | 'identity-deleted'
  | 'key-changed'
  | 'refused'
  | 'fault'
  | 'hub-stopped'

/** What the hub may do to one live connection of an identity. A room that carries devices implements it. */
export interface DeviceLink {
  /** Unique in the life of the hub. */
  readonly id: string
  readonly transport: Transport
  readonly principal: IdentityPrincipal
  /** `model-id` that the device announced. */
  readonly modelId: string | undefined
  /** Has the device subscribed to this? For methods a filter may name just one method. */
  accepts(channel: Channel, name?: string): boolean
  /** Settles later through {@link CloudToDevice.settle}. */
  deliverC2d(delivery: C2dDelivery): void
  requestMethod(requestId: string, methodName: string, payload: string | undefined): void
  /** `patch` without `$version`; nulls kept. */
  notifyDesired(patch: JsonObject, version: number): void
  deliverInput(inputName: string, message: Message): void
  close(reason: CloseReason, explanation?: Explanation): void
}

/** The hub's record of a live link; the room that owns the link tells it what happens. */
export interface Session {
  /** The device has subscribed: what waits may be sent. */
  ready(channel: Channel): void
  /** The link is gone, for whatever reason. Idempotent. */
  ended(): void
}

// ---------------------------------------------------------------- operations: the gate

/** Who asks, and over what. */
export interface Caller {
  readonly principal: IdentityPrincipal
  readonly transport: Transport
  /** Undefined for single HTTPS requests. */
  readonly linkId: string | undefined
  readonly modelId?: string | undefined
}

/** All that a device or module can ask of the hub: what goes in, and what comes out when it is not refused. */
export interface Operations {
  /** The message is stored when this returns: only then may the border acknowledge. */
  telemetry: { input: { readonly message: Message }; outcome: undefined }
  twinGet: { input: undefined; outcome: TwinDocument }
  twinPatch: { input: { readonly patch: Json; readonly baseVersion: number | undefined }; outcome: number }
  methodResponse: {
    input: { readonly requestId: string; readonly status: number; readonly payload: Json }
    outcome: undefined
  }
  c2dReceive: { input: undefined; outcome: C2dDelivery | undefined }
  c2dSettle: {
    input: { readonly lockToken: string; readonly outcome: 'complete' | 'abandon' | 'reject' }
    outcome: undefined
  }
  uploadStart: { input: { readonly blobName: string }; outcome: UploadTicket }
  uploadFinish: { input: UploadResult; outcome: undefined }
  /** A module calls a method of another identity through the gateway. */
  invokeMethod: { input: { readonly target: Identity; readonly call: MethodCall }; outcome: MethodResult }
}
export type OperationKind = keyof Operations

// ---------------------------------------------------------------- journal

/** What a client agreed to in its TLS handshake. */
export interface TlsFacts {
  /** `TLSv1.3`. */
  readonly version: string
  /** Server Name Indication; undefined: it named none. */
  readonly serverName: string | undefined
  /** An earlier session was taken up again. */
  readonly resumed: boolean
}

/** One thing that happened. The journal is the single record: logs, tail, reports, waits and verdicts read it. */
export type JournalEvent =
  | {
      readonly is: 'link-opened'
      readonly linkId: string
      readonly transport: Transport
      readonly peer: string
      /** Left out where there is no TLS. */
      readonly tls?: TlsFacts
    }
  | {
      readonly is: 'link-closed'
      readonly linkId: string
      readonly identity?: string
      readonly reason: string
    }
  /** An MQTT packet as it passed the tap. `packet` is what mqtt-packet makes of it; payloads stay Buffers. */
  | {
      readonly is: 'packet'
      readonly linkId: string
      readonly identity?: string
      readonly direction: 'in' | 'out'
      readonly cmd: string
      readonly packet: object
    }
  | {
      readonly is: 'connected'
      readonly linkId: string
      readonly identity: string
      readonly transport: Transport
    }
  | {
      readonly is: 'disconnected'
      readonly linkId: string
      readonly identity: string
      readonly reason: string
    }
  | {
      readonly is: 'operation'
      readonly identity: string
      readonly transport: Transport
      readonly linkId?: string
      readonly operation: OperationKind
      readonly input: unknown
    }
  | {
      readonly is: 'delivery'
      readonly identity: string
      readonly linkId?: string
      readonly channel: Channel
      readonly what: unknown
    }
  | {
      readonly is: 'request'
      readonly method: string
      readonly url: string
      readonly status: number
      readonly caller: string
    }
  | {
      readonly is: 'refusal'
      readonly identity?: string
      readonly linkId?: string
      readonly transport: Transport
      readonly error: string
      readonly code: number
      readonly explanation: Explanation
    }
  | { readonly is: 'registry'; readonly change: RegistryChange['is']; readonly identity: string }
  | { readonly is: 'feedback'; readonly record: FeedbackRecord }
  | {
      readonly is: 'fault'
      readonly faultId: string
      readonly name: string
      readonly phase: 'armed' | 'fired' | 'disarmed'
      readonly explain: string
    }
  | { readonly is: 'clock'; readonly action: string; readonly now: number }

export type JournalEntry = JournalEvent & {
  /** From 1, without gaps, in the life of the hub. */
  readonly seq: number
  /** The hub's clock, epoch ms. */
  readonly at: number
}

export interface Journal {
  record(event: JournalEvent): void
  /** The newest entries, oldest first; bounded by `settings.journalRetained`. */
  readonly entries: readonly JournalEntry[]
  /** Sequence number of the newest entry, 0 when there is none. */
  readonly seq: number
  /** @returns stops listening. */
  subscribe(listener: (entry: JournalEntry) => void): () => void
  /**
   * The first entry that matches: one already there (newer than `after`), or the next to come.
   * Waits without a limit of its own: give a signal.
   * @param options.after only entries with a greater `seq`; default 0, so what is already there counts.
   */
  until(
    matches: (entry: JournalEntry) => boolean,
    options?: { readonly after?: number; readonly signal?: AbortSignal },
  ): Promise<JournalEntry>
}

// ---------------------------------------------------------------- faults

/** An order to misbehave, as data, so that any process in any language can give it. */
export interface FaultDefinition {
  /** A lever of the catalogue, for example `mqtt.puback.withhold`. */
  readonly name: string
  /** Whom it strikes; default everyone. `device` may be an identity key `d1` or `d1/m1`. */
  readonly scope?: { readonly identity?: string } | undefined
  /** When: the nth match from now; default the first. */
  readonly trigger?: { readonly skip?: number } | undefined
  /** How often it strikes; default 1. `'always'`: until disarmed. */
  readonly count?: number | 'always' | undefined
  /** On the hub's clock, from the arming; default without limit. */
  readonly durationSeconds?: number | undefined
  /** What the lever needs, by its catalogue entry. */
  readonly parameters?: Readonly<Record<string, Json>> | undefined
}

export interface ArmedFault extends Required<Omit<FaultDefinition, 'durationSeconds'>> {
  readonly id: string
  /** How often it has struck. */
  readonly fired: number
  readonly spent: boolean
  /** One sentence for a person. */
  readonly explain: string
}

export interface Faults {
  /** @throws RangeError that names the field, the rule and what was given. */
  arm(definition: FaultDefinition): ArmedFault
  /** Nothing is armed: borders on a hot path ask this first. */
  readonly idle: boolean
  /**
   * A border asks at each point where a lever may strike (the lever's name without its last part, e.g. `mqtt.puback`).
   * The first armed fault that matches strikes: it counts, is journalled, and is given back.
   * @param effects only levers whose last part is one of these; left out: any.
   * @returns the fault with `effect` = the last part of its name, or undefined.
   */
  meet(
    point: string,
    identity?: string,
    effects?: readonly string[],
  ):
    | {
        readonly fault: ArmedFault
        readonly effect: string
        readonly parameters: Readonly<Record<string, Json>>
      }
    | undefined
  list(): readonly ArmedFault[]
  /** @param id left out: all. */
  disarm(id?: string): void
  /** Told when one is armed or disarmed: listeners that must act at once (`tcp.refuse`, `tcp.drop_now`). */
  onChange(listener: (fault: ArmedFault, phase: 'armed' | 'disarmed') => void): () => void
}

// ---------------------------------------------------------------- the hub

/** The core as the borders see it. */
export interface Hub {
  readonly hostName: string
  readonly settings: Settings
  readonly clock: Clock
  readonly logger: Logger
  readonly journal: Journal
  readonly faults: Faults
  readonly authentication: Authentication
  readonly policies: readonly SharedAccessPolicy[]
  readonly registry: Registry
  readonly twins: Twins
  readonly methods: Methods
  readonly c2d: CloudToDevice
  readonly telemetry: TelemetryStream
  readonly feedback: ServiceQueue<readonly FeedbackRecord[]>
  readonly fileNotifications: ServiceQueue<FileNotification>
  readonly inputs: ModuleInputs
  /**
   * Routes of IoT Edge between modules, such as
   * `FROM /messages/modules/a/outputs/x WHERE p = '1' INTO BrokeredEndpoint("/modules/b/inputs/in1")` or `… INTO $upstream`.
   * With none, all messages of modules go to the cloud. Setting throws RangeError for one that cannot be read.
   */
  routes: readonly string[]
  /** `createThrottle(clock, settings)`; the gate, sessions and the routes of the service take from it. */
  readonly throttle: Throttle
  /** Where uploads go from now on: a border that serves blobs knows its port only when it listens. */
  attachBlobStorage(storage: BlobStorage): void
  /** A link is up and admitted: an older one of the same identity is closed, its token's expiry is watched. */
  openSession(link: DeviceLink): Session
  /** The one gate for what devices ask: journal, fault rules, then the handler. @throws HubError (synchronously or by rejection). */
  perform<K extends OperationKind>(
    caller: Caller,
    operation: K,
    input: Operations[K]['input'],
  ): Operations[K]['outcome'] | Promise<Operations[K]['outcome']>
  /** Journals and logs a refusal, and keeps it for `lastRefusals`. Borders call it for each refusal they see. */
  refuse(
    error: HubError,
    where: { readonly identity?: string; readonly linkId?: string; readonly transport: Transport },
  ): void
  /** The newest refusals, newest first (at most 100). */
  readonly lastRefusals: readonly Extract<JournalEntry, { is: 'refusal' }>[]
  stop(): void
}
