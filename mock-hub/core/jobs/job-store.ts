/** Scheduled jobs as documents of a store: one for each job, one for each of its devices. */

import { placeKey, placeOf, type Commits } from '../contract/store/commits.ts'
import { newJob, type DeviceJob, type Job } from './job.ts'

type StoredJob = Pick<Job, 'request' | 'createdAt' | 'startAt' | 'status'> &
  Partial<Pick<Job, 'endedAt' | 'failureReason' | 'deadline'>>

export class JobStore {
  readonly #commits: Commits

  /**
   * @param jobs by id.
   * @param resume goes on with a job that was put back.
   */
  constructor(commits: Commits, jobs: Map<string, Job>, resume: (job: Job) => void) {
    this.#commits = commits
    commits.keep<StoredJob>({
      kind: 'job',
      keys: () => jobs.keys(),
      read: (id) => storedJob(jobs.get(id)),
      load: (documents) => {
        for (const { timers } of jobs.values()) for (const cancel of timers) cancel()
        jobs.clear()
        const inOrder = [...documents].sort((a, b) => a.value.createdAt - b.value.createdAt)
        for (const { key, value } of inOrder)
          jobs.set(key, { ...newJob(value.request, value.createdAt), ...value })
      },
    })
    commits.keep<DeviceJob>({
      kind: 'jobRow',
      *keys() {
        for (const [id, { devices }] of jobs) for (const { index } of devices) yield placeKey(id, index)
      },
      read: (key) => {
        const { owner, place } = placeOf(key)
        return jobs.get(owner)?.devices[place]
      },
      load: (documents) => {
        for (const { key, value } of documents) {
          const { owner, place } = placeOf(key)
          const job = jobs.get(owner)
          if (job !== undefined) job.devices[place] = value
        }
        for (const job of jobs.values()) resume(job)
      },
    })
  }

  changed({ request: { jobId } }: Job): void {
    this.#commits.changed('job', jobId)
  }

  rowChanged({ jobId, index }: DeviceJob): void {
    if (this.#commits.active) this.#commits.changed('jobRow', placeKey(jobId, index))
  }

  /** The job and its devices are forgotten. */
  forgotten(job: Job): void {
    this.changed(job)
    for (const device of job.devices) this.rowChanged(device)
  }
}

function storedJob(job: Job | undefined): StoredJob | undefined {
  if (job === undefined) return undefined
  const { request, createdAt, startAt, status, endedAt, failureReason, deadline } = job
  return { request, createdAt, startAt, status, endedAt, failureReason, deadline }
}
