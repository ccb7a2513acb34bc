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

/** A certificate, see `provisioning/stored-record.ts`. */
const CERTIFICATE = { type: 'object', required: ['\u0000der'] } as const
const ATTESTATION = {
  type: 'object',
  required: ['type'],
  properties: { type: { enum: ['symmetricKey', 'x509', 'tpm'] } },
  allOf: [
    {
      if: { properties: { type: { const: 'symmetricKey' } } },
      then: objectOf({ type: TEXT, primaryKey: TEXT, secondaryKey: TEXT }, ['primaryKey', 'secondaryKey']),
    },
    {
      if: { properties: { type: { const: 'tpm' } } },
      then: objectOf({ type: TEXT, endorsementKey: TEXT, storageRootKey: TEXT }, ['endorsementKey']),
    },
    {
      if: { properties: { type: { const: 'x509' }, kind: { const: 'caReferences' } } },
      then: objectOf({ type: TEXT, kind: TEXT, names: objectOf({ primary: TEXT, secondary: TEXT }, []) }, [
        'kind',
        'names',
      ]),
    },
    {
      if: { properties: { type: { const: 'x509' }, kind: { not: { const: 'caReferences' } } } },
      then: objectOf(
        {
          type: TEXT,
          kind: { enum: ['clientCertificates', 'signingCertificates'] },
          certificates: objectOf({ primary: CERTIFICATE, secondary: CERTIFICATE }, []),
        },
        ['kind', 'certificates'],
      ),
    },
  ],
} as const
const enrollment = (kind: string): ReturnType<typeof objectOf> =>
  objectOf(
    {
      kind: { const: kind },
      id: TEXT,
      deviceId: TEXT,
      optionalDeviceInformation: OBJECT,
      attestation: ATTESTATION,
      iotEdge: { type: 'boolean' },
      tags: OBJECT,
      desired: OBJECT,
      enabled: { type: 'boolean' },
      reprovisionPolicy: objectOf(
        { updateHubAssignment: { type: 'boolean' }, migrateDeviceData: { type: 'boolean' } },
        ['updateHubAssignment', 'migrateDeviceData'],
      ),
      allocationPolicy: { enum: ['hashed', 'geoLatency', 'static', 'custom'] },
      iotHubs: TEXTS,
      webhook: objectOf({ url: TEXT, apiVersion: TEXT }, ['url', 'apiVersion']),
      etag: TEXT,
      createdAt: TIME,
      updatedAt: TIME,
    },
    ['kind', 'id', 'attestation', 'enabled', 'etag', 'createdAt', 'updatedAt'],
  )
const ASSIGNED = objectOf({ hub: TEXT, deviceId: TEXT }, ['hub', 'deviceId'])
const OUTCOME = {
  type: 'object',
  required: ['status'],
  properties: { status: { enum: ['unassigned', 'assigned', 'failed', 'disabled'] } },
  allOf: [
    {
      if: { properties: { status: { const: 'assigned' } } },
      then: { properties: { assigned: ASSIGNED, substatus: TEXT }, required: ['assigned', 'substatus'] },
    },
    {
      if: { properties: { status: { const: 'failed' } } },
      then: {
        properties: { errorCode: { type: 'integer' }, errorMessage: TEXT },
        required: ['errorCode', 'errorMessage'],
      },
    },
  ],
} as const

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
  provisioningCertificate: objectOf(
    { name: TEXT, certificate: CERTIFICATE, verified: { type: 'boolean' }, code: TEXT },
    ['name', 'certificate', 'verified'],
  ),
  enrollment: enrollment('individual'),
  enrollmentGroup: enrollment('group'),
  registration: objectOf(
    {
      registrationId: TEXT,
      enrollment: objectOf({ kind: { enum: ['individual', 'group'] }, id: TEXT }, ['kind', 'id']),
      outcome: OUTCOME,
      assigned: ASSIGNED,
      leaf: CERTIFICATE,
      etag: TEXT,
      operationId: TEXT,
      createdAt: TIME,
      updatedAt: TIME,
    },
    ['registrationId', 'enrollment', 'outcome', 'etag', 'createdAt', 'updatedAt'],
  ),
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
