/** The schema of a device file. */

import { TRIGGERS, type TriggerName } from './device-file.ts'

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

const TRIGGER_TEXTS: Readonly<Record<TriggerName, string>> = {
  start: 'Starts the device.',
  stop: 'Stops it in order.',
  powerCycle:
    'Takes the power away and gives it back. Default: a program of start is killed and started again.',
  network: 'Takes the network away and gives it back.',
  sendNow: 'Makes it send a message.',
  burst: 'Makes it send many messages at once.',
  tokenLife: 'Gives its tokens a short life.',
  upload: 'Makes it upload a file.',
  alive: 'Shows that it is alive.',
}

/** A field with what it is, for the reference. */
const said = (schema: object, description: string): object => ({ ...schema, description })

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
    device: said(
      objectOf(
        {
          id: said(
            { type: 'string', pattern: "^[A-Za-z0-9\\-:.+%_#*?!(),=@$']{1,128}$" },
            'ID of the device.',
          ),
          moduleId: said(TEXT, 'ID of the module, when the device connects as one.'),
          make: said(TEXT, 'Make and model, for reports.'),
          firmware: said({ type: ['string', 'number'] }, 'Version of the firmware, for reports.'),
        },
        ['id'],
      ),
      'Who it is.',
    ),
    auth: said(
      objectOf(
        {
          kind: said({ enum: ['sas', 'x509'] }, 'Tokens, or a client certificate.'),
          keys: said({ enum: [1, 2] }, 'How many keys it holds. Default: 1.'),
        },
        ['kind'],
      ),
      'How it authenticates.',
    ),
    transport: said({ enum: ['mqtt', 'mqtt-ws'] }, 'Default: mqtt.'),
    roots: said({ type: 'integer', minimum: 1 }, 'How many roots it trusts. Default: 1.'),
    does: said(
      objectOf({
        telemetry: said(
          objectOf({
            every: said(DURATION, 'Time between two messages, such as 10s.'),
            qos: said({ enum: [0, 1] }, 'QoS of its messages.'),
            json: said({ type: 'boolean' }, 'Whether their bodies are JSON.'),
            sequence: said(PATH, 'JSON path of a number that rises with each message, such as $.n.'),
            properties: said(
              { type: 'object', additionalProperties: { type: 'string' } },
              'Properties of each message, with their values.',
            ),
          }),
          'It sends messages.',
        ),
        c2d: said(
          objectOf(
            {
              text: said(TEXT, 'Body of a message that it understands.'),
              shows: said(
                objectOf({
                  telemetry: said(PATHS, 'JSON paths of its next messages, with their values.'),
                  reported: said(PATHS, 'JSON paths of its reported properties, with their values.'),
                }),
                'What is seen when it has understood.',
              ),
              within: said(DURATION, 'How long that takes. Default: 15s.'),
            },
            ['text'],
          ),
          'It takes messages from the cloud.',
        ),
        methods: said(
          {
            type: 'array',
            minItems: 1,
            items: objectOf(
              {
                name: said(TEXT, 'Name of the method.'),
                payload: said({}, 'Payload of the request.'),
                expect: said(
                  objectOf({
                    status: said({ type: 'integer' }, 'Status of its response.'),
                    payload: said({}, 'Payload of its response.'),
                  }),
                  'What it answers.',
                ),
                slow: said({ type: 'boolean' }, 'It takes its time: other requests come meanwhile.'),
                within: said(DURATION, 'How long the response takes.'),
              },
              ['name'],
            ),
          },
          'It answers direct methods.',
        ),
        twin: said(
          objectOf({
            desired: said(
              objectOf(
                {
                  set: said({ type: 'object' }, 'Desired properties that it understands.'),
                  echoed: said({ type: 'object' }, 'Reported properties that show it.'),
                  within: said(DURATION, 'How long that takes. Default: 15s.'),
                },
                ['set'],
              ),
              'It follows desired properties.',
            ),
            reported: said({ type: 'boolean' }, 'It reports properties.'),
          }),
          'It has a twin.',
        ),
        upload: said(
          objectOf({ within: said(DURATION, 'How long an upload takes. Default: 60s.') }),
          'It uploads files.',
        ),
      }),
      'What it claims; what is left out is not asked.',
    ),
    triggers: said(
      objectOf(Object.fromEntries(TRIGGERS.map((name) => [name, said(TRIGGER, TRIGGER_TEXTS[name])]))),
      'How it is made to act. Each is one of shell (a command), process (a program that is the device), method (with a payload), desired (properties), c2d (the text of a message) and person (what to do).',
    ),
    limits: said(
      objectOf({
        patience: said(DURATION, 'How long a required reaction may take. Default: 120s.'),
        maxPause: said(DURATION, 'The longest pause between two attempts to connect. Default: 900s.'),
        receive: said(
          {
            anyOf: [
              { type: 'integer', minimum: 1 },
              { type: 'string', pattern: '^\\d+ ?KB$' },
            ],
          },
          'Bytes that it takes in one message, such as 65536 or 64KB.',
        ),
        inFlight: said(
          { type: 'integer', minimum: 1 },
          'Messages that it has in flight at once. Default: 50.',
        ),
        clock: said({ type: 'boolean' }, 'false: it has no clock and cannot look at dates.'),
        keeps: said({ type: 'integer', minimum: 0 }, 'Messages that it keeps while away. Default: all.'),
        scaled: said(
          { type: 'number', minimum: 1 },
          'Factor by which a build for tests shortens its pauses.',
        ),
      }),
      'Its limits.',
    ),
    network: said(
      objectOf({
        dns: said(
          { enum: ['suite', 'hosts', 'lab', 'none'] },
          'What resolves the host name of the hub to the bench.',
        ),
        ntp: said({ enum: ['suite', 'none'] }, 'Whether the bench tells the time over SNTP.'),
      }),
      'The network around it.',
    ),
  },
  ['device', 'auth'],
)
