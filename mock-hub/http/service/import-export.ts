/** `/jobs`: export of the registry to a blob, and import from one (docs/contract/jobs.md). */

import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import type { HubRoutes } from '../common/route-context.ts'

interface JobBody {
  type: 'import' | 'export'
  inputBlobContainerUri?: string | null
  inputBlobName?: string | null
  outputBlobContainerUri?: string | null
  outputBlobName?: string | null
  excludeKeysInExport?: boolean | null
  storageAuthenticationType?: 'keyBased' | 'identityBased' | null
  includeConfigurations?: boolean | null
  configurationsBlobName?: string | null
  identity?: { userAssignedIdentity?: string | null } | null
}

const TEXT = { type: ['string', 'null'] } as const
const BOOLEAN = { type: ['boolean', 'null'] } as const
/** What the hub itself writes (id, times, status, progress) may stand in a body, and does not count. */
const JOB = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { enum: ['import', 'export'] },
    inputBlobContainerUri: TEXT,
    inputBlobName: TEXT,
    outputBlobContainerUri: TEXT,
    outputBlobName: TEXT,
    excludeKeysInExport: BOOLEAN,
    storageAuthenticationType: { enum: ['keyBased', 'identityBased', null] },
    includeConfigurations: BOOLEAN,
    configurationsBlobName: TEXT,
    identity: { type: ['object', 'null'], properties: { userAssignedIdentity: TEXT } },
  },
} as const

export const importExportRoutes: HubRoutes = (app, { services: { importExport } }, done) => {
  const config = { access: { service: ['RegistryWrite'] }, throttle: 'job' } as const
  const tags = ['jobs']
  app.post<{ Body: JobBody }>(
    '/jobs/create',
    { config, schema: { tags, summary: 'Import or export the registry', body: JOB } },
    ({ body }) => {
      checkIdentity(body)
      return importExport.create({
        type: body.type,
        inputBlobContainerUri: body.inputBlobContainerUri ?? undefined,
        inputBlobName: body.inputBlobName ?? undefined,
        outputBlobContainerUri: body.outputBlobContainerUri ?? undefined,
        outputBlobName: body.outputBlobName ?? undefined,
        excludeKeysInExport: body.excludeKeysInExport ?? undefined,
        storageAuthenticationType: body.storageAuthenticationType ?? undefined,
        includeConfigurations: body.includeConfigurations ?? undefined,
        configurationsBlobName: body.configurationsBlobName ?? undefined,
      })
    },
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

/** The hub has no managed identities that somebody could have assigned to it. @throws HubError ManagedIdentityNotEnabled. */
function checkIdentity({ identity }: JobBody): void {
  if (identity?.userAssignedIdentity == null) return
  throw new HubError({
    kind: 'ManagedIdentityNotEnabled',
    message: 'The user-assigned identity is not enabled on this IoT Hub.',
    rule: 'WIRE-JOB-09',
    expected: 'no identity, or a SAS in the URI of the container: this hub has no managed identities',
    received: quoted(identity.userAssignedIdentity),
  })
}
