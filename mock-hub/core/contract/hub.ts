/**
 * The core as the adapters see it. The folder `contract/` has one file a capability; the core implements them, the adapters
 * (`mqtt/`, `amqp/`, `http/`, `control/`) use them, and nothing here knows an adapter.
 *
 * Terms: an *identity* is a device or a module; a *principal* is an authenticated caller; a *link* is one live connection
 * of an identity; a *session* is the hub's record of that link; an *operation* is a request of a device to the hub; a
 * *channel* is what the hub sends to devices that have subscribed to it.
 */

import type { Authentication, Registry } from './registry.ts'
import type { BlobStorage, FileNotification } from './services/uploads.ts'
import type { Caller, OperationKind, Operations } from './operations.ts'
import type { Clock } from '../../base/clock.ts'
import type { CloudToDevice, FeedbackRecord, ServiceQueue } from './c2d.ts'
import type { Commits } from './store/commits.ts'
import type { DeviceFaults } from './device-faults.ts'
import type { DeviceLink, Session } from './sessions.ts'
import type { Faults } from './faults.ts'
import type { Identity } from './identity.ts'
import type { HubError } from '../errors/hub-error.ts'
import type { Journal, JournalEntry } from './journal.ts'
import type { Logger } from '../../base/logger.ts'
import type { Methods } from './methods.ts'
import type { EventPositionStore, ModuleInputs, TelemetryStream } from './messaging.ts'
import type { Settings } from './settings.ts'
import type { SharedAccessPolicy, Transport } from './principal.ts'
import type { Throttle } from './throttle.ts'
import type { Twins } from './twins.ts'

export interface Hub {
  readonly hostName: string
  readonly settings: Settings
  readonly clock: Clock
  /** What must be stored before anything leaves the process. */
  readonly commits: Commits
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
  /** What the store keeps of the partitions of the events. */
  readonly eventPositions: EventPositionStore
  readonly feedback: ServiceQueue<readonly FeedbackRecord[]>
  readonly fileNotifications: ServiceQueue<FileNotification>
  readonly inputs: ModuleInputs
  /**
   * Routes of IoT Edge between modules, such as
   * `FROM /messages/modules/a/outputs/x WHERE p = '1' INTO BrokeredEndpoint("/modules/b/inputs/in1")` or `… INTO $upstream`.
   * Without routes, all messages of modules go to the cloud. Setting them throws RangeError for a malformed route.
   */
  routes: readonly string[]
  /** Limits of the service tier; devices and back ends share them. */
  readonly throttle: Throttle
  /**
   * Lets the token of a device or module expire now: its link is closed as at the end of the grace after `se`, and every
   * token that it has shown is refused from now on, while the next one is accepted. No clock moves.
   * @throws HubError DeviceNotFound, ModuleNotFound; InvalidInput when it has shown no token.
   */
  expireToken(identity: Identity): void
  /** Sets the storage for uploads. An adapter that serves blobs knows its port only when it listens. */
  attachBlobStorage(storage: BlobStorage): void
  /**
   * Registers an authenticated link: an older link of the same identity is closed, and this one is closed when its token
   * expires.
   * @throws HubError DeviceNotFound, DeviceDisabled, ThrottlingException.
   */
  openSession(link: DeviceLink): Session
  /** Performs an operation of a device: journal, throttle, faults, handler. @throws HubError (synchronously or by rejection). */
  perform<K extends OperationKind>(
    caller: Caller,
    operation: K,
    input: Operations[K]['input'],
  ): Operations[K]['outcome'] | Promise<Operations[K]['outcome']>
  /** Journals and logs a refusal, and keeps it for `lastRefusals`. Adapters call it for each refusal. */
  refuse(
    error: HubError,
    where: { readonly identity?: string; readonly linkId?: string; readonly transport: Transport },
  ): void
  /** The newest refusals, newest first (at most 100). */
  readonly lastRefusals: readonly Extract<JournalEntry, { type: 'refusal' }>[]
  /**
   * Forgets everything but clock and settings: identities with all they have, telemetry, feedback, notifications, faults,
   * the meter, refusals and journal. Links of identities are closed.
   */
  reset(): void
  /** Closes all links, cancels all timers. */
  stop(): void
}
