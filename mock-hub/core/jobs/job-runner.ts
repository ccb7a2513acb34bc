import { forPurpose } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import { checkWritable } from '../contract/system-modules.ts'
import { HubError } from '../errors/hub-error.ts'
import type { HubQueries } from '../query/queries.ts'
import { jobTarget } from './job-checks.ts'
import type { JobStore } from './job-store.ts'
import { isActive, newDeviceJob, type DeviceJob, type Job } from './job.ts'

/** Twins that are written before other work gets its turn. */
const BATCH = 200
/** Method calls under way at a time. */
const CALLS = 10

/** Runs jobs: starts each at its time, works through its devices, ends it. */
export class JobRunner {
  readonly #hub: Pick<Hub, 'clock' | 'twins' | 'methods'>
  readonly #queries: Pick<HubQueries, 'parseTarget' | 'select'>
  readonly #store: Pick<JobStore, 'changed' | 'rowChanged'>

  constructor(
    hub: Pick<Hub, 'clock' | 'twins' | 'methods'>,
    queries: Pick<HubQueries, 'parseTarget' | 'select'>,
    store: Pick<JobStore, 'changed' | 'rowChanged'>,
  ) {
    this.#hub = hub
    this.#queries = queries
    this.#store = store
  }

  /** Starts the job at its time; until then it is `scheduled`. */
  schedule(job: Job): void {
    const wait = job.startAt - this.#hub.clock.now()
    if (wait > 0)
      this.#later(job, 0, () => {
        job.status = 'scheduled'
        this.#store.changed(job)
      })
    this.#later(job, wait, () => {
      this.#start(job)
    })
  }

  /** Goes on with a job of an earlier process. A call that was under way is made again: nobody knows how it ended. */
  resume(job: Job): void {
    if (!isActive(job)) return
    if (job.status !== 'running') {
      this.schedule(job)
      return
    }
    for (const device of job.devices) if (device.status === 'running') device.status = 'pending'
    this.#startDeadline(job)
    this.#later(job, 0, () => {
      this.#proceed(job)
    })
  }

  /** Ends an active job; devices that have not ended are cancelled. */
  end(job: Job, status: 'completed' | 'failed' | 'cancelled'): void {
    if (!isActive(job)) return
    job.status = status
    job.endedAt = this.#hub.clock.now()
    for (const cancel of job.timers) cancel()
    for (const device of job.devices) this.#settle(device, 'canceled')
    this.#store.changed(job)
    job.abort.abort()
  }

  #start(job: Job): void {
    job.status = 'running'
    const now = this.#hub.clock.now()
    try {
      const target = jobTarget(job.request.queryCondition, this.#queries)
      for (const { record } of this.#queries.select(target)) {
        const device = newDeviceJob(job, record.identity, now)
        job.devices.push(device)
        this.#store.rowChanged(device)
      }
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      job.failureReason = `SQL query parse failed: ${error.message}`
      this.end(job, 'failed')
      return
    }
    job.deadline = now + job.request.maxExecutionTimeInSeconds * 1_000
    this.#store.changed(job)
    this.#startDeadline(job)
    this.#proceed(job)
  }

  #startDeadline(job: Job): void {
    const now = this.#hub.clock.now()
    this.#later(job, (job.deadline ?? now) - now, () => {
      job.failureReason = 'The job took longer than maxExecutionTimeInSeconds.'
      this.end(job, 'failed')
    })
  }

  #proceed(job: Job): void {
    if (job.status !== 'running') return
    if (job.request.type === 'scheduleUpdateTwin') {
      const end = Math.min(job.next + BATCH, job.devices.length)
      for (; job.next < end; job.next++) this.#updateTwin(job, job.devices[job.next])
    } else
      for (; job.running < CALLS && job.next < job.devices.length; job.next++) {
        // A job of an earlier process may have done it.
        if (job.devices[job.next]?.status !== 'pending') continue
        job.running++
        void this.#callMethod(job, job.devices[job.next])
      }
    if (job.next >= job.devices.length) {
      if (job.running === 0) this.end(job, 'completed')
      return
    }
    if (job.request.type === 'scheduleUpdateTwin')
      this.#later(job, 0, () => {
        this.#proceed(job)
      })
  }

  #updateTwin(job: Job, device: DeviceJob | undefined): void {
    if (device?.status !== 'pending') return
    this.#begin(device)
    try {
      checkWritable(device.identity)
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
    this.#store.rowChanged(device)
  }

  #settle(device: DeviceJob, status: 'completed' | 'failed' | 'canceled'): void {
    // A call that ends after its job was cancelled changes nothing.
    if (device.status !== 'running' && device.status !== 'pending') return
    device.status = status
    device.endedAt = device.updatedAt = this.#hub.clock.now()
    this.#store.rowChanged(device)
  }

  #fail(device: DeviceJob, error: unknown): void {
    if (!(error instanceof HubError)) throw error
    device.error = { code: error.kind, description: error.message }
    this.#settle(device, 'failed')
  }

  #later(job: Job, ms: number, run: () => void): void {
    job.timers.push(this.#hub.clock.schedule(ms, forPurpose({ kind: 'job' }, run)))
  }
}
