import type { JsonObject } from '../../base/json.ts'
import type { DeviceJob, DeviceJobStatus, Job } from './job.ts'

/**
 * A job as the service API shows it.
 * @param time renders epoch ms.
 */
export function jobDocument(job: Job, time: (ms: number) => string): JsonObject {
  const { request, devices } = job
  const count = (...statuses: readonly DeviceJobStatus[]) =>
    devices.filter(({ status }) => statuses.includes(status)).length
  return {
    jobId: request.jobId,
    type: request.type,
    status: job.status,
    queryCondition: request.queryCondition,
    createdTime: time(job.createdAt),
    startTime: time(job.startAt),
    ...(job.endedAt === undefined ? {} : { endTime: time(job.endedAt) }),
    maxExecutionTimeInSeconds: request.maxExecutionTimeInSeconds,
    ...request.given,
    ...(job.failureReason === undefined
      ? {}
      : { failureReason: job.failureReason, statusMessage: job.failureReason }),
    deviceJobStatistics: {
      deviceCount: devices.length,
      failedCount: count('failed', 'canceled'),
      succeededCount: count('completed'),
      runningCount: count('running'),
      pendingCount: count('pending'),
    },
  }
}

/** A row of `devices.jobs`. */
export function deviceJobDocument(device: DeviceJob, time: (ms: number) => string): JsonObject {
  const isTwinUpdated = device.jobType === 'scheduleUpdateTwin' && device.status === 'completed'
  // The page on job queries shows it (WIRE-QRY-22).
  const outcome = isTwinUpdated ? { deviceMethodResponse: null } : device.outcome
  return {
    ...device.identity,
    jobId: device.jobId,
    jobType: device.jobType,
    status: device.status,
    ...(device.startedAt === undefined ? {} : { startTimeUtc: time(device.startedAt) }),
    ...(device.endedAt === undefined ? {} : { endTimeUtc: time(device.endedAt) }),
    createdDateTimeUtc: time(device.createdAt),
    lastUpdatedDateTimeUtc: time(device.updatedAt),
    ...(outcome === undefined ? {} : { outcome }),
    ...(device.error === undefined ? {} : { error: { ...device.error } }),
  }
}
