/**
 * The catalogue of levers: each failure that can be ordered of the hub, by name (api contract 11). Socket, TLS, MQTT
 * packets, meaning (twins, methods, telemetry), HTTPS, WebSocket, Edge workload API, and the clock.
 */

import type { FaultDefinition, FaultParameter, FaultType, FaultTypeDocument } from '../contract/faults.ts'

type Parameters = FaultType['parameters']

/** One row: effect, description, parameters, an example of those. */
type Row = readonly [
  effect: string,
  description: string,
  parameters?: Parameters,
  example?: NonNullable<FaultDefinition['parameters']>,
]

function levers(
  point: string,
  scope: FaultType['scope'],
  trigger: string,
  rows: readonly Row[],
): FaultType[] {
  return rows.map(([effect, description, parameters = {}, given]) => {
    const name = `${point}.${effect}`
    const example: FaultDefinition = {
      name,
      ...(scope === 'identity' ? { scope: { identity: 'device1' } } : {}),
      ...(given === undefined ? {} : { parameters: given }),
    }
    return { name, description, scope, trigger, parameters, example }
  })
}

const SECONDS: FaultParameter = {
  type: 'number',
  description: 'how long, in seconds on the hub’s clock',
  default: 1,
  minimum: 0,
}
const DELAY: Row = ['delay', 'does it late', { seconds: SECONDS }, { seconds: 5 }]
const WITHHOLD: Row = ['withhold', 'never does it']
const CLOSE: Row = ['close', 'closes the link instead']

/** What may happen to any answer on its way out. */
const ANSWER: readonly Row[] = [
  WITHHOLD,
  DELAY,
  CLOSE,
  [
    'repeat',
    'sends it several times',
    { times: { type: 'integer', description: 'how often', default: 2, minimum: 2, maximum: 1_000 } },
    { times: 3 },
  ],
  ['reorder', 'holds it back until the next of its kind has been sent'],
  ['drop_after', 'sends it and closes the link'],
  ['malformed', 'sends bytes that are no packet instead'],
]

const CODE = (description: string, otherwise: number): FaultParameter => ({
  type: 'integer',
  description,
  default: otherwise,
  minimum: 0,
  maximum: 255,
})
const STATUS = (otherwise: number): FaultParameter => ({
  type: 'integer',
  description: 'the status to answer',
  default: otherwise,
  minimum: 100,
  maximum: 599,
})
const BODY: FaultParameter = { type: 'json', description: 'a text as it is, anything else as JSON' }
const DIRECTION: FaultParameter = {
  type: 'string',
  description: 'which way: to the hub, from the hub, or both',
  default: 'both',
  oneOf: ['in', 'out', 'both'],
}

/** What may happen to whatever the hub brings to a device. */
const delivery = (point: string): readonly Row[] => [
  ['withhold', 'does not send it'],
  ['delay', 'sends it late', { seconds: SECONDS }, { seconds: 5 }],
  [
    'repeat',
    'sends it twice',
    {
      dup: {
        type: 'boolean',
        description: 'QoS 1: the second with DUP and the packet id of the first, or as another message',
        default: true,
      },
    },
    { dup: false },
  ],
  [
    'topic',
    'sends it under this topic, whatever the device has subscribed to',
    { topic: { type: 'string', description: 'of MQTT', required: true } },
    { topic: point.replace('.', '/') },
  ],
  ['body', 'sends this instead', { body: { ...BODY, required: true } }, { body: '{"fan":' }],
]

const SOCKET: readonly FaultType[] = [
  ...levers('tcp', 'everyone', 'a new connection', [['refuse', 'resets new connections before TLS begins']]),
  ...levers('tcp', 'identity', 'a live link, or else the next one that comes up', [
    ['drop_now', 'closes the connection as if the network had gone'],
    ['reset', 'ends the TCP connection with a reset'],
    ['stall', 'stops reading and writing while the connection stays up', { direction: DIRECTION }],
    [
      'blackhole',
      'swallows what is sent while the connection stays up',
      { direction: DIRECTION },
      { direction: 'in' },
    ],
    [
      'cut',
      'ends the connection after some more bytes of the hub, in the midst of a packet',
      { bytes: { type: 'integer', description: 'so many bytes still arrive', default: 0, minimum: 0 } },
      { bytes: 3 },
    ],
    ['half_close', 'ends its own direction of the connection only'],
    ['split', 'sends each byte for itself'],
    [
      'slow',
      'sends slowly',
      { bytesPerSecond: { type: 'number', description: 'pace', default: 100, minimum: 1 } },
      { bytesPerSecond: 50 },
    ],
    ['delay', 'sends everything late', { seconds: SECONDS }, { seconds: 5 }],
    [
      'coalesce',
      'gathers what it has to send for so long and sends it in one piece',
      { seconds: SECONDS },
      { seconds: 2 },
    ],
  ]),
]

