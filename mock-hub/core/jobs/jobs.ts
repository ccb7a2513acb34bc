/**
 * Scheduled jobs: twin updates and method calls on many devices at a time of the hub's clock (wire contract 7.4).
 * Each device has a row in `devices.jobs`.
 */

import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import type { MethodCall } from '../contract/methods.ts'
import type { TwinUpdate } from '../contract/twins.ts'
import { HubError } from '../errors/hub-error.ts'
import type { Identity } from '../contract/identity.ts'
import type { Target } from '../query/ast.ts'
import { parseTarget } from '../query/parse.ts'
import type { Queries } from '../query/queries.ts'
import { TIERS } from '../throttling/throttle.ts'

export type JobType = 'scheduleUpdateTwin' | 'scheduleDeviceMethod'
export type JobStatus = 'queued' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled'

export interface JobRequest {
  readonly jobId: string
  readonly type: JobType
  /** A WHERE part, or `*`. */
  readonly queryCondition: string
  /** Epoch ms; undefined: now. */
  readonly startAt: number | undefined
  /** Seconds. */
  readonly maxExecutionTimeInSeconds: number
  readonly updateTwin?: { readonly etag: string | undefined; readonly update: TwinUpdate } | undefined
  readonly method?: MethodCall | undefined
  /** `updateTwin` or `cloudToDeviceMethod` as the caller gave it; answers repeat it. */
  readonly given: JsonObject
}

/** What became of one device. */
export interface DeviceJob {
  readonly identity: Identity
  readonly jobId: string
  readonly jobType: JobType
  status: 'pending' | 'running' | 'completed' | 'failed' | 'canceled'
  startedAt: number | undefined
  endedAt: number | undefined
  updatedAt: number
  readonly createdAt: number
  outcome: JsonObject | undefined
  error: { readonly code: string; readonly description: string } | undefined
}

interface Job {
  readonly request: JobRequest
  readonly target: Target & { readonly from: 'devices' | 'devices.modules' }
  readonly createdAt: number
  readonly startAt: number
  status: JobStatus
  endedAt: number | undefined
  failureReason: string | undefined
  readonly devices: DeviceJob[]
  next: number
  running: number
  readonly abort: AbortController
  readonly timers: (() => void)[]
}

const ACTIVE: readonly JobStatus[] = ['queued', 'scheduled', 'running']
const HISTORY_MS = 30 * 86_400_000
/** Twins written before other work gets its turn. */
const BATCH = 200
/** Method calls under way at a time. */
const CALLS = 10
const LONGEST_EXECUTION_SECONDS = 172_800

export class Jobs {
  readonly #hub: Pick<Hub, 'clock' | 'twins' | 'methods' | 'settings' | 'throttle'>
  readonly #queries: Queries
  readonly #time: (ms: number) => string
  readonly #jobs = new Map<string, Job>()

  constructor(
    hub: Pick<Hub, 'clock' | 'twins' | 'methods' | 'settings' | 'throttle'>,
    queries: Queries,
    time: (ms: number) => string,
  ) {
    this.#hub = hub
    this.#queries = queries
    this.#time = time
  }

