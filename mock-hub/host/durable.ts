/** The state of a hub in a directory: opened before its parts are made, put back when they are, and followed to its end. */

import type { Clock } from '../base/clock.ts'
import { HubClock } from '../base/clock.ts'
import { InvalidInput } from '../base/invalid-input.ts'
import { utcText } from '../base/time-text.ts'
import type { Commits } from '../core/contract/store/commits.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { EventPositions } from '../core/contract/messaging.ts'
import type { SharedAccessPolicy } from '../core/contract/principal.ts'
import { StoreError, type StoreState } from '../core/contract/store/state-store.ts'
import { counter } from '../core/store/counter.ts'
import { GroupCommits } from '../core/store/group-commits.ts'
import type { ProvisioningPolicy } from '../provisioning/contract/policies.ts'
import { dataDirectory, type DataDirectory } from '../store/data-directory.ts'
import { deleteState } from '../store/delete-state.ts'
import { LevelStore } from '../store/level-store.ts'
import type { Undo } from './undo.ts'
import type { ResolvedOptions } from './resolve-options.ts'

export interface Durable {
  readonly directory: DataDirectory
  readonly commits: Commits
  /** The directory had no state. */
  readonly isNew: boolean
  /** Those of an earlier start; undefined: the directory is new. */
  readonly policies: readonly SharedAccessPolicy[] | undefined
  /** The same of the provisioning service. */
  readonly provisioningPolicies: readonly ProvisioningPolicy[] | undefined
  /** How often the state was started before. */
  readonly starts: number
  /** For the line at the start. */
  readonly description: string
  /** Resolves when the state cannot be stored any more. */
  readonly failure: Promise<StoreError>
  /** Sets the clock back to the moment of the last group, so that what fell due since then happens in its order. */
  begin(clock: HubClock, isOwn: boolean): void
  /** Puts the state back, or fills a new directory. Call it when every part of the hub is made. */
  restore(hub: Hub, initialise: () => void): void
  /** Stores what has happened, and closes the store. */
  close(): Promise<void>
}

interface StoredClock {
  readonly frozen: boolean
  readonly now: number
  readonly offsetMs: number
}

interface StoredPolicy extends SharedAccessPolicy {
  readonly place: number
}

const CLOCK = 'hub'

/** @throws StoreError; InvalidInput for a number of partitions that is not that of the stored events. */
export async function openDataDirectory(
  options: ResolvedOptions & { readonly dataDirectory: string },
  undo: Undo,
): Promise<Durable> {
  const { durability, fresh, logger, partitions } = options
  const directory = dataDirectory(options.dataDirectory)
  const say = (line: string): void => logger?.warn(line)
  if (fresh) await deleteState(directory)
  let fail: (reason: StoreError) => void = () => undefined
  const failure = new Promise<StoreError>((resolve) => {
    fail = resolve
  })
  const commits = new GroupCommits({
    store: new LevelStore({ directory, durability, say }),
    say,
    failed: (reason) => {
      say(reason.message)
      fail(reason)
    },
  })
  const state = await commits.load()
  undo.push(() => commits.close())
  checkPartitions(commits, partitions, directory.path)
  const isNew = state.number === 0
  const policies = commits.loaded('policy').map(({ value }) => value as StoredPolicy)
  const provisioning = commits.loaded('provisioningPolicy').map(({ value }) => value as ProvisioningPolicy)
  const starts = Number(commits.loaded('counter').find(({ key }) => key === 'starts')?.value ?? 0)
  const clockWas = commits.loaded('clock')[0]?.value as StoredClock | undefined
  let followClock: (() => void) | undefined
  return {
    directory,
    commits,
    isNew,
    policies: isNew ? undefined : inPlace(policies),
    provisioningPolicies: provisioning.length === 0 ? undefined : provisioning,
    starts,
    description: `kept in ${directory.path} (${durability}${isNew ? ', new' : `, group ${String(state.number)}`})`,
    failure,
    begin(clock, isOwn) {
      commits.tellTime(() => clock.now())
      if (isOwn) followClock = setBack(clock, clockWas, state, say)
      else if (clock.now() < state.now)
        say(
          `store: the clock says ${utcText(clock.now())}, before ${utcText(state.now)}, the last time stored`,
        )
    },
    restore(hub, initialise) {
      keepPolicies(hub, commits)
      keepClock(hub.clock, commits)
      injectFaults(hub, commits)
      const started = counter(commits, 'starts', { read: () => starts + 1, load: () => undefined })
      if (isNew) initialise()
      else commits.restore()
      started.changed()
      for (const { name } of hub.policies) commits.changed('policy', name)
      commits.changed('clock', CLOCK)
      if (followClock !== undefined) followClock()
      else if (hub.clock instanceof HubClock && hub.clock.frozen) hub.clock.advance(0)
    },
    async close() {
      commits.seal()
      await commits.close()
    },
  }
}

