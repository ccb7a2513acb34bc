import type { Clock } from '../../../base/clock.ts'
import type { Hub } from '../../contract/hub.ts'
import { identityKey, parseIdentityKey, type Identity } from '../../contract/identity.ts'
import type { IdentityRecord } from '../../contract/registry.ts'
import type { TwinDocument } from '../../contract/twins.ts'
import type { TwinSource } from '../rows.ts'

interface State {
  readonly record: IdentityRecord
  readonly twin: TwinDocument
}
/** What an identity was before a change; undefined: it was not there. */
interface Change {
  /** Epoch ms. */
  readonly at: number
  readonly key: string
  readonly before: State | undefined
}
type History = ReadonlyMap<string, State | undefined>

/** Remembers changes of identities and twins, so that a query can see them as they were a while ago. */
export class RegistryHistory {
  readonly #clock: Clock
  readonly #hub: Pick<Hub, 'journal' | 'registry' | 'twins'>
  /** Oldest first. */
  readonly #changes: Change[] = []
  /** The newest state of each identity: when one is deleted, its twin cannot be read any more. */
  readonly #newest = new Map<string, State>()
  readonly #stops: readonly (() => void)[]
  /** How long a change is remembered, in ms. */
  keepMs = 0

  /** Begins with what there is. */
  constructor(hub: Pick<Hub, 'clock' | 'journal' | 'registry' | 'twins'>) {
    this.#clock = hub.clock
    this.#hub = hub
    this.reset()
    this.#stops = [
      hub.registry.onChange(({ record }) => {
        this.#note(record.identity)
      }),
      hub.twins.onChange(({ twin }) => {
        this.#note(twin.identity)
      }),
      hub.journal.subscribe((entry) => {
        if (entry.type === 'connected' || entry.type === 'disconnected')
          this.#note(parseIdentityKey(entry.identity))
      }),
    ]
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  /** Forgets what was: the registry is as it is now for ever. */
  reset(): void {
    this.#changes.length = 0
    this.#newest.clear()
    for (const device of this.#hub.registry.devices()) {
      const { deviceId } = device.identity
      for (const { identity } of [device, ...this.#hub.registry.modulesOf(deviceId)]) {
        const state = this.#current(identity)
        if (state !== undefined) this.#newest.set(identityKey(identity), state)
      }
    }
  }

  /** @param at epoch ms. */
  view(at: number): TwinSource {
    const history = new Map<string, State | undefined>()
    // The earliest change after that time says what was before it.
    for (let index = this.#changes.length - 1; index >= 0; index--) {
      const change = this.#changes[index]
      if (change === undefined || change.at <= at) break
      history.set(change.key, change.before)
    }
    return history.size === 0 ? this.#hub : viewOf(this.#hub, history)
  }

  #note(identity: Identity): void {
    const key = identityKey(identity)
    const at = this.#clock.now()
    this.#changes.push({ at, key, before: this.#newest.get(key) })
    const state = this.#current(identity)
    if (state === undefined) this.#newest.delete(key)
    else this.#newest.set(key, state)
    this.#forgetBefore(at - this.keepMs)
  }

  /** Drops old changes, once half of all are old: each is moved a few times at most. */
  #forgetBefore(at: number): void {
    const middle = this.#changes[this.#changes.length >> 1]
    if (middle === undefined || middle.at > at) return
    const kept = this.#changes.findIndex((change) => change.at > at)
    this.#changes.splice(0, kept < 0 ? this.#changes.length : kept)
  }

  #current(identity: Identity): State | undefined {
    const record = this.#hub.registry.find(identity)
    return record === undefined ? undefined : { record, twin: this.#hub.twins.get(identity) }
  }
}

/** The hub, but for the identities of a history. */
function viewOf({ registry, twins }: TwinSource, history: History): TwinSource {
  const past = (identity: Identity): State | undefined => history.get(identityKey(identity))
  const find = (identity: Identity): IdentityRecord | undefined =>
    history.has(identityKey(identity)) ? past(identity)?.record : registry.find(identity)
  const isModuleOf = (deviceId: string, { moduleId, ...device }: Identity): boolean =>
    moduleId !== undefined && device.deviceId === deviceId
  /** Those of the history that are not among the living, or are in another place there. */
  const gone = (isWanted: (identity: Identity) => boolean): readonly IdentityRecord[] =>
    [...history.values()]
      .filter((state) => state !== undefined)
      .map(({ record }) => record)
      .filter((record) => isWanted(record.identity) && !isSame(record, registry.find(record.identity)))
  const merged = function* (
    living: Iterable<IdentityRecord>,
    dead: readonly IdentityRecord[],
  ): IterableIterator<IdentityRecord> {
    const waiting = [...dead].sort(byCreation)
    let next = waiting.shift()
    for (const one of living) {
      for (; next !== undefined && byCreation(next, one) < 0; next = waiting.shift()) yield next
      const record = find(one.identity)
      if (isSame(record, one)) yield record
    }
    for (; next !== undefined; next = waiting.shift()) yield next
  }
  return {
    registry: {
      find,
      devices: () =>
        merged(
          registry.devices(),
          gone(({ moduleId }) => moduleId === undefined),
        ),
      modulesOf: (deviceId) => [
        ...merged(
          registry.modulesOf(deviceId),
          gone((identity) => isModuleOf(deviceId, identity)),
        ),
      ],
    },
    twins: { get: (identity) => past(identity)?.twin ?? twins.get(identity) },
  }
}

/** One identity of one life: deleted and created again, it is another. */
function isSame(one: IdentityRecord | undefined, other: IdentityRecord | undefined): one is IdentityRecord {
  return one !== undefined && one.generationId === other?.generationId
}

/** Ticks of one length grow as numbers do. */
function byCreation(one: IdentityRecord, other: IdentityRecord): number {
  return one.generationId < other.generationId ? -1 : one.generationId > other.generationId ? 1 : 0
}
