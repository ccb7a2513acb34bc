/** The schema of a device file. */

import { TRIGGERS } from './device-file.ts'

const TEXT = { type: 'string', minLength: 1 } as const
const DURATION = { type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|[smhd])$' } as const
const PATHS = { type: 'object', propertyNames: { pattern: '^\\$(\\.[^.\\s]+)+$' } } as const
const PATH = { type: 'string', pattern: '^\\$(\\.[^.\\s]+)+$' } as const

const objectOf = (properties: object, required: readonly string[] = []): object => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...(required.length === 0 ? {} : { required }),
})

const TRIGGER = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: {
    shell: TEXT,
    process: TEXT,
    method: TEXT,
    payload: {},
    desired: { type: 'object' },
    c2d: TEXT,
    person: TEXT,
  },
  oneOf: ['shell', 'process', 'method', 'desired', 'c2d', 'person'].map((kind) => ({ required: [kind] })),
}

export const DEVICE_FILE_SCHEMA: object = objectOf(
  {
    device: objectOf(
      {
        id: { type: 'string', pattern: "^[A-Za-z0-9\\-:.+%_#*?!(),=@$']{1,128}$" },
        moduleId: TEXT,
        make: TEXT,
        firmware: { type: ['string', 'number'] },
      },
      ['id'],
    ),
    auth: objectOf({ kind: { enum: ['sas', 'x509'] }, keys: { enum: [1, 2] } }, ['kind']),
    transport: { enum: ['mqtt', 'mqtt-ws'] },
    roots: { type: 'integer', minimum: 1 },
    does: objectOf({
      telemetry: objectOf({
        every: DURATION,
        qos: { enum: [0, 1] },
        json: { type: 'boolean' },
        schema: TEXT,
        sequence: PATH,
      }),
      c2d: objectOf(
        { text: TEXT, shows: objectOf({ telemetry: PATHS, reported: PATHS }), within: DURATION },
        ['text'],
      ),
      methods: {
        type: 'array',
        minItems: 1,
        items: objectOf(
          {
            name: TEXT,
            payload: {},
            expect: objectOf({ status: { type: 'integer' }, payload: {} }),
            slow: { type: 'boolean' },
            within: DURATION,
          },
          ['name'],
        ),
      },
      twin: objectOf({
        desired: objectOf({ set: { type: 'object' }, echoed: { type: 'object' }, within: DURATION }, ['set']),
        reported: { type: 'boolean' },
      }),
      upload: objectOf({ within: DURATION }),
    }),
    triggers: objectOf(Object.fromEntries(TRIGGERS.map((name) => [name, TRIGGER]))),
    limits: objectOf({
      patience: DURATION,
      maxPause: DURATION,
      receive: {
        anyOf: [
          { type: 'integer', minimum: 1 },
          { type: 'string', pattern: '^\\d+ ?KB$' },
        ],
      },
      inFlight: { type: 'integer', minimum: 1 },
      clock: { type: 'boolean' },
      sleeps: { type: 'boolean' },
      keeps: { type: 'integer', minimum: 0 },
      scaled: { type: 'number', minimum: 1 },
    }),
    network: objectOf({ dns: { enum: ['suite', 'hosts', 'lab', 'none'] }, ntp: { enum: ['suite', 'none'] } }),
  },
  ['device', 'auth'],
)
