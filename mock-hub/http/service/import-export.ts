/** `/jobs`: export of the registry to a blob, and import from one (docs/contract/jobs.md). */

import type { ImportExportRequest } from '../../core/contract/services/jobs.ts'
import type { HubRoutes } from '../common/route-context.ts'

type Nullable<T> = { [K in keyof T]: T[K] | null }

const TEXT = { type: ['string', 'null'] } as const
const JOB = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { enum: ['import', 'export'] },
    inputBlobContainerUri: TEXT,
    inputBlobName: TEXT,
    outputBlobContainerUri: TEXT,
    outputBlobName: TEXT,
    excludeKeysInExport: { type: ['boolean', 'null'] },
    storageAuthenticationType: TEXT,
  },
} as const

export const importExportRoutes: HubRoutes = (app, { services: { importExport } }, done) => {
  const config = { access: { service: ['RegistryWrite'] }, throttle: 'job' } as const
  const tags = ['jobs']
  app.post<{ Body: Nullable<Omit<ImportExportRequest, 'type'>> & { type: 'import' | 'export' } }>(
    '/jobs/create',
    { config, schema: { tags, summary: 'Import or export the registry', body: JOB } },
    ({ body }) =>
      importExport.create({
        type: body.type,
        inputBlobContainerUri: body.inputBlobContainerUri ?? undefined,
        inputBlobName: body.inputBlobName ?? undefined,
        outputBlobContainerUri: body.outputBlobContainerUri ?? undefined,
        outputBlobName: body.outputBlobName ?? undefined,
        excludeKeysInExport: body.excludeKeysInExport ?? undefined,
        storageAuthenticationType: body.storageAuthenticationType ?? undefined,
      }),
  )
  app.get('/jobs', { config, schema: { tags, summary: 'List import and export jobs' } }, () =>
    importExport.list(),
  )
  app.get<{ Params: { id: string } }>(
    '/jobs/:id',
    { config, schema: { tags, summary: 'Read an import or export job' } },
    ({ params: { id } }) => importExport.get(id),
  )
  app.delete<{ Params: { id: string } }>(
    '/jobs/:id',
    { config, schema: { tags, summary: 'Cancel an import or export job' } },
    ({ params: { id } }, reply) => {
      importExport.cancel(id)
      return reply.code(204).send()
    },
  )
  done()
}
