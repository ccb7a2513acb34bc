/** JSON schema of a snapshot. */

import { objectOf } from '../context.ts'

const TEXT = { type: 'string' } as const
const TIME = { type: 'number', description: 'epoch ms' } as const
const COUNT = { type: 'integer', minimum: 0 } as const
const OBJECT = { type: 'object' } as const
const KEY = { type: ['string', 'null'] } as const
const DIGITS = { type: 'string', pattern: '^\\d{1,20}$' } as const
const TEXTS = { type: 'array', items: TEXT } as const

const IDENTITY = objectOf({ deviceId: TEXT, moduleId: TEXT }, ['deviceId'])
const RECORD = objectOf(
  {
    identity: IDENTITY,
    generationId: DIGITS,
    etag: TEXT,
    status: { enum: ['enabled', 'disabled'] },
    statusReason: KEY,
    statusUpdatedAt: TIME,
    connectionStateUpdatedAt: TIME,
    lastActivityAt: TIME,
    authentication: objectOf(
      {
        type: { enum: ['sas', 'selfSigned', 'certificateAuthority', 'none'] },
        symmetricKey: objectOf({ primaryKey: KEY, secondaryKey: KEY }, ['primaryKey', 'secondaryKey']),
        x509Thumbprint: objectOf({ primaryThumbprint: KEY, secondaryThumbprint: KEY }, [
          'primaryThumbprint',
          'secondaryThumbprint',
        ]),
      },
      ['type', 'symmetricKey', 'x509Thumbprint'],
    ),
    iotEdge: { type: 'boolean' },
    deviceScope: TEXT,
    parentScopes: TEXTS,
    managedBy: TEXT,
    attributes: OBJECT,
  },
  ['identity', 'generationId', 'etag', 'status', 'statusReason', 'authentication', 'iotEdge', 'parentScopes'],
)
const SECTION = objectOf({ properties: OBJECT, version: COUNT, metadata: OBJECT }, [
  'properties',
  'version',
  'metadata',
])
const TWIN = objectOf(
  {
    identity: IDENTITY,
    etag: TEXT,
    version: COUNT,
    modelId: TEXT,
    tags: OBJECT,
    desired: SECTION,
    reported: SECTION,
  },
  ['identity', 'etag', 'version', 'modelId', 'tags', 'desired', 'reported'],
)
const MESSAGE = objectOf(
  {
    message: objectOf({ bodyBase64: TEXT, system: OBJECT, properties: OBJECT }, [
      'bodyBase64',
      'system',
      'properties',
    ]),
    sequenceNumber: COUNT,
    enqueuedAt: TIME,
    expiresAt: TIME,
    generationId: DIGITS,
    deliveries: COUNT,
    failures: COUNT,
  },
  ['message', 'sequenceNumber', 'enqueuedAt', 'expiresAt', 'generationId', 'deliveries', 'failures'],
)
const CONFIGURATION = objectOf(
  {
    id: TEXT,
    schemaVersion: KEY,
    content: OBJECT,
    labels: { type: ['object', 'null'], additionalProperties: TEXT },
    targetCondition: TEXT,
    priority: { type: 'integer' },
    metrics: { type: 'object', additionalProperties: TEXT },
    createdAt: TIME,
    updatedAt: TIME,
    etag: TEXT,
  },
  ['id', 'content', 'labels', 'targetCondition', 'priority', 'metrics', 'createdAt', 'updatedAt', 'etag'],
)

const LIST = { type: 'array' } as const
const QUEUED = { expiresAt: TIME, failures: COUNT }
const BODY = objectOf({ bodyBase64: TEXT, system: OBJECT, properties: OBJECT }, [
  'bodyBase64',
  'system',
  'properties',
])
const MORE = { additionalProperties: true } as const

/** The values of documents by kind: what reading them needs. */
const VALUES = {
  feedbackBatch: objectOf({ records: LIST, dueAt: TIME }, ['records', 'dueAt']),
  feedback: objectOf({ item: LIST, ...QUEUED }, ['item', 'expiresAt', 'failures']),
  notification: objectOf({ item: OBJECT, ...QUEUED }, ['item', 'expiresAt', 'failures']),
  input: objectOf({ inputName: TEXT, message: BODY }, ['inputName', 'message']),
  upload: objectOf({ open: LIST, expired: TEXTS }, ['open', 'expired']),
  configurationStatus: LIST,
  job: {
    ...objectOf({ request: OBJECT, createdAt: TIME, startAt: TIME, status: TEXT }, [
      'request',
      'createdAt',
      'startAt',
      'status',
    ]),
    ...MORE,
  },
  jobRow: {
    ...objectOf({ index: COUNT, identity: IDENTITY, jobId: TEXT, status: TEXT, createdAt: TIME }, [
      'index',
      'identity',
      'jobId',
      'status',
      'createdAt',
    ]),
    ...MORE,
  },
  importJob: {
    ...objectOf({ jobId: TEXT, request: OBJECT, startedAt: TIME, status: TEXT }, [
      'jobId',
      'request',
      'startedAt',
      'status',
    ]),
    ...MORE,
  },
  quota: objectOf({ day: { type: 'integer' }, used: COUNT, byOperation: OBJECT }, [
    'day',
    'used',
    'byOperation',
  ]),
  mqttSession: objectOf({ subscriptions: LIST, packetIds: LIST }, ['subscriptions', 'packetIds']),
}
const DOCUMENT = {
  ...objectOf({ kind: { enum: Object.keys(VALUES) }, key: TEXT, value: {} }, ['kind', 'key', 'value']),
  allOf: Object.entries(VALUES).map(([kind, value]) => ({
    if: { properties: { kind: { const: kind } } },
    then: { properties: { value } },
  })),
}

/** `HubSnapshot` of the core. */
export const SNAPSHOT = objectOf(
  {
    format: { type: 'integer' },
    hostName: TEXT,
    clock: {
      oneOf: [objectOf({ frozenAt: TIME }, ['frozenAt']), objectOf({ offsetMs: TIME }, ['offsetMs'])],
    },
    identities: {
      type: 'array',
      items: objectOf({ record: RECORD, twin: TWIN, cloudToDevice: { type: 'array', items: MESSAGE } }, [
        'record',
        'twin',
      ]),
    },
    routes: TEXTS,
    configurations: { type: 'array', items: CONFIGURATION },
    documents: { type: 'array', items: DOCUMENT },
  },
  ['format', 'hostName', 'identities', 'routes', 'configurations'],
)
