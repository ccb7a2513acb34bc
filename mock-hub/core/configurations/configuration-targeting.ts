import { objectOf, type JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import { HubError } from '../errors/hub-error.ts'
import { TwinRow } from '../query/rows.ts'
import { AGENT, applyContent, inForce, isAbout, isDeployment } from './configuration-content.ts'
import type { Configuration, ConfigurationStatus } from './configuration.ts'

export type TargetingHub = Pick<Hub, 'registry' | 'twins' | 'logger' | 'commits'>

/** Applies configurations to the identities that they target, again whenever an identity or its twin changes. */
export class ConfigurationTargeting {
  readonly #hub: TargetingHub
  readonly #configurations: ReadonlyMap<string, Configuration>
  /** By identity key, then by configuration id. */
  readonly #statuses = new Map<string, ReadonlyMap<string, ConfigurationStatus>>()
  readonly #stops: (() => void)[]

  /** @param configurations by id; read at each evaluation. */
  constructor(hub: TargetingHub, configurations: ReadonlyMap<string, Configuration>) {
    this.#hub = hub
    this.#configurations = configurations
    hub.commits.keep<readonly (readonly [string, ConfigurationStatus])[]>({
      kind: 'configurationStatus',
      keys: () => this.#statuses.keys(),
      read: (key) => {
        const statuses = this.#statuses.get(key)
        return statuses && [...statuses]
      },
      load: (documents) => {
        this.#statuses.clear()
        for (const { key, value } of documents) this.#statuses.set(key, new Map(value))
      },
    })
    this.#stops = [
      hub.registry.onChange(({ type, record }) => {
        if (type === 'deleted') this.#put(identityKey(record.identity), undefined)
        else this.#evaluate(record.identity)
      }),
      // Changes of desired properties are ignored: configurations write them.
      hub.twins.onChange(({ twin, tags, reported }) => {
        if (tags !== undefined || reported !== undefined) this.#evaluate(twin.identity)
      }),
    ]
  }

  /** Evaluates all identities; call it when the configurations have changed. */
  evaluateAll(): void {
    for (const device of this.#hub.registry.devices()) {
      this.#evaluate(device.identity)
      for (const module of this.#hub.registry.modulesOf(device.identity.deviceId))
        this.#evaluate(module.identity)
    }
  }

  /** `configurations` of a twin document; undefined: no configuration targets it. */
  statusOf(identity: Identity): JsonObject | undefined {
    const statuses = [...(this.#statuses.get(identityKey(identity)) ?? []), ...this.#deployedTo(identity)]
    if (statuses.length === 0) return undefined
    return objectOf(statuses.map(([id, status]) => [id, { status }] as const))
  }

  /**
   * How many identities a configuration targets, or has been applied to: of a deployment the devices where it is about
   * `$edgeAgent` (docs/contract/configurations.md#wire-cfg-07).
   */
  count(id: string, status?: ConfigurationStatus): number {
    const content = this.#configurations.get(id)?.content
    if (status === 'Applied' && content !== undefined && isDeployment(content) && !isAbout(content, AGENT))
      return 0
    let found = 0
    for (const statuses of this.#statuses.values()) {
      const actual = statuses.get(id)
      if (actual !== undefined && (status === undefined || actual === status)) found++
    }
    return found
  }

  /** The deployments of its device that are about a module. */
  #deployedTo({ deviceId, moduleId }: Identity): readonly (readonly [string, ConfigurationStatus])[] {
    if (moduleId === undefined) return []
    return [...(this.#statuses.get(identityKey({ deviceId })) ?? [])].filter(([id]) => {
      const configuration = this.#configurations.get(id)
      return configuration !== undefined && isAbout(configuration.content, moduleId)
    })
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  #evaluate(identity: Identity): void {
    if (this.#configurations.size === 0 && this.#statuses.size === 0) return
    const record = this.#hub.registry.find(identity)
    if (record === undefined) return
    const collection = identity.moduleId === undefined ? 'devices' : 'devices.modules'
    const row = new TwinRow(record, this.#hub.twins)
    // Lowest priority first: later contents overwrite earlier ones.
    const targeting = [...this.#configurations.values()]
      .filter(({ targets }) => targets?.from === collection && targets.holds(row))
      .sort((a, b) => a.priority - b.priority || a.createdAt - b.createdAt)
    const key = identityKey(identity)
    if (targeting.length === 0) {
      this.#put(key, undefined)
      return
    }
    const applied = this.#apply(identity, targeting)
    this.#put(
      key,
      new Map(
        targeting.map(({ id }) => [id, applied.has(id) ? ('Applied' as const) : ('Targeted' as const)]),
      ),
    )
  }

  /** @param statuses undefined: nothing targets the identity. */
  #put(key: string, statuses: ReadonlyMap<string, ConfigurationStatus> | undefined): void {
    if (statuses === undefined && !this.#statuses.has(key)) return
    if (statuses === undefined) this.#statuses.delete(key)
    else this.#statuses.set(key, statuses)
    this.#hub.commits.changed('configurationStatus', key, 128)
  }

  /** @returns ids of those that are applied now. */
  #apply(identity: Identity, targeting: readonly Configuration[]): ReadonlySet<string> {
    const contents = targeting.map((by) => ({ content: by.content, by }))
    try {
      applyContent(this.#hub, identity, contents)
      return new Set(inForce(contents).map(({ by }) => by.id))
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      this.#hub.logger.warn(`configurations: ${identityKey(identity)}: ${error.message}`)
      return new Set()
    }
  }
}
