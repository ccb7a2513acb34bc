/** The whole state of a hub as JSON. */

import type { StateKind } from '../store/commits.ts'
import type { WaitingC2d } from '../c2d.ts'
import type { Message } from '../message.ts'
import type { IdentityRecord } from '../registry.ts'
import type { TwinDocument } from '../twins.ts'
import type { StoredConfiguration } from './configurations.ts'

/** Version of the format; snapshots of version 1, which had no documents, are restored too. */
export const SNAPSHOT_FORMAT = 2

/** A cloud-to-device message with its body in base64. */
export interface StoredMessage extends Omit<WaitingC2d, 'message'> {
  /** The message. */
  readonly message: Omit<Message, 'body'> & { readonly bodyBase64: string }
}

/** A device or module in a snapshot. */
export interface StoredIdentity {
  /** Its record, without the connection state. */
  readonly record: Omit<IdentityRecord, 'connectionState'> & { readonly connectionState?: undefined }
  /** Its twin. */
  readonly twin: TwinDocument
  /** Its cloud-to-device messages, oldest first; undefined: none. */
  readonly cloudToDevice?: readonly StoredMessage[]
}

/** A part of the state that has no field of its own. */
export interface SnapshotDocument {
  /** What it is a part of. */
  readonly kind: StateKind
  /** Its name among the documents of its kind. */
  readonly key: string
  /** The part. */
  readonly value: unknown
}

/** The state of a hub. It contains keys. */
export interface HubSnapshot {
  /** Version of the format. */
  readonly format: 1 | typeof SNAPSHOT_FORMAT
  /** Host name of the hub. */
  readonly hostName: string
  /**
   * Time of a frozen clock in epoch ms, or offset of a running clock from the system clock in ms; undefined: the clock
   * cannot be moved.
   */
  readonly clock?: { readonly frozenAt: number } | { readonly offsetMs: number } | undefined
  /** Devices in order of creation, each followed by its modules. */
  readonly identities: readonly StoredIdentity[]
  /** Routes between modules. */
  readonly routes: readonly string[]
  /** Configurations. */
  readonly configurations: readonly StoredConfiguration[]
  /**
   * Jobs, uploads, sessions of MQTT, messages to inputs, feedback, notifications, the meter, and what the provisioning
   * service knows; undefined: none, as in format 1.
   */
  readonly documents?: readonly SnapshotDocument[] | undefined
}

/** Takes and restores snapshots. */
export interface Snapshots {
  /** The current state of the hub. It contains keys: keep it secret. */
  take(): HubSnapshot
  /**
   * The current state as JSON, in parts: for a hub whose state is longer than a text can be. Whoever waits between the parts
   * gets parts of different moments.
   */
  text(): Iterable<string>
  /**
   * Replaces the state of the hub by a snapshot. If it throws, nothing has changed.
   * @throws InvalidInput for another format, another host name, an identity that occurs twice or without its device, a
   *   clock that cannot be moved, documents of a provisioning service that the hub does not have; RangeError for a route that cannot be parsed; HubError for an invalid configuration.
   */
  restore(snapshot: HubSnapshot): void
}
