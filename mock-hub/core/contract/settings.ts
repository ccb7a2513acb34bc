/**
 * How this hub behaves where hubs may differ: the uncertain points of the contract (wire contract section 12) and the
 * quotas that a service has by tier. One table of defaults; every leniency is a named setting, off by default.
 */

/** A unit of the service as it is sold; the basic ones take telemetry and uploads and little else (WIRE-ERR-08). */
export type Tier = 'F1' | 'B1' | 'B2' | 'B3' | 'S1' | 'S2' | 'S3'

export interface Settings {
  /** Host name of the hub as in connection strings. */
  readonly hostName: string
  /** Further names the server answers to. */
  readonly aliases: readonly string[]
  /** Tolerated clock skew when a token is checked, in seconds. CSharp SDK, MaxClockSkewTimeSpan. */
  readonly clockSkewSeconds: number
  /** A live link is cut so many seconds after its token's expiry. Section 12, 8b: 300 to 600. */
  readonly tokenGraceSeconds: number
  /** Server-side cap of 1.5 × keep-alive, in seconds (WIRE-SESS-08). */
  readonly keepAliveCapSeconds: number
  /** A socket that sends no CONNECT is closed after so many seconds (WIRE-CONN-26). */
  readonly connectTimeoutSeconds: number
  /** The sixth distinct subscription closes the link (true) or is only warned of (WIRE-SESS-16). Strict: true. */
  readonly closeOnSixthSubscription: boolean
  /** A clean session empties the cloud-to-device queue (WIRE-SESS-05). */
  readonly cleanSessionPurgesC2d: boolean
  /** A regenerated key drops the live link that used it (WIRE-CONN-32). */
  readonly dropLinkOnKeyChange: boolean
  /** Lock time-outs count as deliveries (section 12, 7). */
  readonly lockTimeoutsCount: boolean
  /** `sr={host}/{deviceId}` without `devices/` is accepted (section 12, 9). Strict: false. */
  readonly shortScopeAccepted: boolean
  /** Twin answers reach devices that never subscribed to `$iothub/twin/res/#` (api contract, divergence D-19). Strict: false. */
  readonly twinAnswersWithoutSubscription: boolean
  /** Queries and targets may say more than the service is known to read: `IN ('a')`, `COUNT(*)` (WIRE-QRY-11). Strict: false. */
  readonly wideQueryLanguage: boolean
  /** Queries show the twins as they were so many seconds ago, on the hub's clock (WIRE-QRY-20). */
  readonly queryLagSeconds: number
  /** A module may use its parent device's key (field notes 8.20). */
  readonly moduleMayUseDeviceKey: boolean
  /** Largest device-to-cloud message in bytes (WIRE-SESS-23). */
  readonly maxTelemetryBytes: number
  /** Largest cloud-to-device message in bytes (WIRE-C2D-16). */
  readonly maxC2dBytes: number
  readonly c2dQueueDepth: number
  /** Default time to live of a cloud-to-device message, seconds, 60 to 172800. */
  readonly c2dTtlSeconds: number
  readonly c2dLockSeconds: number
  /** 1 to 100. */
  readonly c2dMaxDeliveryCount: number
  /** Unacknowledged QoS 1 messages to one client (WIRE-SESS-18). */
  readonly maxUnacknowledged: number
  readonly modulesPerDevice: number
  readonly maxDevices: number
  /** Open uploads per device (WIRE-FILE-09). */
  readonly maxActiveUploads: number
  /** Life of an upload SAS, seconds. */
  readonly uploadSasSeconds: number
  readonly fileNotifications: boolean
  /** Methods in flight per device before 403800. */
  readonly maxMethodsInFlight: number
  /** Twin change, lifecycle and connection-state events go to the event stream beside telemetry. */
  readonly eventSources: readonly (
    'twinChangeEvents' | 'deviceLifecycleEvents' | 'deviceConnectionStateEvents'
  )[]
  /** Journal entries and telemetry messages kept. */
  readonly journalRetained: number
  readonly telemetryRetained: number
  /** Seed of everything random in the hub. */
  readonly seed: number
  /** Service tier whose throttles and quotas apply, and what a basic one (B1 to B3) lacks; undefined: none. */
  readonly tier: Tier | undefined
}

export const STRICT: Settings = Object.freeze({
  hostName: 'localhost',
  aliases: [],
  clockSkewSeconds: 300,
  tokenGraceSeconds: 600,
  keepAliveCapSeconds: 1767,
  connectTimeoutSeconds: 60,
  closeOnSixthSubscription: true,
  cleanSessionPurgesC2d: false,
  dropLinkOnKeyChange: false,
  lockTimeoutsCount: true,
  shortScopeAccepted: false,
  twinAnswersWithoutSubscription: false,
  wideQueryLanguage: false,
  queryLagSeconds: 0,
  moduleMayUseDeviceKey: true,
  maxTelemetryBytes: 262_144,
  maxC2dBytes: 65_536,
  c2dQueueDepth: 50,
  c2dTtlSeconds: 3_600,
  c2dLockSeconds: 60,
  c2dMaxDeliveryCount: 10,
  maxUnacknowledged: 16,
  modulesPerDevice: 50,
  maxDevices: 1_000_000,
  maxActiveUploads: 10,
  uploadSasSeconds: 3_600,
  fileNotifications: true,
  maxMethodsInFlight: 100,
  eventSources: [],
  journalRetained: 10_000,
  telemetryRetained: 10_000,
  seed: 1,
  tier: undefined,
})

/** What `--lenient` changes, and nothing else. Each is logged and shown in reports. */
export const LENIENCIES: Partial<Settings> = Object.freeze({
  closeOnSixthSubscription: false,
  shortScopeAccepted: true,
  twinAnswersWithoutSubscription: true,
  wideQueryLanguage: true,
})
