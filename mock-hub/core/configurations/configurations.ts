/**
 * Automatic device configurations and edge deployments (wire contract 7.4, WIRE-CFG-01 to 03): stored with an ETag,
 * applied to the twins that their target condition means, highest priority last; metrics are queries.
 */

import {
  applyContent,
  contentDocument,
  contentError,
  type ConfigurationContent,
} from './configuration-content.ts'
import type { ConfigurationSpec, StoredConfiguration } from './configuration-shapes.ts'
import { configurationError } from './configuration-errors.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import type { IfMatch } from '../contract/registry.ts'
import { HubError } from '../errors/hub-error.ts'
import { registryCounter } from '../contract/etag.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import type { Target } from '../query/ast.ts'
import { compile } from '../query/compile.ts'
import { parseTarget } from '../query/parse.ts'
import type { Queries } from '../query/queries.ts'
import { TwinRow, type Rows } from '../query/rows.ts'
import { TIERS } from '../throttling/throttle.ts'

type TwinCollection = 'devices' | 'devices.modules'

interface Configuration extends StoredConfiguration {
  readonly targets: { readonly from: TwinCollection; readonly holds: (row: TwinRow) => boolean } | undefined
}

type ConfigurationHub = Pick<Hub, 'clock' | 'registry' | 'twins' | 'settings' | 'logger'>
type Status = 'Targeted' | 'Applied'

export class Configurations {
  readonly #hub: ConfigurationHub
  readonly #queries: Queries
  readonly #rows: Readonly<Record<TwinCollection, Rows<TwinRow>>>
  readonly #time: (ms: number) => string
  readonly #configurations = new Map<string, Configuration>()
  /** By identity key, then by configuration id. */
  readonly #statuses = new Map<string, Map<string, Status>>()
  readonly #stops: (() => void)[]
  #writes = 0

