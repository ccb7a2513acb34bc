/** Scheduled jobs: twin updates and method calls on many devices at a time of the hub's clock. */

import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../contract/hub.ts'
import type { JobFilter, JobRequest, Jobs } from '../contract/services/jobs.ts'
import type { Page, PageRequest } from '../contract/services/queries.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import type { ContinuationTokens } from '../query/continuation-tokens.ts'
import { pageSize } from '../query/page-size.ts'
import type { HubQueries } from '../query/queries.ts'
import { TIERS } from '../throttling/throttle.ts'
import { checkJobRequest, jobNotFound } from './job-checks.ts'
import { deviceJobDocument, jobDocument } from './job-documents.ts'
import { JobRunner } from './job-runner.ts'
import { JobStore } from './job-store.ts'
import { isActive, newJob, type Job } from './job.ts'

/** Ended jobs are kept so long. */
const HISTORY_MS = 30 * 86_400_000

type JobHub = Pick<Hub, 'clock' | 'twins' | 'methods' | 'settings' | 'commits'>

export class HubJobs implements Jobs {
  readonly #hub: JobHub
  readonly #tokens: ContinuationTokens
  readonly #time: (ms: number) => string
  readonly #runner: JobRunner
  readonly #jobs = new Map<string, Job>()
  readonly #store: JobStore

  /** @param time renders epoch ms. */
  constructor(
    hub: JobHub,
    queries: Pick<HubQueries, 'parseTarget' | 'select'>,
    tokens: ContinuationTokens,
    time: (ms: number) => string,
  ) {
    this.#hub = hub
    this.#tokens = tokens
    this.#time = time
    this.#store = new JobStore(hub.commits, this.#jobs, (job) => {
      this.#runner.resume(job)
    })
    this.#runner = new JobRunner(hub, queries, this.#store)
  }

  create(request: JobRequest): JsonObject {
    this.#forgetOld()
    checkJobRequest(request, this.#hub.clock.now())
    const { jobId } = request
    if (this.#jobs.has(jobId))
      throw new HubError({
        kind: 'JobAlreadyExists',
        message: `A job with id '${jobId}' exists.`,
        rule: 'WIRE-JOB-01',
        expected: 'a new job id',
        received: quoted(jobId),
      })
    this.#checkActive()
    const job = newJob(request, this.#hub.clock.now())
    this.#jobs.set(jobId, job)
    this.#store.changed(job)
    this.#runner.schedule(job)
    return jobDocument(job, this.#time)
  }

  has(jobId: string): boolean {
    return this.#jobs.has(jobId)
  }

  get(jobId: string): JsonObject {
    return jobDocument(this.#find(jobId), this.#time)
  }

  cancel(jobId: string): JsonObject {
    const job = this.#find(jobId)
    if (!isActive(job))
      throw new HubError({
        kind: 'OperationNotAllowedInCurrentState',
        message: `Job '${jobId}' is ${job.status} and cannot be cancelled.`,
        rule: 'WIRE-JOB-01',
        expected: 'a job that waits or runs',
        received: `job ${quoted(jobId)}, which is ${job.status}`,
      })
    this.#runner.end(job, 'cancelled')
    return jobDocument(job, this.#time)
  }

  query({ type, status }: JobFilter, { maxItems, continuation }: PageRequest = {}): Page {
    this.#forgetOld()
    const size = pageSize(maxItems)
    const name = JSON.stringify(['jobs', type, status])
    const { given } = this.#tokens.read(name, continuation)
    const all = [...this.#jobs.values()]
      .filter((job) => matches(type, job.request.type) && matches(status, job.status))
      .reverse()
    const end = given + size
    return {
      itemType: 'JobResponse',
      rows: all.slice(given, end).map((job) => jobDocument(job, this.#time)),
      continuation: end < all.length ? this.#tokens.create(name, { given: end }) : undefined,
    }
  }

  /** Rows of `devices.jobs`, in order of creation. */
  *deviceJobs(): Iterable<JsonObject> {
    for (const job of this.#jobs.values())
      for (const device of job.devices) yield deviceJobDocument(device, this.#time)
  }

  /** Cancels and forgets all jobs. */
  clear(): void {
    for (const job of this.#jobs.values()) {
      this.#runner.end(job, 'cancelled')
      this.#store.forgotten(job)
    }
    this.#jobs.clear()
  }

  #checkActive(): void {
    const { tier } = this.#hub.settings
    if (tier === undefined) return
    const most = TIERS[tier].concurrentJobs
    const active = [...this.#jobs.values()].filter(isActive).length
    if (active >= most)
      throw new HubError({
        kind: 'ThrottlingMaxActiveJobCountExceeded',
        message: '429',
        rule: 'WIRE-JOB-01',
        expected: `at most ${String(most)} active jobs in tier ${tier}`,
        received: `${String(active)} active jobs and a new one`,
      })
  }

  #forgetOld(): void {
    const oldest = this.#hub.clock.now() - HISTORY_MS
    for (const [id, job] of this.#jobs) {
      if (job.endedAt === undefined || job.endedAt >= oldest) continue
      this.#jobs.delete(id)
      this.#store.forgotten(job)
    }
  }

  #find(jobId: string): Job {
    const job = this.#jobs.get(jobId)
    if (job !== undefined) return job
    throw jobNotFound(jobId)
  }
}

function matches(wanted: string | undefined, given: string): boolean {
  return wanted === undefined || wanted.toLowerCase() === given.toLowerCase()
}
