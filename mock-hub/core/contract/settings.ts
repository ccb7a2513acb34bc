/**
 * Settings: what differs between hubs, and points that the evidence leaves open (docs/contract/reference/open-points.md).
 * One table of defaults; every leniency is a named setting, off by default.
 */

/** A tier of the service; the basic tiers (B1 to B3) lack some operations (WIRE-ERR-08). */
export type Tier = 'F1' | 'B1' | 'B2' | 'B3' | 'S1' | 'S2' | 'S3'

/** All settings of a hub, see `docs/settings.md`. */
export interface Settings {
  /** Host name of the hub in connection strings. */
  readonly hostName: string
  /** Further host names of the hub. */
  readonly aliases: readonly string[]
  /** A token is refused so many seconds after its expiry (WIRE-AUTH-11, WIRE-AUTH-12). */
  readonly clockSkewSeconds: number
  /** A live link is closed so many seconds after its token's expiry: 300 and 600 are both documented (WIRE-AUTH-13). */
  readonly tokenGraceSeconds: number
  /** Upper limit of 1.5 × keep-alive, in seconds (WIRE-SESS-08). Default: 1767. */
  readonly keepAliveCapSeconds: number
  /** Time after which a connection without CONNECT is closed, in seconds (WIRE-CONN-26). Default: 60. */
  readonly connectTimeoutSeconds: number
  /** The sixth distinct subscription closes the link (true), or the hub only logs it (WIRE-SESS-16). */
  readonly closeOnSixthSubscription: boolean
  /** Whether a clean session purges the cloud-to-device queue (WIRE-SESS-05). Default: false. */
  readonly cleanSessionPurgesC2d: boolean
  /** Whether a regenerated key closes the connection that used it (WIRE-CONN-32). Default: false. */
  readonly dropLinkOnKeyChange: boolean
  /** Lock time-outs count as deliveries. */
  readonly lockTimeoutsCount: boolean
  /** `sr={host}/{deviceId}` without `devices/` is accepted. */
  readonly shortScopeAccepted: boolean
  /** Twin responses reach devices that have not subscribed to `$iothub/twin/res/#`. */
  readonly twinAnswersWithoutSubscription: boolean
  /** Queries and targets may say more than the service is known to read: `IN ('a')`, `COUNT(*)` (WIRE-QRY-11). Strict: false. */
  readonly wideQueryLanguage: boolean
  /** Queries show the twins as they were so many seconds ago, on the hub's clock (WIRE-QRY-20). */
  readonly queryLagSeconds: number
  /** Refusals on twin routes have JSON in `Message`, as those of methods have. */
  readonly jsonTwinErrors: boolean
  /** A module may authenticate with a key of its device. */
  readonly moduleMayUseDeviceKey: boolean
  /** Maximum size of a device-to-cloud message, in bytes (WIRE-SESS-23). Default: 262144. */
  readonly maxTelemetryBytes: number
  /** Maximum size of a cloud-to-device message, in bytes (WIRE-C2D-16). Default: 65536. */
  readonly maxC2dBytes: number
  /** Cloud-to-device messages waiting for one device. */
  readonly c2dQueueDepth: number
  /** Time to live of a cloud-to-device message without an expiry time, in seconds. Default: 3600. */
  readonly c2dTtlSeconds: number
  /** Lock of a cloud-to-device message, seconds. */
  readonly c2dLockSeconds: number
  /** Deliveries of a cloud-to-device message before it is dead-lettered, 1 to 100. */
  readonly c2dMaxDeliveryCount: number
  /** Maximum number of QoS 1 messages to a client that wait for its PUBACK (WIRE-SESS-18). Default: 16. */
  readonly maxUnacknowledged: number
  /** Maximum number of modules of a device. Default: 50. */
  readonly modulesPerDevice: number
  /** Maximum number of devices. Default: 1000000. */
  readonly maxDevices: number
  /** Maximum number of simultaneous uploads of a device (WIRE-FILE-09). Default: 10. */
  readonly maxActiveUploads: number
  /** Lifetime of an upload SAS, seconds. */
  readonly uploadSasSeconds: number
  /** The hub sends upload notifications to back ends. */
  readonly fileNotifications: boolean
  /** Method calls in flight per device; more get 403800. */
  readonly maxMethodsInFlight: number
  /** Which events of the hub itself go to the event stream beside telemetry. */
  readonly eventSources: readonly (
    'twinChangeEvents' | 'deviceLifecycleEvents' | 'deviceConnectionStateEvents'
  )[]
  /** Journal entries kept. */
  readonly journalRetained: number
  /** Telemetry messages kept. */
  readonly telemetryRetained: number
  /** Seed of keys, tokens and ids. */
  readonly seed: number
  /** Service tier whose throttles, quotas and missing operations apply; undefined: no limits. */
  readonly tier: Tier | undefined
}

/** The default settings. */
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
  jsonTwinErrors: false,
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

/** The settings that `--lenient` changes. The hub logs each, reports show it. */
export const LENIENCIES: Partial<Settings> = Object.freeze({
  closeOnSixthSubscription: false,
  shortScopeAccepted: true,
  twinAnswersWithoutSubscription: true,
  wideQueryLanguage: true,
})