  /** @throws HubError JobAlreadyExists, ArgumentInvalid, ThrottlingMaxActiveJobCountExceeded. */
  create(request: JobRequest): JsonObject {
    this.#forgetOld()
    check(request)
    const target = targetOf(request.queryCondition)
    // A function that does not exist is found now, not at the start.
    void this.#queries.select(target)
    if (this.#jobs.has(request.jobId))
      throw refusal(
        'JobAlreadyExists',
        `A job with id '${request.jobId}' exists.`,
        'a new job id',
        request.jobId,
      )
    this.#checkActive()
    const now = this.#hub.clock.now()
    const startAt = Math.max(now, request.startAt ?? now)
    const job: Job = {
      request,
      target,
      createdAt: now,
      startAt,
      status: startAt > now ? 'scheduled' : 'queued',
      endedAt: undefined,
      failureReason: undefined,
      devices: [],
      next: 0,
      running: 0,
      abort: new AbortController(),
      timers: [],
    }
    this.#jobs.set(request.jobId, job)
    this.#later(job, startAt - now, () => {
      this.#start(job)
    })
    return this.#document(job)
  }

  /** @throws HubError JobNotFound. */
  get(jobId: string): JsonObject {
    return this.#document(this.#find(jobId))
  }

  /** Devices that have not begun are left out. @throws HubError JobNotFound, OperationNotAllowedInCurrentState. */
  cancel(jobId: string): JsonObject {
    const job = this.#find(jobId)
    if (!ACTIVE.includes(job.status))
      throw refusal(
        'OperationNotAllowedInCurrentState',
        `Job '${jobId}' is ${job.status} and cannot be cancelled.`,
        'a job that waits or runs',
        job.status,
      )
    this.#end(job, 'cancelled')
    return this.#document(job)
  }

  /** Newest first. */
  list(filter: {
    readonly type?: string | undefined
    readonly status?: string | undefined
  }): readonly JsonObject[] {
    this.#forgetOld()
    const same = (wanted: string | undefined, type: string) =>
      wanted === undefined || wanted.toLowerCase() === type.toLowerCase()
    return [...this.#jobs.values()]
      .filter((job) => same(filter.type, job.request.type) && same(filter.status, job.status))
      .reverse()
      .map((job) => this.#document(job))
  }

  /** Rows of `devices.jobs`. */
  *deviceJobs(): Iterable<JsonObject> {
    for (const job of this.#jobs.values()) for (const device of job.devices) yield this.#row(device)
  }

  stop(): void {
    for (const job of this.#jobs.values()) if (ACTIVE.includes(job.status)) this.#end(job, 'cancelled')
  }

  #start(job: Job): void {
    job.status = 'running'
    const now = this.#hub.clock.now()
    for (const { record } of this.#queries.select(job.target))
      job.devices.push({
        identity: record.identity,
        jobId: job.request.jobId,
        jobType: job.request.type,
        status: 'pending',
        createdAt: now,
        updatedAt: now,
        startedAt: undefined,
        endedAt: undefined,
        outcome: undefined,
        error: undefined,
      })
    this.#later(job, job.request.maxExecutionTimeInSeconds * 1_000, () => {
      job.failureReason = 'The job took longer than maxExecutionTimeInSeconds.'
      this.#end(job, 'failed')
    })
    this.#proceed(job)
  }

  #proceed(job: Job): void {
    if (job.status !== 'running') return
    if (job.request.type === 'scheduleUpdateTwin') {
      const end = Math.min(job.next + BATCH, job.devices.length)
      for (; job.next < end; job.next++) this.#updateTwin(job, job.devices[job.next])
    } else
      for (; job.running < CALLS && job.next < job.devices.length; job.next++) {
        job.running++
        void this.#callMethod(job, job.devices[job.next])
      }
    if (job.next >= job.devices.length) {
      if (job.running === 0) this.#end(job, 'completed')
      return
    }
    if (job.request.type === 'scheduleUpdateTwin')
      this.#later(job, 0, () => {
        this.#proceed(job)
      })
  }

  #updateTwin(job: Job, device: DeviceJob | undefined): void {
    if (device === undefined) return
    this.#begin(device)
    try {
      this.#hub.twins.patch(device.identity, job.request.updateTwin?.update ?? {}, '*')
      this.#settle(device, 'completed')
    } catch (error) {
      this.#fail(device, error)
    }
  }

  async #callMethod(job: Job, device: DeviceJob | undefined): Promise<void> {
    const { method } = job.request
    if (device !== undefined && method !== undefined) {
      this.#begin(device)
      try {
        const { status, payload } = await this.#hub.methods.invoke(device.identity, method, job.abort.signal)
        device.outcome = { deviceMethodResponse: { status, payload } }
        this.#settle(device, 'completed')
      } catch (error) {
        this.#fail(device, error)
      }
    }
    job.running--
    this.#proceed(job)
  }

  #begin(device: DeviceJob): void {
    device.status = 'running'
    device.startedAt = device.updatedAt = this.#hub.clock.now()
  }

  #settle(device: DeviceJob, status: 'completed' | 'failed' | 'canceled'): void {
    // A call that ends after its job was cancelled changes nothing.
    if (device.status !== 'running' && device.status !== 'pending') return
    device.status = status
    device.endedAt = device.updatedAt = this.#hub.clock.now()
  }

  #fail(device: DeviceJob, error: unknown): void {
    if (!(error instanceof HubError)) throw error
    device.error = { code: error.kind, description: error.message }
    this.#settle(device, 'failed')
  }

  #end(job: Job, status: 'completed' | 'failed' | 'cancelled'): void {
    if (!ACTIVE.includes(job.status)) return
    job.status = status
    job.endedAt = this.#hub.clock.now()
    for (const cancel of job.timers) cancel()
    for (const device of job.devices) this.#settle(device, 'canceled')
    job.abort.abort()
  }

  #later(job: Job, ms: number, run: () => void): void {
    job.timers.push(this.#hub.clock.schedule(ms, run))
  }

  #checkActive(): void {
    const { tier } = this.#hub.settings
    if (tier === undefined) return
    const most = TIERS[tier].concurrentJobs
    const active = [...this.#jobs.values()].filter(({ status }) => ACTIVE.includes(status)).length
    if (active >= most)
      throw refusal(
        'ThrottlingMaxActiveJobCountExceeded',
        `At most ${String(most)} jobs are active at a time.`,
        `at most ${String(most)} active jobs in tier ${tier}`,
        `${String(active)} active jobs`,
      )
  }

  #forgetOld(): void {
    const oldest = this.#hub.clock.now() - HISTORY_MS
    for (const [id, { endedAt }] of this.#jobs)
      if (endedAt !== undefined && endedAt < oldest) this.#jobs.delete(id)
  }

  #find(jobId: string): Job {
    const job = this.#jobs.get(jobId)
    if (job === undefined)
      throw refusal('JobNotFound', `Job '${jobId}' was not found.`, 'the id of a job', jobId)
    return job
  }

  #document(job: Job): JsonObject {
    const { request, devices } = job
    const count = (...of: readonly DeviceJob['status'][]) =>
      devices.filter(({ status }) => of.includes(status)).length
    return {
      jobId: request.jobId,
      type: request.type,
      status: job.status,
      queryCondition: request.queryCondition,
      createdTime: this.#time(job.createdAt),
      startTime: this.#time(job.startAt),
      ...(job.endedAt === undefined ? {} : { endTime: this.#time(job.endedAt) }),
      maxExecutionTimeInSeconds: request.maxExecutionTimeInSeconds,
      ...request.given,
      ...(job.failureReason === undefined ? {} : { failureReason: job.failureReason }),
      deviceJobStatistics: {
        deviceCount: devices.length,
        failedCount: count('failed', 'canceled'),
        succeededCount: count('completed'),
        runningCount: count('running'),
        pendingCount: count('pending'),
      },
    }
  }

  #row(device: DeviceJob): JsonObject {
    return {
      ...device.identity,
      jobId: device.jobId,
      jobType: device.jobType,
      status: device.status,
      ...(device.startedAt === undefined ? {} : { startTimeUtc: this.#time(device.startedAt) }),
      ...(device.endedAt === undefined ? {} : { endTimeUtc: this.#time(device.endedAt) }),
      createdDateTimeUtc: this.#time(device.createdAt),
      lastUpdatedDateTimeUtc: this.#time(device.updatedAt),
      ...(device.outcome === undefined ? {} : { outcome: device.outcome }),
      ...(device.error === undefined ? {} : { error: { ...device.error } }),
    }
  }
}

/** @throws HubError ArgumentInvalid. */
function check({ jobId, type, updateTwin, method, maxExecutionTimeInSeconds }: JobRequest): void {
  if (!/^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/.test(jobId))
    throw refusal(
      'ArgumentInvalid',
      'The job id is not valid.',
      '1 to 128 letters, digits and - : . _ …',
      jobId,
    )
  if (!(maxExecutionTimeInSeconds > 0 && maxExecutionTimeInSeconds <= LONGEST_EXECUTION_SECONDS))
    throw refusal(
      'ArgumentInvalid',
      'maxExecutionTimeInSeconds is out of range.',
      `1 to ${String(LONGEST_EXECUTION_SECONDS)}`,
      String(maxExecutionTimeInSeconds),
    )
  if (type === 'scheduleUpdateTwin') {
    if (updateTwin === undefined)
      throw refusal('ArgumentNull', 'scheduleUpdateTwin needs updateTwin.', 'updateTwin', 'none')
    if (updateTwin.etag !== '*')
      throw new HubError({
        kind: 'ArgumentInvalid',
        message: 'updateTwin.etag must be *: a job writes whatever is there.',
        rule: 'WIRE-JOB-03',
        expected: 'updateTwin.etag "*"',
        received: updateTwin.etag ?? 'none',
      })
  } else if (method === undefined)
    throw refusal(
      'ArgumentNull',
      'scheduleDeviceMethod needs cloudToDeviceMethod.',
      'cloudToDeviceMethod',
      'none',
    )
}

/** @throws HubError ArgumentInvalid: no WHERE part (a whole SELECT is none). */
function targetOf(text: string): Target & { readonly from: 'devices' | 'devices.modules' } {
  const { from, where } = parseTarget(text)
  if (from === 'devices.jobs')
    throw refusal('ArgumentInvalid', 'A job is for devices or modules.', 'devices or devices.modules', from)
  return { from, where }
}

function refusal(kind: HubError['kind'], message: string, expected: string, received: string): HubError {
  return new HubError({
    kind,
    message,
    rule: kind === 'JobNotFound' ? 'WIRE-JOB-02' : 'WIRE-JOB-01',
    expected,
    received: received.slice(0, 140),
  })
}
