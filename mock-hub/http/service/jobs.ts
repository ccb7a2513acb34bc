/** `/jobs/v2`: scheduled twin updates and method calls (docs/contract/jobs.md). */

import type { JsonObject } from '../../base/json.ts'
import { memberText } from '../../base/json-text.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { JobType } from '../../core/contract/services/jobs.ts'
import { checkTwinArrays } from '../../core/contract/api-versions.ts'
import { apiVersionOf } from '../common/api-version.ts'
import { callOf } from './methods.ts'
import { pageRequest, sendPage, type PageHeaders } from './query.ts'
import type { HubRoutes } from '../common/route-context.ts'
import { updateOf } from './twin-update.ts'

interface JobBody {
  jobId?: string | null
  type: JobType
  queryCondition: string
  startTime?: string
  maxExecutionTimeInSeconds?: number
  updateTwin?: (JsonObject & Parameters<typeof updateOf>[0]) | null
  cloudToDeviceMethod?: (JsonObject & Parameters<typeof callOf>[0]) | null
}

const JOB = {
  type: 'object',
  required: ['type', 'queryCondition'],
  properties: {
    jobId: { type: ['string', 'null'] },
    type: { enum: ['scheduleUpdateTwin', 'scheduleDeviceMethod'] },
    queryCondition: { type: 'string' },
    // Null is refused, as captured (docs/contract/jobs.md#jobs-null-times).
    startTime: { type: 'string' },
    maxExecutionTimeInSeconds: { type: 'integer' },
    updateTwin: {
      type: ['object', 'null'],
      properties: { etag: { type: ['string', 'null'] }, tags: { type: ['object', 'null'] } },
    },
    cloudToDeviceMethod: {
      type: ['object', 'null'],
      required: ['methodName'],
      properties: { methodName: { type: 'string', minLength: 1 } },
    },
  },
} as const

const DEFAULT_EXECUTION_SECONDS = 3_600

export const jobRoutes: HubRoutes = (app, { services: { jobs } }, done) => {
  const config = { access: { service: ['ServiceConnect'] }, throttle: 'job' } as const
  const tags = ['jobs']
  app.put<{ Params: { id: string }; Body: JobBody }>(
    '/jobs/v2/:id',
    { config, schema: { tags, summary: 'Schedule a job', body: JOB } },
    (request) => {
      const { body, bodyText = '' } = request
      const { id } = request.params
      if (body.jobId != null && body.jobId !== id)
        throw badField('jobId', `${id}, as in the path`, body.jobId)
      const { updateTwin, cloudToDeviceMethod } = body
      checkTwinArrays(apiVersionOf(request), updateTwin?.tags, updateTwin?.properties?.desired)
      return jobs.create({
        jobId: id,
        type: body.type,
        queryCondition: body.queryCondition,
        startAt: startOf(body.startTime),
        maxExecutionTimeInSeconds: body.maxExecutionTimeInSeconds ?? DEFAULT_EXECUTION_SECONDS,
        updateTwin:
          updateTwin == null
            ? undefined
            : {
                etag: typeof updateTwin['etag'] === 'string' ? updateTwin['etag'] : undefined,
                update: updateOf(updateTwin),
              },
        method:
          cloudToDeviceMethod == null
            ? undefined
            : callOf(cloudToDeviceMethod, memberText(bodyText, 'cloudToDeviceMethod') ?? ''),
        given: {
          // The service answers with a twin, whose device it does not name (WIRE-JOB-11).
          ...(updateTwin == null ? {} : { updateTwin: { deviceId: null, ...updateTwin } }),
          ...(cloudToDeviceMethod == null ? {} : { cloudToDeviceMethod }),
        },
      })
    },
  )
  app.get<{ Querystring: { jobType?: string; jobStatus?: string }; Headers: PageHeaders }>(
    '/jobs/v2/query',
    { config, schema: { tags, summary: 'List jobs by type and status' } },
    ({ query: { jobType, jobStatus }, headers }, reply) =>
      sendPage(
        reply,
        jobs.query({ type: unlessEmpty(jobType), status: unlessEmpty(jobStatus) }, pageRequest(headers)),
      ),
  )
  app.get<{ Params: { id: string } }>(
    '/jobs/v2/:id',
    { config, schema: { tags, summary: 'Read a job' } },
    // Of a job that it does not know, one that imports or exports for example, this route tells the id (WIRE-JOB-05).
    ({ params: { id } }) => (jobs.has(id) ? jobs.get(id) : { jobId: id, type: 'unknown', status: 'unknown' }),
  )
  app.post<{ Params: { id: string } }>(
    '/jobs/v2/:id/cancel',
    { config, schema: { tags, summary: 'Cancel a job' } },
    ({ params: { id } }) => jobs.cancel(id),
  )
  done()
}

function unlessEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function startOf(text: string | null | undefined): number | undefined {
  if (text == null || text === '') return undefined
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw badField('startTime', 'an ISO 8601 time', text)
  return at
}

function badField(field: string, expected: string, received: string): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    message: `Expected ${field} to be ${expected}; given: ${received.slice(0, 80)}.`,
    rule: 'WIRE-JOB-01',
    expected: `${field} to be ${expected}`,
    received: received.slice(0, 80),
  })
}
