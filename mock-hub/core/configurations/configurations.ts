/**
 * Automatic device configurations and edge deployments (WIRE-CFG-01 to 03): stored with an ETag, applied to the twins that
 * their target condition means, highest priority last; metrics are queries.
 */

import { objectOf, type JsonObject } from '../../base/json.ts'
import { checkQuotes, registryCounter, registryEtag } from '../contract/etag.ts'
import type { Hub } from '../contract/hub.ts'
import type { Identity } from '../contract/identity.ts'
import type { IfMatch } from '../contract/registry.ts'
import type {
  ConfigurationContent,
  ConfigurationDocument,
  Configurations,
  ConfigurationSpec,
  StoredConfiguration,
} from '../contract/services/configurations.ts'
import { HubError } from '../errors/hub-error.ts'
import type { HubQueries } from '../query/queries.ts'
import { TIERS } from '../throttling/throttle.ts'
import {
  checkConfigurationEtag,
  checkConfigurationMatch,
  checkCount,
  checkKind,
  checkedContent,
  checkMetrics,
  checkNewId,
  configurationNotFound,
  metricQuery,
  targetsOf,
  testedTargets,
} from './configuration-checks.ts'
import { applyContent } from './configuration-content.ts'
import { configurationDocument } from './configuration-document.ts'
import { ConfigurationTargeting, type TargetingHub } from './configuration-targeting.ts'
import type { Configuration } from './configuration.ts'
import { checkEdgeContent, removeUnlisted } from './edge-content.ts'

/** When the metrics of a new configuration are counted first; thereafter each read counts (WIRE-CFG-05). */
const FIRST_RUN_MS = 30_000

type ConfigurationHub = TargetingHub & Pick<Hub, 'clock' | 'settings' | 'commits'>

export class HubConfigurations implements Configurations {
  readonly #hub: ConfigurationHub
  readonly #queries: HubQueries
  readonly #time: (ms: number) => string
  readonly #configurations = new Map<string, Configuration>()
  readonly #targeting: ConfigurationTargeting

