/**
 * Settings: how this hub behaves where hubs may differ (docs/settings.md). The strict defaults refuse what the real hub
 * refuses; each leniency is a setting of its own, off by default.
 */

import type { EventSource } from './message.ts'

/** Tier of the service; basic tiers (B1 to B3) lack cloud-to-device messages, twins, methods and jobs (WIRE-ERR-08). */
export type Tier = 'F1' | 'B1' | 'B2' | 'B3' | 'S1' | 'S2' | 'S3'

/** All settings of a hub, see `docs/settings.md`. */
export interface Settings {
  /** Host name of the hub in connection strings. Default: `localhost`. */
  readonly hostName: string
  /** Further names that the server accepts. Default: none. */
  readonly aliases: readonly string[]
  /** Accepted clock skew, in the check of a token and of the expiry of a cloud-to-device message, in seconds. Default: 300. */
  readonly clockSkewSeconds: number
  /** Time between the expiry of a token and the end of its connection, in seconds; 300 to 600 on real hubs. Default: 600. */
  readonly tokenGraceSeconds: number
  /** Upper limit of 1.5 × keep-alive, in seconds (WIRE-SESS-08). Default: 1767. */
  readonly keepAliveCapSeconds: number
  /** Time after which a connection without CONNECT is closed, in seconds (WIRE-CONN-26). Default: 60. */
  readonly connectTimeoutSeconds: number
  /**
   * Time that a client of an HTTP port may take to send the head of its first request, the next bytes of a body, or to read
   * an answer, in seconds. Default: 120.
   */
  readonly httpTimeoutSeconds: number
  /** Maximum number of bytes that wait for a client that does not read or acknowledge them; then it is closed. Default: 16777216. */
  readonly maxUnreadBytes: number
  /** Whether the sixth distinct subscription closes the connection or is only logged (WIRE-SESS-16). Default: true. */
  readonly closeOnSixthSubscription: boolean
  /** Whether a clean session purges the cloud-to-device queue (WIRE-SESS-05). Default: false. */
  readonly cleanSessionPurgesC2d: boolean
  /**
   * Whether a device over MQTT receives messages that were sent before it subscribed; else they are rejected when it
   * subscribes (WIRE-SESS-06). Default: false.
   */
  readonly c2dBeforeSubscription: boolean
  /** Whether a regenerated key closes the connection that used it (WIRE-CONN-32). Default: false. */
  readonly dropLinkOnKeyChange: boolean
  /** Whether an expired lock counts towards the maximum delivery count, as an abandon does. Default: false. */
  readonly lockTimeoutsCount: boolean
  /** Whether a message that comes again over AMQP says how often it was delivered (open-delivery-count). Default: false, it says 0. */
  readonly deliveryCountOverAmqp: boolean
  /** Whether the token scope `sr={host}/{deviceId}`, without `devices/`, is accepted. Default: false. */
  readonly shortScopeAccepted: boolean
  /** Whether every date is an api-version, or only those that the service is known to have (WIRE-ERR-04). Default: false. */
  readonly anyApiVersion: boolean
  /** Whether twin responses reach devices without a subscription to `$iothub/twin/res/#`. Default: false. */
  readonly twinAnswersWithoutSubscription: boolean
  /** Whether a device may subscribe to `$iothub/#` (open). Default: false, the subscription closes the connection. */
  readonly subscribeToAllOfIothub: boolean
  /** Whether a will on a topic of somebody else refuses CONNECT, or is dropped when the connection is lost (open-4). Default: false. */
  readonly foreignWillRefusesConnect: boolean
  /** Whether a PUBLISH with QoS 2 is handled as one with QoS 1, or closes the connection (open-qos2). Default: false. */
  readonly qos2Acknowledged: boolean
  /** Whether queries accept more than the service is known to accept, for example `IN ('a')` (WIRE-QRY-11). Default: false. */
  readonly wideQueryLanguage: boolean
  /** Age of the twins that queries show, in seconds on the hub's clock (WIRE-QRY-20). Default: 0. */
  readonly queryLagSeconds: number
  /** Whether refusals on twin routes have JSON in `Message`, as those of methods have. Default: false. */
  readonly jsonTwinErrors: boolean
  /**
   * Whether the path in the `sr` of a policy's token limits what the token may do over HTTPS, as it does over AMQP
   * (open-policy-path). Default: false.
   */
  readonly policyTokensLimitedByPath: boolean
  /** Whether a module may authenticate with the key of its device. Default: true. */
  readonly moduleMayUseDeviceKey: boolean
  /**
   * Whether the certificate of a `certificateAuthority` identity may have an extended key usage without client
   * authentication (WIRE-AUTH-25). Default: false.
   */
  readonly anyCertificateUsage: boolean
  /** Maximum size of a device-to-cloud message, in bytes (WIRE-SESS-23). Default: 262144. */
  readonly maxTelemetryBytes: number
  /** Maximum size of a cloud-to-device message, in bytes (WIRE-C2D-16). Default: 65536. */
  readonly maxC2dBytes: number
  /** Maximum number of cloud-to-device messages that wait for a device. Default: 50. */
  readonly c2dQueueDepth: number
  /** Time to live of a cloud-to-device message without an expiry time, in seconds. Default: 3600. */
  readonly c2dTtlSeconds: number
  /** Duration of the lock of a cloud-to-device message, in seconds. Default: 60. */
  readonly c2dLockSeconds: number
  /** Maximum number of deliveries of a cloud-to-device message. Default: 10. */
  readonly c2dMaxDeliveryCount: number
  /** Maximum number of QoS 1 messages to a client that wait for its PUBACK (WIRE-SESS-18). Default: 16. */
  readonly maxUnacknowledged: number
  /** Maximum number of modules of a device. Default: 50. */
  readonly modulesPerDevice: number
  /** Maximum number of devices. Default: 1000000. */
  readonly maxDevices: number
  /** Maximum number of simultaneous uploads of a device (WIRE-FILE-09). Default: 10. */
  readonly maxActiveUploads: number
  /** Life of the SAS of an upload, in seconds. Default: 3600. */
  readonly uploadSasSeconds: number
  /** Whether the hub sends notifications of finished uploads. Default: true. */
  readonly fileNotifications: boolean
  /** Maximum number of method calls that wait for a device; the next one is refused with 403800. Default: 100. */
  readonly maxMethodsInFlight: number
  /** Events that the hub adds to the device-to-cloud messages. Default: none. */
  readonly eventSources: readonly EventSource[]
  /** Period of the snapshots behind connection-state events, in seconds; 0: an event for each change (WIRE-EVT-04). Default: 60. */
  readonly connectionEventSeconds: number
  /**
   * Whether the provisioning service judges the credential of a device at CONNECT (CONNACK 5), or at the registration
   * (DPS-AUTH-10). Default: false.
   */
  readonly dpsJudgesAtConnect: boolean
  /** Whether the chain of an X.509 group must reach a verified certificate (DPS-AUTH-15). Default: true. */
  readonly dpsRequiresVerifiedCa: boolean
  /** `retry-after` of the provisioning service, in seconds (DPS-REG-03). Default: 3. */
  readonly dpsRetryAfterSeconds: number
  /** Whether the provisioning service throttles registrations, polls and operations (DPS-LIM-01). Default: false. */
  readonly dpsThrottles: boolean
  /** Whether webhooks of custom allocations may be on another machine (DPS-HUB-07). Default: false. */
  readonly dpsWebhooksAnywhere: boolean
  /** Number of journal entries that the hub keeps. Default: 10000. */
  readonly journalRetained: number
  /** Number of device-to-cloud messages that the hub keeps. Default: 10000. */
  readonly telemetryRetained: number
  /** Seed of all random values of the hub. Default: none, values are random. */
  readonly seed: number
  /** Tier whose throttles, quota and restrictions apply. Default: none. */
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
  httpTimeoutSeconds: 120,
  maxUnreadBytes: 16_777_216,
  closeOnSixthSubscription: true,
  cleanSessionPurgesC2d: false,
  c2dBeforeSubscription: false,
  dropLinkOnKeyChange: false,
  lockTimeoutsCount: false,
  deliveryCountOverAmqp: false,
  shortScopeAccepted: false,
  anyApiVersion: false,
  twinAnswersWithoutSubscription: false,
  subscribeToAllOfIothub: false,
  foreignWillRefusesConnect: false,
  qos2Acknowledged: false,
  wideQueryLanguage: false,
  queryLagSeconds: 0,
  jsonTwinErrors: false,
  policyTokensLimitedByPath: false,
  moduleMayUseDeviceKey: true,
  anyCertificateUsage: false,
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
  connectionEventSeconds: 60,
  dpsJudgesAtConnect: false,
  dpsRequiresVerifiedCa: true,
  dpsRetryAfterSeconds: 3,
  dpsThrottles: false,
  dpsWebhooksAnywhere: false,
  journalRetained: 10_000,
  telemetryRetained: 10_000,
  seed: 1,
  tier: undefined,
})

/** The settings that `--lenient` changes; each is logged and shown in reports. */
export const LENIENCIES: Partial<Settings> = Object.freeze({
  closeOnSixthSubscription: false,
  c2dBeforeSubscription: true,
  shortScopeAccepted: true,
  anyApiVersion: true,
  twinAnswersWithoutSubscription: true,
  subscribeToAllOfIothub: true,
  wideQueryLanguage: true,
})
