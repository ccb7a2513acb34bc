/** What each method of a MockHub's members takes. The one table of them; the compiler reports a method without a row. */

import { readJson } from '../base/json-text.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Services } from '../core/contract/services/services.ts'
import { EVENT_SOURCES, type SystemProperties } from '../core/contract/message.ts'
import type { ThrottledOperation } from '../core/contract/throttle.ts'
import {
  BOOLEAN,
  FUNCTION,
  ID,
  listOf,
  nullable,
  OBJECT,
  objectOf,
  oneOf,
  optional,
  rule,
  type Rule,
  STRING,
  TEXT,
  textValues,
} from './value-rules.ts'

/** The name of an argument, and what it may be. */
export type Argument = readonly [name: string, rule: Rule]
type Method = (...values: never[]) => unknown
type MethodsOf<T> = {
  readonly [M in keyof T as T[M] extends Method ? M : never]: readonly Argument[]
}
type Service = Exclude<keyof Services, 'clear' | 'stop'>
type Member =
  | 'registry'
  | 'twins'
  | 'methods'
  | 'c2d'
  | 'telemetry'
  | 'feedback'
  | 'fileNotifications'
  | 'inputs'
  | 'faults'
  | 'journal'
  | 'throttle'
/** Methods that reject instead of throwing. */
export const ASYNC: ReadonlySet<string> = new Set(['invoke', 'until'])

const NUMBER = rule('to be a number', (value) => typeof value === 'number' && !Number.isNaN(value))
const BYTES = rule('to be a Buffer', (value) => value instanceof Uint8Array)
const JSON_VALUE = rule('to be JSON', (value) => !['undefined', 'function', 'symbol'].includes(typeof value))
const SIGNAL = rule('to be an AbortSignal', (value) => value instanceof AbortSignal)
const IDENTITY_RULE = objectOf({ deviceId: ID, moduleId: ID }, ['deviceId'])
const IDENTITY: Argument = ['identity', IDENTITY_RULE]
const TARGET: Argument = ['target', IDENTITY_RULE]
const IF_MATCH: Argument = ['ifMatch', optional(STRING)]
const LISTENER: Argument = ['listener', FUNCTION]
const DEVICE_ID: Argument = ['deviceId', ID]
const JOB_ID: Argument = ['jobId', TEXT]
const LOCK: readonly Argument[] = [
  ['lockToken', TEXT],
  ['outcome', oneOf('complete', 'abandon', 'reject')],
]

/** Records, so that the compiler reports a missing one. */
const SYSTEM_FIELDS: Readonly<Record<keyof SystemProperties, Rule>> = {
  ...{ messageId: STRING, correlationId: STRING, userId: STRING, to: STRING, contentType: STRING },
  ...{ contentEncoding: STRING, creationTimeUtc: STRING, expiryTimeUtc: STRING, outputName: STRING },
  ...{ interfaceId: STRING, componentName: STRING, messageSchema: STRING, connectionDeviceId: STRING },
  ...{ connectionModuleId: STRING, diagnosticId: STRING, correlationContext: STRING, operation: STRING },
  ack: oneOf('none', 'positive', 'negative', 'full'),
}
const THROTTLED: Readonly<Record<ThrottledOperation, true>> = {
  ...{ registry: true, connect: true, telemetry: true, c2dSend: true, c2dReceive: true, fileUpload: true },
  ...{ method: true, query: true, twinRead: true, twinUpdate: true, job: true, jobDevice: true },
  configuration: true,
}
const MESSAGE_FIELDS = {
  body: BYTES,
  system: objectOf(SYSTEM_FIELDS),
  properties: textValues(true),
}
const MESSAGE: Argument = ['message', objectOf(MESSAGE_FIELDS, ['body', 'system', 'properties'])]
const EVENT = objectOf(
  {
    ...MESSAGE_FIELDS,
    ...{ deviceId: ID, moduleId: ID, authMethod: STRING, authGenerationId: STRING, modelId: STRING },
    source: oneOf('Telemetry', ...EVENT_SOURCES),
  },
  ['body', 'system', 'properties', 'deviceId', 'source'],
)
const KEY = nullable(STRING)
const SPEC = objectOf({
  status: oneOf('enabled', 'disabled'),
  statusReason: KEY,
  authentication: objectOf({
    type: oneOf('sas', 'selfSigned', 'certificateAuthority', 'none'),
    symmetricKey: nullable(objectOf({ primaryKey: KEY, secondaryKey: KEY })),
    x509Thumbprint: nullable(objectOf({ primaryThumbprint: KEY, secondaryThumbprint: KEY })),
  }),
  iotEdge: BOOLEAN,
  deviceScope: STRING,
  parentScopes: listOf(STRING),
  managedBy: STRING,
  attributes: OBJECT,
})
const UPDATE: Argument = ['update', objectOf({ tags: nullable(OBJECT), desired: nullable(OBJECT) })]
/** Whether JSON has a text for a value, or a text is JSON. */
function isPayload(value: unknown): boolean {
  try {
    if (typeof value === 'string') readJson(value)
    else JSON.stringify(value, (_key, part: unknown) => jsonPart(part))
    return true
  } catch {
    return false
  }
}

/** A member without a value is left out. @throws TypeError for what JSON has no text for. */
function jsonPart(part: unknown): unknown {
  const plain = part === null || ['string', 'boolean', 'object', 'undefined'].includes(typeof part)
  if (plain || Number.isFinite(part)) return part
  throw new TypeError('JSON has no text for it')
}