  /** @param time renders epoch ms. */
  constructor(hub: ConfigurationHub, queries: HubQueries, time: (ms: number) => string) {
    this.#hub = hub
    this.#queries = queries
    this.#time = time
    this.#targeting = new ConfigurationTargeting(hub, this.#configurations)
    hub.commits.keep<StoredConfiguration>({
      kind: 'configuration',
      keys: () => this.#configurations.keys(),
      read: (id) => {
        const one = this.#configurations.get(id)
        return one && { ...one, targets: undefined }
      },
      // The twins have what the configurations wrote: nothing is applied again.
      load: (documents) => {
        const inOrder = documents.map(({ value }) => value).sort((a, b) => a.createdAt - b.createdAt)
        const read = inOrder.map((one) => this.#read(one))
        this.#configurations.clear()
        for (const one of read) this.#configurations.set(one.id, one)
      },
    })
  }

  put(id: string, spec: ConfigurationSpec, ifMatch: IfMatch): ConfigurationDocument {
    const before = this.#configurations.get(id)
    if (before === undefined) {
      checkNewId(id, ifMatch)
      checkCount(this.#configurations.size, TIERS[this.#hub.settings.tier ?? 'S1'].configurations)
    } else checkConfigurationMatch(id, before.etag, ifMatch)
    const now = this.#hub.clock.now()
    const targetCondition = spec.targetCondition ?? before?.targetCondition ?? ''
    const metrics = spec.metrics ?? before?.metrics ?? {}
    checkMetrics(metrics, this.#queries)
    const configuration: Configuration = {
      id,
      schemaVersion: spec.schemaVersion ?? before?.schemaVersion,
      content: checkedContent(spec.content, before?.content),
      labels: spec.labels ?? before?.labels ?? null,
      targetCondition,
      targets: targetsOf(targetCondition, this.#queries),
      priority: spec.priority ?? before?.priority ?? 0,
      metrics,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
      etag: registryEtag(before === undefined ? 1 : registryCounter(before.etag) + 1),
    }
    checkKind(configuration)
    this.#configurations.set(id, configuration)
    this.#changed(id)
    this.#targeting.evaluateAll()
    return this.#document(configuration)
  }

  get(id: string): ConfigurationDocument {
    return this.#document(this.#find(id))
  }

  has(id: string): boolean {
    return this.#configurations.has(id)
  }

  list(): readonly JsonObject[] {
    return [...this.#configurations.values()].map((one) => this.#document(one))
  }

  remove(id: string, ifMatch: IfMatch): void {
    const { etag } = this.#find(id)
    checkQuotes(ifMatch, 'WIRE-REG-23')
    checkConfigurationEtag(etag, ifMatch)
    this.#configurations.delete(id)
    this.#changed(id)
    this.#targeting.evaluateAll()
  }

  clear(): void {
    this.load([])()
  }

  test(targetCondition: string | undefined, queries: Readonly<Record<string, string>>): JsonObject {
    const errors = Object.entries(queries).flatMap(([name, query]) => {
      const error = messageOf(() => {
        this.#queries.check(metricQuery(query))
      })
      return error === undefined ? [] : [[name, error] as const]
    })
    const targetConditionError =
      targetCondition === undefined
        ? undefined
        : messageOf(() => testedTargets(targetCondition, this.#queries))
    return {
      targetConditionError: targetConditionError ?? '',
      customMetricQueryErrors: objectOf(errors),
    }
  }

  applyContent(deviceId: string, content: ConfigurationContent): void {
    checkEdgeContent(this.#hub.registry.get({ deviceId }), content)
    applyContent(this.#hub, { deviceId }, [{ content }])
    removeUnlisted(this.#hub, deviceId, content)
  }

  /** All of them, as a snapshot keeps them. */
  stored(): readonly StoredConfiguration[] {
    // The compiled condition is no data.
    return [...this.#configurations.values()].map((one) => ({ ...one, targets: undefined }))
  }

  /**
   * Reads configurations of a snapshot, which replace all there are.
   * @returns makes the change; until it is called nothing has changed.
   * @throws HubError InvalidConfigurationTargetCondition, InvalidConfigurationContent.
   */
  load(stored: readonly StoredConfiguration[]): () => void {
    const read = stored.map((one) => this.#read(one))
    return () => {
      for (const id of this.#configurations.keys()) this.#changed(id)
      this.#configurations.clear()
      for (const one of read) {
        this.#configurations.set(one.id, one)
        this.#changed(one.id)
      }
      this.#targeting.evaluateAll()
    }
  }

  #read(stored: StoredConfiguration): Configuration {
    return {
      ...stored,
      content: checkedContent(stored.content, undefined),
      targets: targetsOf(stored.targetCondition, this.#queries),
    }
  }

  #changed(id: string): void {
    this.#hub.commits.changed('configuration', id, 2_048)
  }

  /** `configurations` of a twin document; undefined: no configuration targets it. */
  statusOf(identity: Identity): JsonObject | undefined {
    return this.#targeting.statusOf(identity)
  }

  stop(): void {
    this.#targeting.stop()
  }

  #find(id: string): Configuration {
    const configuration = this.#configurations.get(id)
    if (configuration === undefined) throw configurationNotFound(id)
    return configuration
  }

  #document(configuration: Configuration): ConfigurationDocument {
    const { id, createdAt } = configuration
    const hasRun = this.#hub.clock.now() - createdAt >= FIRST_RUN_MS
    return configurationDocument(configuration, {
      time: this.#time,
      counts: hasRun
        ? {
            targeted: this.#targeting.count(id),
            applied: this.#targeting.count(id, 'Applied'),
            rowsOf: (query) => this.#queries.all(metricQuery(query)).length,
          }
        : undefined,
    })
  }
}

/** The message of a refusal; undefined: nothing was refused. */
function messageOf(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    if (error instanceof HubError) return error.message
    throw error
  }
  return undefined
}
