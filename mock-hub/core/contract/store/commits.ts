/**
 * The commit boundary: the core stays synchronous and in memory, what one event changed is one group, and
 * nothing leaves the process before its group is stored. Services say what changed; the exits (bytes to a socket, HTTP
 * answers) wait for {@link Commits.committed}.
 */

/** Kinds of documents that a store keeps, in the order in which a hub is put together from them. */
export const STATE_KINDS = [
  'clock',
  'policy',
  'authority',
  'counter',
  'routes',
  'identity',
  'twin',
  'telemetry',
  'event',
  'feedbackBatch',
  'feedback',
  'notification',
  'c2d',
  'input',
  'upload',
  'configuration',
  'configurationStatus',
  'job',
  'jobRow',
  'importJob',
  'quota',
  'mqttSession',
  'blobStorage',
  'blob',
  'provisioningPolicy',
  'provisioningCertificate',
  'enrollment',
  'enrollmentGroup',
  'registration',
  'registrationOperation',
] as const
/** A kind of document. */
export type StateKind = (typeof STATE_KINDS)[number]

/** A document of one kind. Its value is JSON; of the kind `event` it is bytes. */
export interface StateDocument<T = unknown> {
  readonly key: string
  readonly value: T
}

/** What owns the documents of one kind. */
export interface StateSource<T = unknown> {
  readonly kind: StateKind
  /** Keys of all documents, in the order in which they are put back. */
  keys(): Iterable<string>
  /** The document as it is now; undefined: there is none. Called when a group closes, once for each changed key. */
  read(key: string): T | undefined
  /** What is wrong with a value that comes from outside, in words; undefined: nothing, or its schema says it all. */
  problem?(value: unknown): string | undefined
  /** Replaces everything of this kind, and tells nobody. */
  load(documents: readonly StateDocument<T>[]): void
}

/** What the services of the core and the exits of the adapters are given. */
export interface Commits {
  /** Whether anything is stored. Without a store, work that only a store needs is left out. */
  readonly active: boolean
  /** More waits to be stored than should: whoever reads requests stops until {@link Commits.committed}. */
  readonly congested: boolean
  /**
   * A document has changed or is gone. It is read once, when its group closes.
   * @param bytes about how much it adds to its group.
   */
  changed(kind: StateKind, key: string, bytes?: number): void
  /** Resolves when all that has happened so far is stored; undefined: it is. */
  committed(): Promise<void> | undefined
  /** Adds the owner of a kind. */
  keep<T>(source: StateSource<T>): void
  /** The owners. */
  readonly sources: ReadonlyMap<StateKind, StateSource>
}

/** Keeps nothing and lets everybody through. */
export function noStore(): Commits {
  return new NoStore()
}

class NoStore implements Commits {
  readonly active = false
  readonly congested = false
  /** Snapshots read them. */
  readonly sources = new Map<StateKind, StateSource>()

  changed(): void {
    // Nothing is stored.
  }

  committed(): undefined {
    return undefined
  }

  keep<T>(source: StateSource<T>): void {
    this.sources.set(source.kind, source)
  }
}

/** Keys of documents that belong to a list: the owner's name and the place. */
export function placeKey(owner: string, place: number): string {
  // Neither ids nor names of jobs contain a line feed.
  return `${owner}\n${String(place)}`
}

/** The reverse of {@link placeKey}. */
export function placeOf(key: string): { readonly owner: string; readonly place: number } {
  const end = key.lastIndexOf('\n')
  return { owner: key.slice(0, end), place: Number(key.slice(end + 1)) }
}