/** The partition of an event, and with it its numbers, depend on how many there are. */
function checkPartitions(commits: GroupCommits, partitions: number, path: string): void {
  const positions = commits.loaded('telemetry')[0]?.value as EventPositions | undefined
  const stored = positions?.next.length ?? partitions
  if (stored === partitions) return
  throw new InvalidInput(
    'startMockHub',
    'partitions',
    `to be ${String(stored)}, as those of the events in ${path} (or start from scratch with fresh)`,
    partitions,
  )
}

function inPlace(policies: readonly StoredPolicy[]): readonly SharedAccessPolicy[] {
  return [...policies].sort((a, b) => a.place - b.place).map(({ place, ...policy }) => policy)
}

function keepPolicies({ policies }: Hub, commits: Commits): void {
  commits.keep<StoredPolicy>({
    kind: 'policy',
    keys: () => policies.map(({ name }) => name),
    read: (key) => {
      const place = policies.findIndex(({ name }) => name === key)
      const policy = policies[place]
      return policy && { ...policy, place }
    },
    // The hub was made with them.
    load: () => undefined,
  })
}

function keepClock(clock: Clock, commits: Commits): void {
  if (!(clock instanceof HubClock)) return
  commits.keep<StoredClock>({
    kind: 'clock',
    keys: () => [CLOCK],
    read: () => ({ frozen: clock.frozen, now: clock.now(), offsetMs: clock.offsetMs }),
    load: () => undefined,
  })
  clock.onMove(() => {
    commits.changed('clock', CLOCK)
  })
}

/**
 * Freezes the clock where it stood.
 * @returns lets it go on: what has fallen due meanwhile happens, each thing at its time.
 */
function setBack(
  clock: HubClock,
  was: StoredClock | undefined,
  state: StoreState,
  say: (line: string) => void,
): (() => void) | undefined {
  if (was === undefined) return undefined
  const stoodAt = Math.max(was.now, state.now)
  clock.freeze()
  clock.set(stoodAt)
  if (was.frozen) return () => undefined
  return () => {
    const system = clock.now() - clock.offsetMs
    const due = system + was.offsetMs
    if (due >= stoodAt) {
      clock.set(due)
      clock.resume()
      clock.setOffset(was.offsetMs)
      return
    }
    say(
      `store: the system's clock was set back; the hub's goes on at ${utcText(stoodAt)}, the last time stored`,
    )
    clock.resume()
  }
}

/** The faults `store.slow`, `store.full` and `store.fail`. */
function injectFaults({ faults, clock }: Hub, commits: GroupCommits): void {
  commits.beforeEach(() => {
    if (faults.idle) return undefined
    const match = faults.match('store')
    switch (match?.effect) {
      case 'full':
        throw new StoreError('StoreFull', 'there is no room left on the disk (store.full)')
      case 'fail':
        throw new StoreError('StoreFailed', 'the disk cannot be written (store.fail)')
      case 'slow': {
        const seconds = Number(match.parameters['seconds'] ?? 1)
        return new Promise((resolve) => {
          clock.schedule(seconds * 1_000, resolve)
        })
      }
      default:
        return undefined
    }
  })
}
