import { expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import type { TwinUpdate } from '../contract/twins.ts'
import { noStore } from '../contract/store/commits.ts'
import { HubError } from '../errors/hub-error.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import type { JobRequest } from '../contract/services/jobs.ts'
import { ContinuationTokens } from '../query/continuation-tokens.ts'
import { parseTarget } from '../query/parse.ts'
import type { HubQueries } from '../query/queries.ts'
import { HubJobs } from './jobs.ts'
import { STRICT } from '../contract/settings.ts'

/** Jobs over three devices; twin `c` refuses. */
function jobsOf(tier?: 'S1') {
  const clock = new ManualClock(0)
  const written: [string, TwinUpdate][] = []
  const settings = { ...STRICT, tier }
  const hub = {
    clock,
    settings,
    twins: {
      patch(identity: Identity, update: TwinUpdate) {
        if (identity.deviceId === 'c')
          throw new HubError({
            kind: 'DeviceNotFound',
            message: 'gone',
            rule: '',
            expected: '',
            received: '',
          })
        written.push([identityKey(identity), update])
      },
    },
    commits: noStore(),
    methods: {
      invoke: ({ deviceId }: Identity, _call: unknown, signal: AbortSignal) =>
        deviceId === 'c'
          ? new Promise((_, reject) => {
              signal.addEventListener('abort', () => {
                reject(
                  new HubError({
                    kind: 'ClientClosedRequest',
                    message: 'left',
                    rule: '',
                    expected: '',
                    received: '',
                  }),
                )
              })
            })
          : Promise.resolve({ status: 200, payload: { of: deviceId } }),
    },
  }
  const queries = {
    parseTarget: (text: string) => parseTarget(text),
    select: () => ['a', 'b', 'c'].map((deviceId) => ({ record: { identity: { deviceId } } })),
  }
  // Jobs touch nothing else of the two.
  const jobs = new HubJobs(
    hub as unknown as Hub,
    queries as unknown as HubQueries,
    new ContinuationTokens(),
    String,
  )
  return { jobs, clock, written }
}

const TWIN_JOB: JobRequest = {
  jobId: 'j1',
  type: 'scheduleUpdateTwin',
  queryCondition: '*',
  startAt: undefined,
  maxExecutionTimeInSeconds: 60,
  updateTwin: { etag: '*', update: { tags: { a: 1 } } },
  given: {},
}
const METHOD_JOB: JobRequest = {
  ...TWIN_JOB,
  type: 'scheduleDeviceMethod',
  updateTwin: undefined,
  method: { methodName: 'm', payload: undefined },
}
const kindOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof HubError) return error.kind
    throw error
  }
  return 'accepted'
}

test('WIRE-JOB-01: a twin job is queued, runs, and has a row for each device', () => {
  const { jobs, clock, written } = jobsOf()
  expect(jobs.create(TWIN_JOB)).toMatchObject({ jobId: 'j1', status: 'queued' })
  clock.advance(0)
  expect(jobs.get('j1')).toMatchObject({
    status: 'completed',
    deviceJobStatistics: { deviceCount: 3, succeededCount: 2, failedCount: 1, pendingCount: 0 },
  })
  expect(written).toEqual([
    ['a', { tags: { a: 1 } }],
    ['b', { tags: { a: 1 } }],
  ])
  expect([...jobs.deviceJobs()].map((row) => row['status'])).toEqual(['completed', 'completed', 'failed'])
})

test('WIRE-JOB-01: a job waits for its start time on the hub’s clock', () => {
  const { jobs, clock, written } = jobsOf()
  expect(jobs.create({ ...TWIN_JOB, startAt: 3_600_000 })).toMatchObject({ status: 'queued' })
  clock.advance(0)
  expect(jobs.get('j1')).toMatchObject({ status: 'scheduled' })
  clock.advance(3_599_999)
  expect(written).toHaveLength(0)
  clock.advance(1)
  expect(jobs.get('j1')).toMatchObject({ status: 'completed' })
})

