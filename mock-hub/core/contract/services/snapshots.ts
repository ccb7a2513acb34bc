/** The whole state of a hub as JSON. */

import type { WaitingC2d } from '../c2d.ts'
import type { Message } from '../message.ts'
import type { IdentityRecord } from '../registry.ts'
import type { TwinDocument } from '../twins.ts'
import type { StoredConfiguration } from './configurations.ts'

/** Version of the format; a snapshot of another version is refused. */
export const SNAPSHOT_FORMAT = 1

/** A cloud-to-device message with its body in base64. */
export interface StoredMessage extends Omit<WaitingC2d, 'message'> {
  readonly message: Omit<Message, 'body'> & { readonly bodyBase64: string }
}

export interface StoredIdentity {
  /** Whether it is connected is not kept. */
  readonly record: Omit<IdentityRecord, 'connectionState'> & { readonly connectionState?: undefined }
  readonly twin: TwinDocument
  /** Oldest first; left out: none. */
  readonly cloudToDevice?: readonly StoredMessage[]
}

export interface HubSnapshot {
  readonly format: typeof SNAPSHOT_FORMAT
  readonly hostName: string
  /**
   * A frozen clock is kept as its time, a running one as its offset from the system's clock in ms; left out: the clock
   * cannot be moved.
   */
  readonly clock?: { readonly frozenAt: number } | { readonly offsetMs: number } | undefined
  /** Devices in order of creation, each followed by its modules. */
  readonly identities: readonly StoredIdentity[]
  readonly routes: readonly string[]
  readonly configurations: readonly StoredConfiguration[]
}

export interface Snapshots {
  /** What the hub holds now. It contains keys: keep it as secret as they are. */
  take(): HubSnapshot
  /**
   * Puts the hub into the state of the snapshot. When it throws, nothing has changed.
   * @throws InvalidInput for another format, another host name, an identity that occurs twice or without its device, a
   *   clock that cannot be moved; RangeError for a route that cannot be read; HubError for a configuration that cannot.
   */
  restore(snapshot: HubSnapshot): void
}