const TLS: readonly FaultType[] = levers('tls', 'everyone', 'a TLS handshake', [
  ['unknown_ca', 'shows a certificate of an authority that nobody trusts'],
  ['wrong_name', 'shows a certificate for another host name'],
  ['expired', 'shows a certificate that has expired'],
  ['not_yet_valid', 'shows a certificate that is not valid yet'],
  ['old_protocol', 'speaks TLS 1.1 at most'],
  [
    'cipher_allowlist',
    'accepts these cipher suites only',
    { ciphers: { type: 'string', description: 'in the notation of OpenSSL', required: true } },
    { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
  ],
  [
    'alert',
    'answers the client’s first bytes with a fatal alert',
    {
      description: {
        type: 'integer',
        description: 'AlertDescription of RFC 8446',
        default: 40,
        minimum: 0,
        maximum: 255,
      },
    },
    { description: 80 },
  ],
  [
    'oversized_chain',
    'shows a chain of more certificates than clients take',
    { certificates: { type: 'integer', description: 'how many', default: 400, minimum: 2, maximum: 2_000 } },
    { certificates: 400 },
  ],
  ['no_resumption', 'does not resume the session that the client brings'],
  ['require_client_cert', 'turns away who shows no client certificate that it trusts'],
  ['stall', 'never ends the handshake'],
])

const MQTT: readonly FaultType[] = [
  ...levers('mqtt.connack', 'identity', 'a CONNECT', [
    [
      'code',
      'answers CONNECT with this return code; 0 accepts, so codes can be given in sequence',
      { code: CODE('CONNACK return code', 5) },
      { code: 3 },
    ],
    ...ANSWER.filter(([effect]) => effect !== 'reorder'),
    [
      'session_present',
      'says so of the session whatever is stored',
      { value: { type: 'boolean', description: 'the flag to send', default: false } },
      { value: true },
    ],
  ]),
  ...levers('mqtt.puback', 'identity', 'a PUBACK that is due', [
    ...ANSWER,
    [
      'forge',
      'acknowledges another packet id',
      {
        packetId: {
          type: 'integer',
          description: 'left out: the next one',
          minimum: 1,
          maximum: 65_535,
        },
      },
      { packetId: 7 },
    ],
  ]),
  ...levers('mqtt.suback', 'identity', 'a SUBACK that is due', [
    ...ANSWER,
    ['code', 'grants this to each filter instead', { code: CODE('SUBACK return code', 128) }, { code: 128 }],
  ]),
  ...levers('mqtt.unsuback', 'identity', 'an UNSUBACK that is due', ANSWER),
  ...levers('mqtt.pingresp', 'identity', 'a PINGRESP that is due', ANSWER),
]

const MEANING: readonly FaultType[] = [
  ...levers('twin.response', 'identity', 'the answer to a twin request', [
    [
      'status',
      'answers with this status and the service’s body for it',
      { status: STATUS(500) },
      { status: 429 },
    ],
    ['body', 'answers with this body', { body: { ...BODY, required: true } }, { body: '{"desired":' }],
    [
      'unknown_rid',
      'answers to another request id',
      { requestId: { type: 'string', description: 'left out: the right one with a tail' } },
      { requestId: 'nobody' },
    ],
    ...ANSWER,
  ]),
  ...levers('twin.desired', 'identity', 'word of changed desired properties', [
    ...delivery('twin.desired'),
    [
      'version',
      'tells it with this $version: a gap, or a step back',
      { version: { type: 'integer', description: '$version to send', required: true, minimum: 1 } },
      { version: 1 },
    ],
  ]),
  ...levers('c2d.delivery', 'identity', 'a cloud-to-device message that is due', delivery('c2d.delivery')),
  ...levers('input.delivery', 'identity', 'a message for an input of a module', delivery('input.delivery')),
  ...levers('method.request', 'identity', 'a method request for a device', delivery('method.request')),
  ...levers('method.response', 'identity', 'the answer of a device to a method', [
    ['withhold', 'loses the answer, so that the caller runs into his time-out'],
    ['delay', 'passes the answer on late', { seconds: SECONDS }, { seconds: 5 }],
    ['close', 'closes the link of the device instead of taking the answer'],
    [
      'status',
      'tells the caller this status',
      { status: { type: 'integer', description: 'the status to tell', default: 500 } },
      { status: 500 },
    ],
    ['body', 'tells the caller this payload', { body: { ...BODY, required: true } }, { body: null }],
  ]),
  ...levers('telemetry.accept', 'identity', 'a message of a device', [
    ['delay', 'stores and acknowledges it late', { seconds: SECONDS }, { seconds: 5 }],
    [
      'status',
      'refuses it with the service’s error of this status: MQTT closes, HTTPS answers it',
      { status: STATUS(429) },
      { status: 429 },
    ],
  ]),
  ...levers('file_upload.response', 'identity', 'a request for a place to upload, or its notification', [
    ['delay', 'answers late', { seconds: SECONDS }, { seconds: 5 }],
    ['status', 'answers with the service’s error of this status', { status: STATUS(500) }, { status: 503 }],
  ]),
]

const HTTP: readonly FaultType[] = levers(
  'http',
  'identity',
  'a request at a device’s endpoint or a method call',
  [
    ['status', 'answers with this status', { status: STATUS(500) }, { status: 503 }],
    ['body', 'answers 200 with this body', { body: BODY }, { body: '<html>' }],
    DELAY,
    ['close', 'closes the connection instead of answering'],
    ['refuse', 'resets the connection; without a scope before TLS begins'],
  ],
)

const WEB_SOCKET: readonly FaultType[] = levers('ws', 'everyone', 'an upgrade to WebSocket', [
  ['status', 'answers the upgrade with this status', { status: STATUS(503) }, { status: 503 }],
  [
    'redirect',
    'answers the upgrade with 302',
    { location: { type: 'string', description: 'where to', default: '/' } },
    { location: '/elsewhere' },
  ],
  ['wrong_protocol', 'chooses a sub-protocol that was not offered'],
  [
    'close',
    'closes the WebSocket right after the upgrade',
    { code: { type: 'integer', description: 'close code', default: 1_011, minimum: 1_000, maximum: 4_999 } },
    { code: 1_013 },
  ],
  ['withhold', 'never answers the upgrade'],
  ['fragment', 'sends each message in fragments'],
])

const FAIL: Row = ['fail', 'answers with this status', { status: STATUS(500) }, { status: 503 }]
const EDGE: readonly FaultType[] = [
  ...levers('edge.trust_bundle', 'everyone', 'a request for the trust bundle', [FAIL]),
  ...levers('edge.sign', 'everyone', 'a request to sign', [FAIL]),
  ...levers('edge', 'everyone', 'a connection to the workload API', [['refuse', 'closes it at once']]),
]

const CLOCK: readonly FaultType[] = levers('clock', 'everyone', 'the arming itself', [
  [
    'advance',
    'moves its clock forward at once',
    { seconds: { type: 'number', description: 'how far', required: true, minimum: 0 } },
    { seconds: 3_600 },
  ],
])

/** Every lever of the hub. */
export const FAULT_TYPES: readonly FaultType[] = [
  ...SOCKET,
  ...TLS,
  ...MQTT,
  ...MEANING,
  ...HTTP,
  ...WEB_SOCKET,
  ...EDGE,
  ...CLOCK,
]

const BY_NAME: ReadonlyMap<string, FaultType> = new Map(FAULT_TYPES.map((lever) => [lever.name, lever]))

export function findLever(name: string): FaultType | undefined {
  return BY_NAME.get(name)
}

/** The catalogue for people and programs. */
export function faultTypeDocuments(): readonly FaultTypeDocument[] {
  return FAULT_TYPES.map(({ name, scope, trigger, parameters, description, example }) => {
    const explain = `At ${trigger}, the hub ${description}.`
    return { name, scope, trigger, parameters, explain, example }
  })
}
