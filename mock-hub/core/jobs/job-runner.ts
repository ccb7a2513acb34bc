import type { Hub } from '../contract/hub.ts'
import { checkWritable } from '../contract/system-modules.ts'
import { HubError } from '../errors/hub-error.ts'
import type { HubQueries } from '../query/queries.ts'
import { jobTarget } from './job-checks.ts'
import { isActive, newDeviceJob, type DeviceJob, type Job } from './job.ts'

/** Twins that are written before other work gets its turn. */
const BATCH = 200
/** Method calls under way at a time. */
const CALLS = 10

/** Runs jobs: starts each at its time, works through its devices, ends it. */
export class JobRunner {
  readonly #hub: Pick<Hub, 'clock' | 'twins' | 'methods'>
  readonly #queries: Pick<HubQueries, 'parseTarget' | 'select'>

  constructor(
    hub: Pick<Hub, 'clock' | 'twins' | 'methods'>,
    queries: Pick<HubQueries, 'parseTarget' | 'select'>,
  ) {
    this.#hub = hub
    this.#queries = queries
  }

  /** Starts the job at its time; until then it is `scheduled`. */
  schedule(job: Job): void {
    const wait = job.startAt - this.#hub.clock.now()
    if (wait > 0)
      this.#later(job, 0, () => {
        job.status = 'scheduled'
      })
    this.#later(job, wait, () => {
      this.#start(job)
    })
  }

  /** Ends an active job; devices that have not ended are cancelled. */
  end(job: Job, status: 'completed' | 'failed' | 'cancelled'): void {
    if (!isActive(job)) return
    job.status = status
    job.endedAt = this.#hub.clock.now()
    for (const cancel of job.timers) cancel()
    for (const device of job.devices) this.#settle(device, 'canceled')
    job.abort.abort()
  }

  #start(job: Job): void {
    job.status = 'running'
    const now = this.#hub.clock.now()
    try {
      const target = jobTarget(job.request.queryCondition, this.#queries)
      for (const { record } of this.#queries.select(target))
        job.devices.push(newDeviceJob(job, record.identity, now))
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      job.failureReason = `SQL query parse failed: ${error.message}`
      this.end(job, 'failed')
      return
    }
    this.#later(job, job.request.maxExecutionTimeInSeconds * 1_000, () => {
      job.failureReason = 'The job took longer than maxExecutionTimeInSeconds.'
      this.end(job, 'failed')
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
      if (job.running === 0) this.end(job, 'completed')
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

  #later(job: Job, ms: number, run: () => void): void {
    job.timers.push(this.#hub.clock.schedule(ms, run))
  }
}
