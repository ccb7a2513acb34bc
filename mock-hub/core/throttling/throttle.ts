/** Rates and daily quotas of one unit of a service tier (WIRE-THR-01, WIRE-THR-02). */

import type { Clock } from '../../base/clock.ts'
import { noStore, type Commits } from '../contract/store/commits.ts'
import type { QuotaMeter, Throttle, ThrottledOperation } from '../contract/throttle.ts'
import type { HubErrorKind } from '../errors/catalogue.ts'
import { HubError } from '../errors/hub-error.ts'
import type { Settings, Tier } from '../contract/settings.ts'

/** Operations (or bytes) in a period; a burst of the whole amount is allowed. */
interface Rate {
  readonly amount: number
  readonly seconds: 1 | 60
  /** Counted in bytes, in steps of 4 KB. */
  readonly inBytes?: true
}

interface TierLimits {
  readonly rates: Readonly<Record<ThrottledOperation, Rate>>
  readonly messagesPerDay: number
  readonly chunkBytes: number
  readonly configurations: number
  readonly concurrentJobs: number
}

const perMinute = (amount: number): Rate => ({ amount, seconds: 60 })
const perSecond = (amount: number): Rate => ({ amount, seconds: 1 })
const bytesPerSecond = (amount: number): Rate => ({ amount, seconds: 1, inBytes: true })

const S1_RATES: TierLimits['rates'] = {
  registry: perMinute(100),
  connect: perSecond(100),
  telemetry: perSecond(100),
  c2dSend: perMinute(100),
  c2dReceive: perMinute(1_000),
  fileUpload: perMinute(100),
  method: bytesPerSecond(160 * 1024),
  query: perMinute(20),
  twinRead: perSecond(100),
  twinUpdate: perSecond(50),
  job: perMinute(100),
  jobDevice: perSecond(10),
  configuration: perMinute(20),
}

const STANDARD: Readonly<Record<Exclude<Tier, 'B1' | 'B2' | 'B3'>, TierLimits>> = {
  F1: {
    rates: S1_RATES,
    messagesPerDay: 8_000,
    chunkBytes: 512,
    configurations: 20,
    concurrentJobs: 1,
  },
  S1: {
    rates: S1_RATES,
    messagesPerDay: 400_000,
    chunkBytes: 4_096,
    configurations: 100,
    concurrentJobs: 1,
  },
  S2: {
    rates: {
      ...S1_RATES,
      connect: perSecond(120),
      telemetry: perSecond(120),
      method: bytesPerSecond(480 * 1024),
    },
    messagesPerDay: 6_000_000,
    chunkBytes: 4_096,
    configurations: 100,
    concurrentJobs: 5,
  },
  S3: {
    rates: {
      registry: perMinute(5_000),
      connect: perSecond(6_000),
      telemetry: perSecond(6_000),
      c2dSend: perMinute(5_000),
      c2dReceive: perMinute(50_000),
      fileUpload: perMinute(5_000),
      method: bytesPerSecond(24 * 1024 * 1024),
      query: perMinute(1_000),
      twinRead: perSecond(500),
      twinUpdate: perSecond(250),
      job: perMinute(5_000),
      jobDevice: perSecond(50),
      configuration: perMinute(20),
    },
    messagesPerDay: 300_000_000,
    chunkBytes: 4_096,
    configurations: 100,
    concurrentJobs: 10,
  },
}

/** Limits by tier; a basic tier has those of the standard tier of its size. */
export const TIERS: Readonly<Record<Tier, TierLimits>> = {
  ...STANDARD,
  B1: STANDARD.S1,
  B2: STANDARD.S2,
  B3: STANDARD.S3,
}

/** Operations that basic tiers lack (WIRE-ERR-08). */
const NOT_IN_BASIC: ReadonlySet<ThrottledOperation> = new Set([
  'c2dSend',
  'c2dReceive',
  'method',
  'twinRead',
  'twinUpdate',
  'job',
  'jobDevice',
  'configuration',
])

/** Operations that count as messages of the daily quota. Cloud-to-device messages count when they are delivered. */
const CHARGED: ReadonlySet<ThrottledOperation> = new Set([
  'telemetry',
  'c2dReceive',
  'fileUpload',
  'method',
  'twinRead',
  'twinUpdate',
])

const DAY_MS = 86_400_000
const STEP_BYTES = 4_096
/** The meter is stored so often, at most: each read of a twin would else wait for the store. */
const METER_MS = 1_000
/** There is one meter. */
const METER = 'meter'

interface StoredMeter extends Pick<QuotaMeter, 'used' | 'byOperation'> {
  /** Days since 1970 of the hub's clock. */
  readonly day: number
}

/** Without a tier nothing is refused; the meter counts all the same. */
export class TierThrottle implements Throttle {
  readonly #clock: Clock
  readonly #tier: Tier | undefined
  readonly #buckets = new Map<ThrottledOperation, { left: number; at: number }>()
  #byOperation: Partial<Record<ThrottledOperation, number>> = {}
  #day = -1
  #used = 0
  readonly #commits: Commits
  #storedAt = 0