const CALL = objectOf(
  {
    methodName: STRING,
    payload: rule('to be a JSON value, or JSON text (for the string on: \'"on"\')', isPayload),
    responseTimeoutInSeconds: NUMBER,
    connectTimeoutInSeconds: NUMBER,
  },
  ['methodName'],
)
const PAGE: Argument = ['request', optional(objectOf({ maxItems: NUMBER, continuation: STRING }))]
const QUEUE: MethodsOf<Hub['feedback']> = { receive: [], settle: LOCK, onAvailable: [LISTENER] }

export const MEMBER_RULES: { readonly [K in Member]: MethodsOf<Hub[K]> } = {
  registry: {
    create: [IDENTITY, ['spec', optional(SPEC)]],
    update: [IDENTITY, ['spec', SPEC], IF_MATCH],
    regenerateKeys: [IDENTITY, ['which', oneOf('primaryKey', 'secondaryKey', 'both')]],
    remove: [IDENTITY, IF_MATCH],
    find: [IDENTITY],
    get: [IDENTITY],
    devices: [],
    modulesOf: [DEVICE_ID],
    onChange: [LISTENER],
    restore: [['records', listOf(OBJECT)]],
    trustCertificateAuthority: [['pem', TEXT]],
  },
  twins: {
    get: [IDENTITY],
    begin: [IDENTITY, ['twin', OBJECT], ['register', FUNCTION]],
    patch: [IDENTITY, UPDATE, IF_MATCH],
    replace: [IDENTITY, UPDATE, IF_MATCH],
    overwrite: [IDENTITY, ['twin', OBJECT], IF_MATCH],
    patchReported: [IDENTITY, ['patch', JSON_VALUE], ['baseVersion', optional(NUMBER)]],
    restore: [['documents', listOf(OBJECT)]],
    onChange: [LISTENER],
    onRemove: [LISTENER],
  },
  methods: { invoke: [TARGET, ['call', CALL], ['signal', optional(SIGNAL)]] },
  c2d: {
    send: [TARGET, MESSAGE],
    receive: [TARGET],
    settle: [TARGET, ...LOCK],
    purge: [TARGET],
    rejectWaiting: [TARGET],
    count: [TARGET],
    waiting: [TARGET],
    restore: [TARGET, ['messages', listOf(OBJECT)]],
  },
  telemetry: { subscribe: [LISTENER], onCleared: [LISTENER], append: [['message', EVENT]] },
  feedback: QUEUE,
  fileNotifications: QUEUE,
  inputs: { send: [TARGET, ['inputName', TEXT], MESSAGE] },
  faults: {
    // What a definition may hold depends on its type: the catalogue checks it.
    arm: [['definition', OBJECT]],
    match: [
      ['point', TEXT],
      ['identity', optional(STRING)],
      ['effects', optional(listOf(TEXT))],
    ],
    list: [],
    assertAllFired: [],
    disarm: [['id', optional(TEXT)]],
    onChange: [LISTENER],
  },
  journal: {
    record: [['event', OBJECT]],
    filter: [['filter', objectOf({ type: TEXT, identity: TEXT, linkId: TEXT })]],
    subscribe: [LISTENER],
    until: [
      ['matches', FUNCTION],
      ['options', optional(objectOf({ after: NUMBER, signal: SIGNAL }))],
    ],
  },
  throttle: {
    take: [
      ['operation', oneOf(...Object.keys(THROTTLED))],
      ['bytes', NUMBER],
    ],
    requireInTier: [['operation', oneOf(...Object.keys(THROTTLED))]],
  },
}

export const SERVICE_RULES: { readonly [K in Service]: MethodsOf<Services[K]> } = {
  queries: { run: [['text', STRING], PAGE] },
  configurations: {
    put: [['id', TEXT], ['spec', OBJECT], IF_MATCH],
    get: [['id', TEXT]],
    has: [['id', TEXT]],
    list: [],
    remove: [['id', TEXT], IF_MATCH],
    clear: [],
    test: [
      ['targetCondition', optional(STRING)],
      ['queries', textValues(false)],
    ],
    applyContent: [DEVICE_ID, ['content', OBJECT]],
  },
  jobs: {
    create: [
      [
        'request',
        objectOf(
          {
            jobId: TEXT,
            type: oneOf('scheduleUpdateTwin', 'scheduleDeviceMethod'),
            queryCondition: STRING,
            startAt: NUMBER,
            maxExecutionTimeInSeconds: NUMBER,
            updateTwin: OBJECT,
            method: CALL,
            given: OBJECT,
          },
          ['jobId', 'type', 'queryCondition', 'maxExecutionTimeInSeconds', 'given'],
        ),
      ],
    ],
    has: [JOB_ID],
    get: [JOB_ID],
    cancel: [JOB_ID],
    query: [['filter', objectOf({ type: STRING, status: STRING })], PAGE],
  },
  importExport: { create: [['request', OBJECT]], get: [JOB_ID], has: [JOB_ID], list: [], cancel: [JOB_ID] },
  digitalTwins: { get: [DEVICE_ID], patch: [DEVICE_ID, ['steps', listOf(OBJECT)], IF_MATCH] },
  edge: {
    targetOf: [
      ['gateway', ID],
      ['authChain', TEXT],
    ],
    scopeOf: [
      ['gateway', OBJECT],
      ['first', NUMBER],
      ['count', NUMBER],
    ],
    find: [['gateway', OBJECT], TARGET],
  },
  snapshots: { take: [], text: [], restore: [['snapshot', OBJECT]] },
}
