import type { JsonObject } from '../../base/json.ts'
import type { Identity } from '../contract/identity.ts'
import type { JobRequest, JobType } from '../contract/services/jobs.ts'

export type JobStatus = 'queued' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled'
export type DeviceJobStatus = 'pending' | 'running' | 'completed' | 'failed' | 'canceled'

/** The part of a job that concerns one device or module. */
export interface DeviceJob {
  /** Place among the devices of its job. */
  readonly index: number
  readonly identity: Identity
  readonly jobId: string
  readonly jobType: JobType
  readonly createdAt: number
  status: DeviceJobStatus
  startedAt: number | undefined
  endedAt: number | undefined
  updatedAt: number
  outcome: JsonObject | undefined
  error: { readonly code: string; readonly description: string } | undefined
}

/** A scheduled job, from its creation until the hub forgets it. Times are epoch ms. */
export interface Job {
  readonly request: JobRequest
  readonly createdAt: number
  readonly startAt: number
  status: JobStatus
  endedAt: number | undefined
  failureReason: string | undefined
  readonly devices: DeviceJob[]
  /** Index of the next device to start. */
  next: number
  /** Method calls under way. */
  running: number
  /** When a running job fails, epoch ms. */
  deadline: number | undefined
  readonly abort: AbortController
  /** Each cancels a timer of the job. */
  readonly timers: (() => void)[]
}

export function newJob(request: JobRequest, now: number): Job {
  return {
    request,
    createdAt: now,
    startAt: Math.max(now, request.startAt ?? now),
    status: 'queued',
    endedAt: undefined,
    failureReason: undefined,
    devices: [],
    next: 0,
    running: 0,
    deadline: undefined,
    abort: new AbortController(),
    timers: [],
  }
}

export function newDeviceJob({ request, devices }: Job, identity: Identity, now: number): DeviceJob {
  return {
    index: devices.length,
    identity,
    jobId: request.jobId,
    jobType: request.type,
    status: 'pending',
    createdAt: now,
    updatedAt: now,
    startedAt: undefined,
    endedAt: undefined,
    outcome: undefined,
    error: undefined,
  }
}

/** Whether it waits or runs. */
export function isActive({ status }: Job): boolean {
  return status === 'queued' || status === 'scheduled' || status === 'running'
}
