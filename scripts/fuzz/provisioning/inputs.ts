/** What devices and back ends send to the provisioning service: correct, with one lie, or wrong in many places. */

import { createHmac } from 'node:crypto'
import mqttPacket from 'mqtt-packet'
import type { Packet } from 'mqtt-packet'
import { pick, type Random } from '../random.ts'

/** Registration ids, and the ids of groups; the last ones are valid and nobody's, or not valid. */
export const IDS = ['d1', 'D1', 'd2', 'x1', 'of-g', 'nobody', 'a:b.c-', '__proto__', 'constructor', 'a b', '']
/** Those that are enrolled most of the time. */
const ENROLLED = ['d1', 'd1', 'D1', 'of-g']
const GROUPS = ['g', 'G', 'h', 'x', 'toString']
const RIDS = ['1', '1', '2', '', '%31', 'a&b=c', '$rid', '__proto__', 'x'.repeat(300)]
const BODIES = [
  '',
  ' ',
  '{}',
  '{"registrationId":"d1"}',
  '{"registrationId":"d1","payload":null}',
  '{"payload":{"a":[1]}}',
  '{"payload":"text"}',
  '{"registrationId":"other"}',
  '{"registrationId":7}',
  '{"registrationId":"d1","tpm":{"endorsementKey":"AA=="}}',
  '{"registrationId":"d1","csr":"AA=="}',
  '[]',
  'null',
  '1e999',
  '{"a":',
  '"\\ud800"',
  '{"payload":{"__proto__":{"x":1}}}',
  `{"payload":${'['.repeat(3_000)}${']'.repeat(3_000)}}`,
]
/** What a JSON document may have in place of a value that it should have. */
const LIES: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 1e300, '', ' ', 'x', '\u0000', '\ud800', 'x'.repeat(2_000), '*', '__proto__'],
  ...[[], [null], [[]], {}, { a: 1 }, JSON.parse('{"__proto__":{"x":1}}') as unknown],
]

/** Of a device: mostly one that is enrolled. */
export function idOf(random: Random): string {
  return pick(random, random(3) === 0 ? IDS : ENROLLED)
}

/** The body of a registration: mostly one that any device may send. */
export function bodyOf(random: Random): string | Buffer {
  if (random(2) === 0) return pick(random, ['', '{}', '{"payload":{"a":[1]}}', '{"payload":null}'])
  if (random(30) === 0) return Buffer.alloc(random(120_000), random(256))
  return pick(random, BODIES)
}

/** A device subscribes to the answers. */
export const subscription = mqttPacket.generate({
  ...{ cmd: 'subscribe', messageId: 1 },
  subscriptions: [{ topic: '$dps/registrations/res/#', qos: 1 }],
})

/** A packet of a device that asks for its hub. @param operationId the last one that the service has given. */
export function packetFor(random: Random, operationId: string): Buffer {
  const messageId = 1 + random(20)
  const rid = pick(random, RIDS)
  const longest = '$dps/registrations/PUT/iotdps-register/?$rid='.padEnd(65_535, 'x')
  const operation = random(4) === 0 ? pick(random, ['', 'x', '%zz', `${operationId}x`]) : operationId
  const register = `$dps/registrations/PUT/iotdps-register/?$rid=${rid}`
  const poll = `$dps/registrations/GET/iotdps-get-operationstatus/?$rid=${rid}&operationId=${operation}`
  const topic = pick(random, [
    ...[register, register, register, poll, poll],
    `$dps/registrations/GET/iotdps-get-operationstatus/?operationId=${operation}&$rid=${rid}`,
    random(20) === 0 ? longest : '$dps/registrations/PUT/iotdps-register/',
    `$dps/registrations/POST/iotdps-get-registration/?$rid=${rid}`,
    'devices/d1/messages/events/',
  ])
  const packets: readonly (() => Packet)[] = [
    () => ({
      ...{ cmd: 'publish', topic: topic, payload: bodyOf(random), messageId },
      ...{
        qos: pick(random, [0, 0, 0, 1, 1, 1, 1, 2] as const),
        dup: random(6) === 0,
        retain: random(6) === 0,
      },
    }),
    () => ({
      ...{ cmd: 'subscribe', messageId },
      subscriptions: Array.from({ length: 1 + random(2) }, () => ({
        topic: pick(random, [...Array.from({ length: 4 }, () => '$dps/registrations/res/#'), '#', 'a/+']),
        qos: pick(random, [0, 1, 2] as const),
      })),
    }),
    () => ({ cmd: 'unsubscribe', messageId, unsubscriptions: ['$dps/registrations/res/#'] }),
    () => ({ cmd: 'puback', messageId }),
    () => ({ cmd: 'pingreq' }),
    () => ({ cmd: 'disconnect' }),
  ]
  return mqttPacket.generate(pick(random, random(4) === 0 ? packets : packets.slice(0, 2))())
}

