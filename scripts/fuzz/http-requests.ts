/** Malformed HTTP requests: correct ones with one or more errors, or bytes that are not HTTP. */

import type { Random } from './random.ts'

/** The values that correct requests need. */
export interface Known {
  readonly deviceId: string
  readonly authorization: string
}

export interface FuzzRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly body: string | Buffer
}

const METHODS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PROPFIND', 'PURGE']
/** `{d}` a device id, `{x}` any segment. */
const PATHS = [
  '/devices/{d}',
  '/devices',
  '/devices/{d}/modules',
  '/devices/{d}/modules/{x}',
  '/twins/{d}',
  '/twins/{d}/modules/{x}',
  '/twins/{d}/methods',
  '/devices/{d}/messages/events',
  '/devices/{d}/messages/devicebound',
  '/devices/{d}/messages/devicebound/{x}',
  '/devices/{d}/messages/devicebound/{x}/abandon',
  '/devices/{d}/files',
  '/devices/{d}/files/notifications',
  '/devices/{d}/files/notifications/{x}',
  '/devices/{d}/commands',
  '/devices/query',
  '/messages/serviceBound/feedback',
  '/messages/serviceBound/filenotifications/{x}',
  '/statistics/devices',
  '/statistics/service',
  '/configurations/{x}',
  '/jobs/v2/{x}',
  '/digitaltwins/{d}',
  '/uploads/{d}/{x}',
  '/{x}',
]
const SEGMENTS = [
  '%',
  '%zz',
  '%00',
  '%ff',
  '%2e%2e%2f',
  '..',
  '%252e',
  '%2F',
  '%F0%9F%92%A9',
  ';a=b',
  '*',
  '$edgeAgent',
  '__proto__',
  'constructor',
  '"lock"',
  '-1',
  '%0d%0aX-Y:z',
]
const VERSIONS = ['2021-04-12', '2016-11-14', '2020-99-99', 'latest', '', '2021-04-12&api-version=x', '%00']
const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'application/vnd.microsoft.iothub.json',
  'text/plain',
  'multipart/form-data',
  ';;;',
  'application/xml',
  '',
]
const JSONS = [
  '',
  'null',
  '[]',
  '{}',
  '"x"',
  '1e999',
  '{"a":',
  '[[[[[[[[[[',
  `{"methodName":"m","payload":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  '{"methodName":"\\u0000#+"}',
  '{"blobName":"\\ud800"}',
  '{"constructor":{"prototype":{"x":1}}}',
  '[{"op":"add","path":"/constructor/x","value":1}]',
  '[{"body":"QQ==","properties":{"constructor":"x"}}]',
  '{"__proto__":{"x":1}}',
  '{"methodName":1}',
  '{"methodName":"m","responseTimeoutInSeconds":1e9}',
  '{"methodName":"m","payload":null,"connectTimeoutInSeconds":-1}',
  '{"deviceId":"other"}',
  '{"authentication":{"symmetricKey":{"primaryKey":"short"}}}',
  '{"authentication":{"type":"magic"}}',
  '{"authentication":[]}',
  '{"properties":{"desired":{"a.b":1,"$x":[null]}}}',
  '{"properties":{"reported":{"a":1}}}',
  '{"tags":7}',
  '{"blobName":"../../etc/passwd"}',
  '{"blobName":""}',
  '{"correlationId":"x","isSuccess":"yes"}',
  '{"correlationId":"x","isSuccess":true,"statusCode":{}}',
  '[{"id":"a","importMode":"explode"}]',
  '[{"id":"a"},{"id":"a"}]',
  '[{"id":7}]',
  '[{"body":"###"}]',
  '[{"body":"QQ==","properties":{"iothub-ack":"maybe"}}]',
  '{"query":"SELECT"}',
  '{"query":"SELECT * FROM devices WHERE ((((((("}',
  '<BlockList><Latest>',
]

/** A request with correct framing and wrong contents. */
export function requestOf(random: Random, known: Known): FuzzRequest {
  const pick = <T>(from: readonly T[]): T | undefined => from[random(from.length)]
  const segment = (): string => (random(3) === 0 ? textOf(random, 1 + random(300)) : (pick(SEGMENTS) ?? ''))
  const template = pick(PATHS) ?? '/'
  const path = template
    .replaceAll('{d}', () => (random(4) === 0 ? segment() : known.deviceId))
    .replaceAll('{x}', segment)
  const version = random(3) === 0 ? (pick(VERSIONS) ?? '') : '2021-04-12'
  const query = [
    `?api-version=${version}`,
    '?',
    `?top=${segment()}&api-version=2021-04-12`,
    `?comp=block&blockid=${segment()}`,
  ]
  const headers: Record<string, string | string[]> = {}
  if (random(5) > 0) headers['authorization'] = tokenOf(random, known)
  if (random(2) === 0) headers['content-type'] = pick(TYPES) ?? ''
  if (random(4) === 0) headers['if-match'] = textOf(random, random(60))
  if (random(4) === 0) headers['x-ms-edge-moduleId'] = textOf(random, random(40))
  if (random(4) === 0) headers[`iothub-app-${String(random(1000))}`] = textOf(random, random(200))
  if (random(6) === 0) headers['iothub-ack'] = textOf(random, 4)
  if (random(6) === 0) headers['iothub-expiry'] = pick(['0', '-1', '9999-99-99', 'soon']) ?? ''
  if (random(8) === 0) headers['x-ms-max-item-count'] = pick(['0', '-5', 'NaN', '1e9']) ?? ''
  if (random(8) === 0) headers['x-ms-continuation'] = textOf(random, 40)
  if (random(8) === 0) headers['content-encoding'] = 'gzip'
  return {
    method: (random(3) === 0 ? pick(METHODS) : pick(['PUT', 'POST', 'PATCH', 'DELETE', 'GET'])) ?? 'GET',
    path: (path + (pick(query) ?? '')).replace(/[^\u0021-\u007e]/g, encodeURIComponent),
    headers,
    body: bodyOf(random),
  }
}

function tokenOf(random: Random, { authorization }: Known): string {
  switch (random(5)) {
    case 0:
      return textOf(random, random(200))
    case 1:
      return authorization.slice(0, random(authorization.length))
    case 2:
      return `SharedAccessSignature sr=${textOf(random, 20)}&sig=${textOf(random, 20)}&se=${textOf(random, 5)}`
    default:
      return authorization
  }
}

function bodyOf(random: Random): string | Buffer {
  switch (random(6)) {
    case 0:
      return bytesOf(random, random(2000))
    case 1:
      return '['.repeat(random(5000))
    case 2:
      return `{"properties":{"desired":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}}`
    default: {
      const text = JSONS[random(JSONS.length)] ?? ''
      const at = random(text.length + 1)
      return random(3) === 0 ? text.slice(0, at) + textOf(random, 3) + text.slice(at) : text
    }
  }
}

/** Bytes that are not HTTP, or HTTP with broken framing. */
export function garbageOf(random: Random, known: Known): Buffer {
  const head = `PUT /devices/${known.deviceId}?api-version=2021-04-12 HTTP/1.1\r\nHost: localhost\r\n`
  const frames = [
    () => bytesOf(random, 1 + random(400)),
    () => `${head}Content-Length: ${String(random(100_000))}\r\n\r\n{}`,
    () => `${head}Content-Length: -1\r\n\r\n`,
    () => `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    () => `${head}Transfer-Encoding: chunked\r\n\r\n${textOf(random, 8)}\r\n`,
    () => `${head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    () => `${head}Transfer-Encoding: ${textOf(random, 8)}\r\n\r\n`,
    () => `${head}X-Long: ${'a'.repeat(20_000 + random(20_000))}\r\n\r\n`,
    () => `${head}${textOf(random, 20)}\r\n\r\n`,
    () => `${head}Bad\u0000Header: x\r\n\r\n`,
    () => `GET /${'a'.repeat(random(40_000))} HTTP/1.1\r\nHost: x\r\n\r\n`,
    () => `GET ${textOf(random, 30)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    () => `GET http://user:pw@[::1/ HTTP/1.1\r\nHost: x\r\n\r\n`,
    () => `${textOf(random, 6)} / HTTP/${String(random(9))}.${String(random(9))}\r\n\r\n`,
    () => 'GET / HTTP/1.1\r\n\r\nGET',
    () => 'CONNECT localhost:443 HTTP/1.1\r\nHost: x\r\n\r\n',
    () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    () =>
      `GET /$iothub/websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${textOf(random, 8)}\r\n\r\n`,
    () => `${head}Expect: ${textOf(random, 12)}\r\n\r\n`,
    () => head.slice(0, random(head.length)),
  ]
  const made = (frames[random(frames.length)] ?? (() => ''))()
  return typeof made === 'string' ? Buffer.from(made, 'latin1') : made
}

/** Printable characters of Latin-1, which header values may hold. */
function textOf(random: Random, length: number): string {
  let text = ''
  for (let at = 0; at < length; at++)
    text += String.fromCharCode(random(20) === 0 ? 0xa1 + random(0x5e) : 0x20 + random(0x5f))
  return text
}

function bytesOf(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)))
}