  constructor(
    hub: ConfigurationHub,
    queries: Queries,
    rows: Readonly<Record<TwinCollection, Rows<TwinRow>>>,
    time: (ms: number) => string,
  ) {
    this.#hub = hub
    this.#queries = queries
    this.#rows = rows
    this.#time = time
    this.#stops = [
      hub.registry.onChange(({ type, record }) => {
        if (type === 'deleted') this.#statuses.delete(identityKey(record.identity))
        else this.#evaluate(record.identity)
      }),
      // Desired properties are left out: this file writes them.
      hub.twins.onChange(({ twin, tags, reported }) => {
        if (tags !== undefined || reported !== undefined) this.#evaluate(twin.identity)
      }),
    ]
  }

  /**
   * Creates (without `ifMatch`) or changes.
   * @throws HubError ConfigurationAlreadyExists, ConfigurationNotFound, PreconditionFailed,
   *   ConfigurationCountLimitExceeded, InvalidConfigurationTargetCondition, InvalidConfigurationContent,
   *   CannotModifyImmutableConfigurationContent, InvalidConfigurationCustomMetricsQuery, ArgumentInvalid.
   */
  put(
    id: string,
    spec: ConfigurationSpec,
    ifMatch: IfMatch,
  ): { document: JsonObject & { readonly etag: string }; created: boolean } {
    const before = this.#configurations.get(id)
    if (before === undefined) this.#checkNew(id, ifMatch)
    else this.#checkMatch(before, ifMatch)
    const now = this.#hub.clock.now()
    const targetCondition = spec.targetCondition ?? before?.targetCondition ?? ''
    const metrics = spec.metrics ?? before?.metrics ?? {}
    this.#checkMetrics(metrics)
    const configuration: Configuration = {
      id,
      content: this.#content(spec.content, before),
      labels: spec.labels ?? before?.labels ?? {},
      targetCondition,
      targets: this.#targets(targetCondition),
      priority: spec.priority ?? before?.priority ?? 0,
      metrics,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
      etag: Buffer.from(String(++this.#writes)).toString('base64'),
    }
    this.#configurations.set(id, configuration)
    this.#evaluateAll()
    return { document: this.#document(configuration), created: before === undefined }
  }

  /** @throws HubError ConfigurationNotFound. */
  get(id: string): JsonObject & { readonly etag: string } {
    return this.#document(this.#find(id))
  }

  list(top: number): readonly JsonObject[] {
    return [...this.#configurations.values()].slice(0, top).map((one) => this.#document(one))
  }

  /** What it has written stays in the twins. @throws HubError ConfigurationNotFound, PreconditionFailed. */
  remove(id: string, ifMatch: IfMatch): void {
    const configuration = this.#find(id)
    if (ifMatch !== undefined) this.#checkMatch(configuration, ifMatch)
    this.#configurations.delete(id)
    this.#evaluateAll()
  }

  /** What is wrong with a condition and with queries; empty: nothing. */
  test(targetCondition: string | undefined, queries: Readonly<Record<string, string>>): JsonObject {
    const problem = (act: () => void): string | undefined => {
      try {
        act()
      } catch (error) {
        if (error instanceof HubError) return error.message
        throw error
      }
      return undefined
    }
    const errors = Object.entries(queries).flatMap(([name, query]) => {
      const error = problem(() => {
        this.#queries.check(query)
      })
      return error === undefined ? [] : [[name, error] as const]
    })
    return {
      targetConditionError:
        targetCondition === undefined ? '' : (problem(() => this.#targets(targetCondition)) ?? ''),
      customMetricQueryErrors: Object.fromEntries(errors),
    }
  }

  /** Applies a content to one device now. @throws HubError DeviceNotFound, InvalidConfigurationContent. */
  applyContent(deviceId: string, content: ConfigurationContent): void {
    this.#hub.registry.get({ deviceId })
    const problem = contentError(content)
    if (problem !== undefined)
      throw configurationError('InvalidConfigurationContent', problem, 'a configuration content', 'none')
    applyContent(this.#hub, { deviceId }, [content])
  }

  stored(): readonly StoredConfiguration[] {
    // What a condition compiles to is no data.
    return [...this.#configurations.values()].map((one) => ({ ...one, targets: undefined }))
  }

  /**
   * Reads configurations that are to stand in the place of all there are: a snapshot's.
   * @returns puts them there and applies them; until then nothing has changed.
   * @throws HubError InvalidConfigurationTargetCondition, InvalidConfigurationContent.
   */
  load(stored: readonly StoredConfiguration[]): () => void {
    const read = stored.map((one): Configuration => {
      this.#content(one.content, undefined)
      return { ...one, targets: this.#targets(one.targetCondition) }
    })
    return () => {
      this.#configurations.clear()
      for (const one of read) {
        this.#configurations.set(one.id, one)
        this.#writes = Math.max(this.#writes, registryCounter(one.etag))
      }
      this.#evaluateAll()
    }
  }

  /** `configurations` of a twin; undefined: none targets it. */
  statusOf(identity: Identity): JsonObject | undefined {
    const statuses = this.#statuses.get(identityKey(identity))
    if (statuses === undefined || statuses.size === 0) return undefined
    return Object.fromEntries([...statuses].map(([id, status]) => [id, { status }]))
  }

  stop(): void {
    for (const stop of this.#stops) stop()
  }

  #checkNew(id: string, ifMatch: IfMatch): void {
    if (ifMatch !== undefined && ifMatch.replaceAll('"', '') !== '*')
      throw configurationError(
        'ConfigurationNotFound',
        `Configuration '${id}' was not found.`,
        'an id that is',
        id,
      )
    if (!/^[a-z0-9\-+%_*!']{1,128}$/.test(id))
      throw configurationError(
        'ArgumentInvalid',
        'The configuration id is not valid.',
        "1 to 128 lower-case letters, digits and - + % _ * ! '",
        id,
      )
    const { tier } = this.#hub.settings
    const most = TIERS[tier ?? 'S1'].configurations
    if (this.#configurations.size >= most)
      throw configurationError(
        'ConfigurationCountLimitExceeded',
        `A hub has at most ${String(most)} configurations.`,
        `at most ${String(most)}`,
        String(most + 1),
      )
  }

  #checkMatch({ id, etag }: Configuration, ifMatch: IfMatch): void {
    if (ifMatch === undefined)
      throw configurationError(
        'ConfigurationAlreadyExists',
        `Configuration '${id}' exists; If-Match says that it may be changed.`,
        'If-Match, or a new id',
        'no If-Match',
      )
    const given = ifMatch.replaceAll('"', '')
    if (given !== '*' && given !== etag)
      throw configurationError('PreconditionFailed', 'The ETag does not match.', `"${etag}" or *`, ifMatch)
  }

  #content(
    given: ConfigurationContent | null | undefined,
    before: Configuration | undefined,
  ): ConfigurationContent {
    if (before === undefined) {
      const problem = contentError(given)
      if (given == null || problem !== undefined)
        throw configurationError(
          'InvalidConfigurationContent',
          problem ?? 'content is missing',
          'deviceContent, modulesContent or moduleContent',
          'something else',
        )
      return given
    }
    if (given != null && JSON.stringify(given) !== JSON.stringify(before.content))
      throw configurationError(
        'CannotModifyImmutableConfigurationContent',
        'The content of a configuration cannot be changed; make a new one.',
        'the content it was created with, or none',
        'another content',
      )
    return before.content
  }

  #checkMetrics(metrics: Readonly<Record<string, string>>): void {
    for (const [name, query] of Object.entries(metrics))
      try {
        this.#queries.check(query)
      } catch (error) {
        if (!(error instanceof HubError)) throw error
        throw configurationError(
          'InvalidConfigurationCustomMetricsQuery',
          `metrics.queries.${name.slice(0, 64)}: ${error.message}`,
          'a query',
          error.explanation.received,
        )
      }
  }

  #targets(text: string): Configuration['targets'] {
    if (text.trim() === '') return undefined
    try {
      const { from, where }: Target = parseTarget(text)
      if (from === 'devices.jobs')
        throw configurationError(
          'ArgumentInvalid',
          'Jobs are no targets.',
          'devices or devices.modules',
          from,
        )
      if (where === undefined) return { from, holds: () => true }
      const read = compile(where, this.#rows[from].fields)
      return { from, holds: (row) => read(row) === true }
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      throw configurationError(
        'InvalidConfigurationTargetCondition',
        error.message,
        'a condition over devices or modules',
        error.explanation.received,
      )
    }
  }

  #evaluateAll(): void {
    for (const device of this.#hub.registry.devices()) {
      this.#evaluate(device.identity)
      for (const module of this.#hub.registry.modulesOf(device.identity.deviceId))
        this.#evaluate(module.identity)
    }
  }

  #evaluate(identity: Identity): void {
    if (this.#configurations.size === 0 && this.#statuses.size === 0) return
    const record = this.#hub.registry.find(identity)
    if (record === undefined) return
    const collection: TwinCollection = identity.moduleId === undefined ? 'devices' : 'devices.modules'
    const row = new TwinRow(record, this.#hub.twins)
    // Least first: what comes later lies on top.
    const targeting = [...this.#configurations.values()]
      .filter(({ targets }) => targets?.from === collection && targets.holds(row))
      .sort((a, b) => a.priority - b.priority || a.createdAt - b.createdAt)
    const key = identityKey(identity)
    if (targeting.length === 0) {
      this.#statuses.delete(key)
      return
    }
    let status: Status = 'Applied'
    try {
      applyContent(
        this.#hub,
        identity,
        targeting.map(({ content }) => content),
      )
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      this.#hub.logger.warn(`configurations: ${key}: ${error.message}`)
      status = 'Targeted'
    }
    this.#statuses.set(key, new Map(targeting.map(({ id }) => [id, status])))
  }

  #find(id: string): Configuration {
    const configuration = this.#configurations.get(id)
    if (configuration === undefined)
      throw configurationError(
        'ConfigurationNotFound',
        `Configuration '${id}' was not found.`,
        'an id that is',
        id,
      )
    return configuration
  }

  #document(configuration: Configuration): JsonObject & { readonly etag: string } {
    const { id, targets, targetCondition, metrics } = configuration
    const count = (status?: Status) => {
      let found = 0
      for (const statuses of this.#statuses.values()) {
        const type = statuses.get(id)
        if (type !== undefined && (status === undefined || type === status)) found++
      }
      return found
    }
    const from = targets?.from ?? 'devices'
    const columns = from === 'devices' ? 'deviceId' : 'deviceId, moduleId'
    const condition = targetCondition.replace(/^\s*from\s+devices\.modules\s+where\s+/i, '')
    return {
      id,
      schemaVersion: '1.0',
      labels: { ...configuration.labels },
      content: contentDocument(configuration.content),
      targetCondition,
      createdTimeUtc: this.#time(configuration.createdAt),
      lastUpdatedTimeUtc: this.#time(configuration.updatedAt),
      priority: configuration.priority,
      systemMetrics: {
        results: { targetedCount: count(), appliedCount: count('Applied') },
        queries: {
          targetedCount: `select ${columns} from ${from}${condition === '*' ? '' : ` where ${condition}`}`,
          appliedCount: `select ${columns} from ${from} where configurations.[[${id}]].status = 'Applied'`,
        },
      },
      metrics: {
        results: Object.fromEntries(
          Object.entries(metrics).map(([name, query]) => [name, this.#queries.all(query).length]),
        ),
        queries: { ...metrics },
      },
      etag: configuration.etag,
    }
  }
}