  constructor(clock: Clock, { tier }: Pick<Settings, 'tier'>, commits: Commits = noStore()) {
    this.#clock = clock
    this.#tier = tier
    this.#commits = commits
    commits.keep<StoredMeter>({
      kind: 'quota',
      keys: () => [METER],
      read: () => ({ day: this.#day, used: this.#used, byOperation: this.#byOperation }),
      load: ([document]) => {
        this.clear()
        if (document === undefined) return
        this.#day = document.value.day
        this.#used = document.value.used
        this.#byOperation = { ...document.value.byOperation }
      },
    })
  }

  get meter(): QuotaMeter {
    this.#resetDaily()
    const limits = this.#tier === undefined ? undefined : TIERS[this.#tier]
    return {
      used: this.#used,
      limit: limits?.messagesPerDay,
      chunkBytes: this.#chunkBytes,
      byOperation: { ...this.#byOperation },
    }
  }

  /** Forgets what was used. */
  clear(): void {
    this.#buckets.clear()
    this.#byOperation = {}
    this.#used = 0
    this.#commits.changed('quota', METER)
  }

  take(operation: ThrottledOperation, bytes: number): void {
    this.requireInTier(operation)
    if (this.#tier !== undefined) this.#takeRate(this.#tier, operation, bytes)
    if (!CHARGED.has(operation)) return
    this.#resetDaily()
    const messages = Math.max(1, Math.ceil(bytes / this.#chunkBytes))
    if (this.#tier !== undefined) {
      const { messagesPerDay } = TIERS[this.#tier]
      if (this.#used + messages > messagesPerDay)
        throw new HubError({
          kind: 'IotHubQuotaExceeded',
          message: `Total number of messages on IotHub exceeded the allocated quota. Max allowed message count: ${String(messagesPerDay)}`,
          rule: 'WIRE-THR-02',
          expected: `at most ${String(messagesPerDay)} messages of ${String(this.#chunkBytes)} bytes a day in tier ${this.#tier}`,
          received: `${String(this.#used)} used and ${String(messages)} more`,
        })
    }
    this.#used += messages
    this.#byOperation[operation] = (this.#byOperation[operation] ?? 0) + messages
    if (!this.#commits.active) return
    const now = this.#clock.now()
    if (Math.abs(now - this.#storedAt) < METER_MS) return
    this.#storedAt = now
    this.#commits.changed('quota', METER)
  }

  requireInTier(operation: ThrottledOperation): void {
    const tier = this.#tier
    if (tier?.startsWith('B') !== true || !NOT_IN_BASIC.has(operation)) return
    throw new HubError({
      kind: 'OperationNotAvailableInCurrentTier',
      rule: 'WIRE-ERR-08',
      expected: 'a tier that is not basic',
      received: `${operation} in tier ${tier}`,
    })
  }

  get #chunkBytes(): number {
    return this.#tier === undefined ? TIERS.S1.chunkBytes : TIERS[this.#tier].chunkBytes
  }

  #takeRate(tier: Tier, operation: ThrottledOperation, bytes: number): void {
    const rate = TIERS[tier].rates[operation]
    const now = this.#clock.now()
    const bucket = this.#buckets.get(operation) ?? { left: rate.amount, at: now }
    const refilled = ((now - bucket.at) / 1_000 / rate.seconds) * rate.amount
    const left = Math.min(rate.amount, bucket.left + Math.max(0, refilled))
    const wanted = rate.inBytes === true ? Math.max(1, Math.ceil(bytes / STEP_BYTES)) * STEP_BYTES : 1
    if (wanted > left) {
      this.#buckets.set(operation, { left, at: now })
      const per = rate.seconds === 1 ? 'second' : 'minute'
      throw new HubError({
        ...refusalOf(operation),
        rule: 'WIRE-THR-01',
        expected: `at most ${String(rate.amount)} ${rate.inBytes === true ? 'bytes' : 'operations'} a ${per} in tier ${tier}`,
        received: `one more ${operation} in the same ${per}`,
      })
    }
    this.#buckets.set(operation, { left: left - wanted, at: now })
  }

  /** Resets the quota at midnight UTC of the hub's clock. */
  #resetDaily(): void {
    const day = Math.floor(this.#clock.now() / DAY_MS)
    if (day === this.#day) return
    this.#day = day
    this.#used = 0
  }
}

/** What waits in a queue and times out there, as the service names it (docs/contract/throttling.md#throttling-registry). */
const QUEUED = new Map<ThrottledOperation, string>([
  ['registry', 'CRUD'],
  ['configuration', 'ConfigurationWrite'],
])

function refusalOf(operation: ThrottledOperation): {
  readonly kind: HubErrorKind
  readonly message: string
} {
  const queued = QUEUED.get(operation)
  return queued !== undefined
    ? {
        kind: 'ThrottlingBacklogTimeout',
        message: `The request has been throttled. Wait 10 seconds and try again. Operation type: ${queued}`,
      }
    : {
        kind: 'ThrottlingException',
        message: `Requests of kind ${operation} exceed the allowed rate.`,
      }
}
