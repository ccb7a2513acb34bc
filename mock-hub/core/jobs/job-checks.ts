import type { JobRequest } from '../contract/services/jobs.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import type { HubQueries, TwinTarget } from '../query/queries.ts'

const LONGEST_EXECUTION_SECONDS = 172_800

export function jobNotFound(jobId: string): HubError {
  return new HubError({
    kind: 'JobNotFound',
    message: `Job '${jobId}' was not found.`,
    rule: 'WIRE-JOB-02',
    expected: 'the id of a job',
    received: quoted(jobId),
  })
}

/** @throws HubError ArgumentInvalid, ArgumentNull. */
export function checkJobRequest({
  jobId,
  type,
  updateTwin,
  method,
  maxExecutionTimeInSeconds,
}: JobRequest): void {
  if (!/^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/.test(jobId))
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'The job id is not valid.',
      rule: 'WIRE-JOB-01',
      expected: "a job id of 1 to 128 letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ '",
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
      message: 'updateTwin.etag must be *: a job writes twins whatever their etag is.',
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