/** A request over HTTPS, without its Authorization. */
export interface ProvisioningRequest {
  readonly as: 'device' | 'back end'
  /** Of the registration; the token of a device is for it. */
  readonly id: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** A request of a device. */
export function deviceRequest(random: Random, scope: string, operationId: string): ProvisioningRequest {
  const id = idOf(random)
  const root = `/${random(20) === 0 ? pick(random, ['x', '..', '%zz', '__proto__']) : scope}/registrations/${encodeURIComponent(id)}`
  const [method, path] = pick(random, [
    ['PUT', `${root}/register`],
    ['PUT', `${root}/register`],
    ['GET', `${root}/operations/${operationId}`],
    ['GET', `${root}/operations/${pick(random, ['x', '%00', '%2F', '$'])}`],
    ['POST', root],
    [pick(random, ['GET', 'PATCH', 'DELETE']), `${root}/register`],
  ] as const)
  const text = bodyOf(random)
  return {
    ...{ as: 'device', id, method, path: path + versionOf(random, '2019-03-31') },
    headers: headersOf(random),
    body: method === 'GET' && random(3) > 0 ? undefined : text.toString('latin1'),
  }
}

/** A request of a back end. @param certificate PEM. @param etag the last one that the service has given. */
export function serviceRequest(random: Random, certificate: string, etag: string): ProvisioningRequest {
  const isGroup = random(2) === 0
  const id = pick(random, isGroup ? GROUPS : IDS)
  const root = isGroup ? pick(random, ['/enrollmentGroups', '/enrollmentgroups']) : '/enrollments'
  const at = `${root}/${encodeURIComponent(id)}`
  const bulk = {
    mode: pick(random, ['create', 'update', 'updateIfMatchETag', 'delete', 'destroy']),
    [isGroup ? 'enrollmentGroups' : 'enrollments']: Array.from({ length: random(12) }, () =>
      enrollmentOf(random, isGroup, pick(random, isGroup ? GROUPS : IDS), certificate, etag),
    ),
  }
  const [method, path, document] = pick<readonly [string, string, unknown]>(random, [
    ['PUT', at, enrollmentOf(random, isGroup, id, certificate, etag)],
    ['PUT', at, enrollmentOf(random, isGroup, id, certificate, etag)],
    ['GET', at, undefined],
    ['DELETE', at, undefined],
    ['POST', `${at}/attestationmechanism`, undefined],
    ['POST', root, bulk],
    [
      'POST',
      `${root}/query`,
      { query: pick(random, ['SELECT *', 'select * from enrollments', 'SELECT x', '', 7]) },
    ],
    ['GET', `/registrations/${encodeURIComponent(id)}`, undefined],
    ['DELETE', `/registrations/${encodeURIComponent(id)}`, undefined],
    ['POST', `/registrations/${encodeURIComponent(id)}/query`, random(2) === 0 ? { query: '*' } : undefined],
    [pick(random, ['PATCH', 'PUT', 'POST']), `/registrations/${encodeURIComponent(id)}`, {}],
  ])
  const told = random(2) === 0 ? document : withOneLieIn(document, random)
  const text = told === undefined ? undefined : JSON.stringify(told)
  const headers = { ...headersOf(random) }
  if (random(2) === 0) headers['if-match'] = pick(random, ['*', etag, `"${etag}"`, '""', '"', 'x'])
  if (random(4) === 0) headers['x-ms-max-item-count'] = pick(random, ['1', '2', '0', '-5', 'NaN', '1e9', ''])
  if (random(6) === 0) headers['x-ms-continuation'] = pick(random, ['', 'x', 'A'.repeat(40), etag])
  return {
    ...{ as: 'back end', id, method, path: path + versionOf(random, '2021-10-01'), headers },
    body: text !== undefined && random(20) === 0 ? text.slice(0, random(text.length)) : text,
  }
}

function versionOf(random: Random, version: string): string {
  return random(12) === 0
    ? pick(random, ['', '?api-version=', '?api-version=x', '?api-version=1&api-version=2', '?&&'])
    : `?api-version=${version}`
}

function headersOf(random: Random): Record<string, string> {
  const type =
    random(15) === 0
      ? pick(random, ['text/plain', ';;;', 'application/xml'])
      : 'application/json; charset=utf-8'
  return { 'content-type': type, ...(random(15) === 0 ? { 'content-encoding': 'utf-8' } : {}) }
}

/** A valid enrollment. */
function enrollmentOf(
  random: Random,
  isGroup: boolean,
  id: string,
  certificate: string,
  etag: string,
): object {
  const symmetricKey = { primaryKey: KEY, secondaryKey: KEY }
  const pair = { primary: { certificate }, secondary: null }
  const attestation = pick<object>(random, [
    { type: 'symmetricKey', symmetricKey },
    { type: 'symmetricKey', symmetricKey },
    { type: 'symmetricKey' },
    { type: 'x509', x509: { [isGroup ? 'signingCertificates' : 'clientCertificates']: pair } },
    { type: 'x509', x509: { caReferences: { primary: 'ca', secondary: null } } },
    { type: 'tpm', tpm: { endorsementKey: 'AToAAQ==' } },
  ])
  return {
    [isGroup ? 'enrollmentGroupId' : 'registrationId']: id,
    attestation,
    ...(isGroup || random(2) === 0 ? {} : { deviceId: pick(random, ['d1', 'dev-2', 'dev-3']) }),
    initialTwin: { tags: { a: 1 }, properties: { desired: { b: { c: [2] } } } },
    capabilities: { iotEdge: random(3) === 0 },
    provisioningStatus: random(5) === 0 ? 'disabled' : 'enabled',
    reprovisionPolicy: { updateHubAssignment: random(3) > 0, migrateDeviceData: random(2) === 0 },
    allocationPolicy: pick(random, ['hashed', 'geoLatency', 'static', 'custom', null]),
    iotHubs: pick(random, [[], ['localhost'], ['other.example'], ['localhost', 'other.example'], null]),
    customAllocationDefinition: { webhookUrl: 'http://127.0.0.1:9/x', apiVersion: '2019-03-31' },
    etag,
  }
}

/** The key of every enrollment. */
export const KEY = Buffer.alloc(32, 7).toString('base64')

/** The same document with one value replaced, left out or added, at any depth. */
export function withOneLieIn(document: unknown, random: Random): unknown {
  if (Array.isArray(document) && document.length > 0 && random(8) > 0) {
    const at = random(document.length)
    return document.map((each, n) => (n === at ? withOneLieIn(each, random) : (each as unknown)))
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document) || random(10) === 0)
    return pick(random, LIES)
  const entries: [string, unknown][] = Object.entries(document)
  if (entries.length === 0 || random(12) === 0)
    return { ...document, [pick(random, ['type', 'constructor', 'x509', 'deviceId'])]: pick(random, LIES) }
  const [name, value] = pick(random, entries)
  if (random(6) === 0) return Object.fromEntries(entries.filter(([each]) => each !== name))
  return { ...document, [name]: withOneLieIn(value, random) }
}

/** A life of tokens that no run outlives. */
const LONG_SECONDS = 100 * 365 * 86_400

/** Mostly one that fits. */
export function deviceToken(random: Random, scope: string, id: string, now: number): string {
  const key =
    id === 'of-g' ? createHmac('sha256', Buffer.from(KEY, 'base64')).update(id).digest('base64') : KEY
  const resource = `${scope}/registrations/${random(15) === 0 ? pick(random, IDS) : id}`
  const token = tokenFor(resource, key, now, pick(random, ['registration', undefined, '']))
  return random(15) === 0 ? token.slice(0, random(token.length)) : token
}

/** @param now epoch ms. */
export function tokenFor(resource: string, key: string, now: number, policy: string | undefined): string {
  const sr = encodeURIComponent(resource)
  const se = String(Math.floor(now / 1000) + LONG_SECONDS)
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  const skn = policy === undefined ? '' : `&skn=${policy}`
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}${skn}`
}
