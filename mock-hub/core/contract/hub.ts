/**
 * The core as the adapters see it. The folder `contract/` has one file a capability; the core implements them, the adapters
 * (`mqtt/`, `amqp/`, `http/`, `control/`) use them, and nothing here knows an adapter.
 *
 * Words: an *identity* is a device or a module; a *principal* is a caller whose identity is proven; a *link* is one
 * live connection of an identity; a *session* is the hub's record of that link; an *operation* is anything a
 * device can ask of the hub; a *channel* is anything the hub can send a device that has subscribed to it.
 */

import type { Authentication, Registry } from './registry.ts'
import type { BlobStorage, FileNotification } from './uploads.ts'
import type { Caller, OperationKind, Operations } from './operations.ts'
import type { Clock } from '../../base/clock.ts'
import type { CloudToDevice, FeedbackRecord, ServiceQueue } from './c2d.ts'
import type { DeviceFaults } from './device-faults.ts'
import type { DeviceLink, Session } from './sessions.ts'
import type { Faults } from './faults.ts'
import type { HubError } from '../errors/hub-error.ts'
import type { Journal, JournalEntry } from './journal.ts'
import type { Logger } from '../../base/logger.ts'
import type { Methods } from './methods.ts'
import type { ModuleInputs, TelemetryStream } from './messaging.ts'
import type { Settings } from './settings.ts'
import type { SharedAccessPolicy, Transport } from './principal.ts'
import type { Throttle } from './throttle.ts'
import type { Twins } from './twins.ts'

/** The core as the borders see it. */
export interface Hub {
  readonly hostName: string
  readonly settings: Settings
  readonly clock: Clock
  readonly logger: Logger
  readonly journal: Journal
  readonly faults: Faults
  readonly deviceFaults: DeviceFaults
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
  readonly lastRefusals: readonly Extract<JournalEntry, { type: 'refusal' }>[]
  stop(): void
}
