import type { JobRequest } from '../contract/services/jobs.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import type { HubQueries, TwinTarget } from '../query/queries.ts'

const LONGEST_EXECUTION_SECONDS = 172_800
const LATEST_START_MS = 168 * 3_600_000

export function jobNotFound(jobId: string): HubError {
  return new HubError({
    kind: 'JobNotFound',
    message: `Job '${jobId}' was not found.`,
    rule: 'WIRE-JOB-02',
    expected: 'the id of a job',
    received: quoted(jobId),
  })
}

/** @param now epoch ms. @throws HubError ArgumentInvalid, ArgumentNull. */
export function checkJobRequest(
  { jobId, type, updateTwin, method, maxExecutionTimeInSeconds, startAt }: JobRequest,
  now: number,
): void {
  if (!/^[a-z0-9\-']{1,64}$/.test(jobId))
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'The job id is not valid.',
      rule: 'WIRE-JOB-12',
      expected: "a job id of 1 to 64 lower-case letters, digits, - and '",
      received: quoted(jobId),
    })
  if (!(maxExecutionTimeInSeconds > 0 && maxExecutionTimeInSeconds <= LONGEST_EXECUTION_SECONDS))
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'maxExecutionTimeInSeconds is out of range.',
      rule: 'WIRE-JOB-01',
      expected: `maxExecutionTimeInSeconds from 1 to ${String(LONGEST_EXECUTION_SECONDS)}`,
      received: String(maxExecutionTimeInSeconds),
    })
  if (startAt !== undefined && startAt > now + LATEST_START_MS)
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'startTime must be within 168 hours',
      rule: 'WIRE-JOB-13',
      expected: 'a startTime within 168 hours',
      received: new Date(startAt).toISOString(),
    })
  if (type === 'scheduleUpdateTwin') checkTwinUpdate(updateTwin)
  else if (method === undefined)
    throw new HubError({
      kind: 'ArgumentNull',
      message: 'scheduleDeviceMethod needs cloudToDeviceMethod.',
      rule: 'WIRE-JOB-01',
      expected: 'cloudToDeviceMethod',
      received: 'none',
    })
}

function checkTwinUpdate(updateTwin: JobRequest['updateTwin']): void {
  if (updateTwin === undefined)
    throw new HubError({
      kind: 'ArgumentNull',
      message: 'scheduleUpdateTwin needs updateTwin.',
      rule: 'WIRE-JOB-01',
      expected: 'updateTwin',
      received: 'none',
    })
  if (updateTwin.etag !== '*')
    throw new HubError({
      kind: 'ArgumentInvalid',
      message:
        'Missing or invalid etag for job type ScheduleUpdateTwin. ' +
        "ScheduleUpdateTwin job type is a force update, which only accepts '*' as the Etag.",
      rule: 'WIRE-JOB-03',
      expected: 'updateTwin.etag "*"',
      received: updateTwin.etag === undefined ? 'none' : quoted(updateTwin.etag),
    })
}

/** The devices or modules that a query condition means. @throws HubError ArgumentInvalid for text that is no WHERE part. */
export function jobTarget(queryCondition: string, queries: Pick<HubQueries, 'parseTarget'>): TwinTarget {
  const { from, where } = queries.parseTarget(queryCondition)
  if (from === 'devices.jobs')
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'A job is for devices or modules.',
      rule: 'WIRE-JOB-01',
      expected: 'devices or devices.modules',
      received: from,
    })
  return { from, where }
}