test('WIRE-JOB-04: a condition that cannot be read is accepted, and the job fails', () => {
  for (const queryCondition of ['SELECT * FROM devices', 'tags.x = =', 'FROM devices.jobs']) {
    const { jobs, clock, written } = jobsOf()
    expect(jobs.create({ ...TWIN_JOB, queryCondition })).toMatchObject({ status: 'queued' })
    clock.advance(0)
    const reason = expect.stringMatching(/^SQL query parse failed: ./) as unknown
    expect(jobs.get('j1')).toMatchObject({
      status: 'failed',
      failureReason: reason,
      statusMessage: reason,
      deviceJobStatistics: { deviceCount: 0 },
    })
    expect(written).toEqual([])
  }
})

test('WIRE-JOB-01: a method job that takes too long fails, with the devices it did not reach', async () => {
  const { jobs, clock } = jobsOf()
  jobs.create(METHOD_JOB)
  clock.advance(0)
  await Promise.resolve()
  await Promise.resolve()
  expect(jobs.get('j1')).toMatchObject({
    status: 'running',
    deviceJobStatistics: { succeededCount: 2, runningCount: 1 },
  })
  clock.advance(60_000)
  expect(jobs.get('j1')).toMatchObject({ status: 'failed', deviceJobStatistics: { failedCount: 1 } })
  expect([...jobs.deviceJobs()][0]).toMatchObject({
    outcome: { deviceMethodResponse: { status: 200, payload: { of: 'a' } } },
  })
})

test('WIRE-JOB-02: cancel, list, and an unknown id', () => {
  const { jobs, clock } = jobsOf()
  jobs.create({ ...TWIN_JOB, startAt: 1_000 })
  expect(jobs.cancel('j1')).toMatchObject({ status: 'cancelled' })
  clock.advance(2_000)
  expect(jobs.query({ status: 'Cancelled' }).rows).toHaveLength(1)
  expect(jobs.query({ type: 'scheduleDeviceMethod' }).rows).toHaveLength(0)
  expect(kindOf(() => jobs.cancel('j1'))).toBe('OperationNotAllowedInCurrentState')
  expect(kindOf(() => jobs.get('no'))).toBe('JobNotFound')
})

test('WIRE-JOB-02: jobs come newest first, page by page; a token goes with its filter', () => {
  const { jobs } = jobsOf()
  for (const jobId of ['j1', 'j2', 'j3']) jobs.create({ ...TWIN_JOB, jobId })
  const first = jobs.query({}, { maxItems: 2 })
  expect(first).toMatchObject({ itemType: 'JobResponse', rows: [{ jobId: 'j3' }, { jobId: 'j2' }] })
  const { continuation } = first
  expect(jobs.query({}, { continuation })).toMatchObject({ rows: [{ jobId: 'j1' }], continuation: undefined })
  expect(kindOf(() => jobs.query({ status: 'queued' }, { continuation }))).toBe('ArgumentInvalid')
  expect(jobs.query({}, { maxItems: 0 }).rows).toHaveLength(3)
})

test.each<[string, string, Partial<JobRequest>]>([
  ['WIRE-JOB-03: another etag than *', 'ArgumentInvalid', { updateTwin: { etag: 'x', update: {} } }],
  ['WIRE-JOB-01: no twin', 'ArgumentNull', { updateTwin: undefined }],
  ['WIRE-JOB-01: no method', 'ArgumentNull', { type: 'scheduleDeviceMethod' }],
  ['WIRE-JOB-01: no time to run', 'ArgumentInvalid', { maxExecutionTimeInSeconds: 0 }],
  ['WIRE-JOB-01: a bad id', 'ArgumentInvalid', { jobId: 'a b' }],
])('%s is refused', (_, kind, change) => {
  expect(kindOf(() => jobsOf().jobs.create({ ...TWIN_JOB, ...change }))).toBe(kind)
})

test('WIRE-JOB-01: an existing id, and one job more than the tier allows', () => {
  const { jobs } = jobsOf('S1')
  jobs.create(TWIN_JOB)
  expect(kindOf(() => jobs.create(TWIN_JOB))).toBe('JobAlreadyExists')
  expect(kindOf(() => jobs.create({ ...TWIN_JOB, jobId: 'j2' }))).toBe('ThrottlingMaxActiveJobCountExceeded')
})
