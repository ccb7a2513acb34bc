/** A device requests a SAS URI for a file upload and reports the result (docs/contract/file-upload.md). */

import { callerOf, type HubRoutes } from '../common/route-context.ts'
import { IDENTITY_PATHS } from '../../http-common/identity-paths.ts'

interface Finish {
  correlationId?: string
  isSuccess: boolean
  statusCode?: number | string | null
  statusDescription?: string | null
}

const FINISH = {
  type: 'object',
  required: ['isSuccess'],
  properties: {
    correlationId: { type: 'string' },
    isSuccess: { type: 'boolean' },
    statusCode: { type: ['integer', 'string', 'null'] },
    statusDescription: { type: ['string', 'null'] },
  },
} as const

const START = {
  type: 'object',
  required: ['blobName'],
  properties: { blobName: { type: 'string' } },
} as const

export const fileUploadRoutes: HubRoutes = (app, { hub }, done) => {
  for (const path of IDENTITY_PATHS) {
    app.post<{ Body: { blobName: string } }>(
      `${path}/files`,
      {
        config: { access: 'identity', throttle: 'none' },
        schema: { tags: ['device'], summary: 'Request a SAS URI for an upload', body: START },
      },
      async (request) => {
        const { blobName } = request.body
        return { ...(await hub.perform(callerOf(request), 'uploadStart', { blobName })) }
      },
    )
    // Python, Java and C name the upload in the body; Node and Go in the path (WIRE-FILE-05, WIRE-FILE-06).
    for (const notifications of ['notifications', 'notifications/*'])
      app.post<{ Body: Finish; Params: { '*'?: string } }>(
        `${path}/files/${notifications}`,
        {
          config: { access: 'identity', throttle: 'none' },
          schema: { tags: ['device'], summary: 'Report the result of an upload', body: FINISH },
        },
        async (request, reply) => {
          const { isSuccess, statusCode, statusDescription } = request.body
          await hub.perform(callerOf(request), 'uploadFinish', {
            // A missing ID is refused like an unknown one (WIRE-FILE-07).
            correlationId: request.params['*'] ?? request.body.correlationId ?? '',
            isSuccess,
            ...(statusCode == null ? {} : { statusCode: Number(statusCode) }),
            ...(statusDescription == null ? {} : { statusDescription }),
          })
          return reply.code(204).send()
        },
      )
  }
  done()
}
