import { describe, expect, test } from 'vitest'
import { ANSWER_RULES } from './answers.ts'
import { exchangeOf, type Exchange } from './exchange.ts'
import { Histories } from './histories.ts'

const AT = Date.parse('2026-01-01T00:00:00Z')
const REQUEST_ID = '0123456789abcdef0123456789abcdef'
const GUID = '01234567-89ab-cdef-0123-456789abcdef'

function exchange(
  method: string,
  path: string,
  {
    status = 200,
    body,
    asked,
    headers = {},
    ifMatch,
  }: {
    readonly status?: number
    readonly body?: unknown
    readonly asked?: object
    readonly headers?: Readonly<Record<string, string>>
    readonly ifMatch?: string
  },
): Exchange {
  const json = body === undefined ? '' : JSON.stringify(body)
  return exchangeOf(
    {
      ...{
        method,
        path: `${path}?api-version=2021-04-12`,
        headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
      },
      body: asked === undefined ? undefined : Buffer.from(JSON.stringify(asked)),
    },
    {
      ...{ status, names: [], body: Buffer.from(json) },
      headers: {
        'x-ms-request-id': GUID,
        ...(json === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }),
        ...headers,
      },
    },
    { at: AT, isAlone: true },
  )
}

const device = {
  ...{ deviceId: 'd', generationId: '639028224000000000', etag: 'MQ==', connectionState: 'Disconnected' },
  ...{ status: 'enabled', statusReason: null, connectionStateUpdatedTime: '0001-01-01T00:00:00Z' },
  ...{ statusUpdatedTime: '0001-01-01T00:00:00Z', lastActivityTime: '0001-01-01T00:00:00Z' },
  cloudToDeviceMessageCount: 0,
  authentication: {
    symmetricKey: { primaryKey: 'AAAA', secondaryKey: 'BBBB' },
    x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
    type: 'sas',
  },
  capabilities: { iotEdge: false },
}
const SINCE = '2026-01-01T00:00:00Z'
const section = { $metadata: { $lastUpdated: SINCE }, $version: 1 }
const twin = {
  ...{
    deviceId: 'd',
    etag: 'AAAAAAAAAAE=',
    deviceEtag: 'MQ==',
    status: 'enabled',
    connectionState: 'Disconnected',
  },
  ...{ statusUpdateTime: '0001-01-01T00:00:00Z', lastActivityTime: '0001-01-01T00:00:00Z' },
  ...{ cloudToDeviceMessageCount: 0, authenticationType: 'sas', modelId: '', version: 2 },
  x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
  properties: { desired: section, reported: section },
  capabilities: { iotEdge: false },
}
const stamp = { $lastUpdated: SINCE, $lastUpdatedVersion: 2 }
const patched = {
  ...twin,
  ...{ etag: 'AAAAAAAAAAI=', version: 3 },
  properties: { desired: { on: true, $metadata: { ...stamp, on: stamp }, $version: 2 }, reported: section },
}
const get = (body: unknown): Exchange => exchange('GET', '/devices/d', { body, headers: { etag: '"MQ=="' } })
const getTwin = (body: unknown): Exchange => exchange('GET', '/twins/d', { body })
const asked = { properties: { desired: { on: true } } }
const write = (body: unknown): Exchange => exchange('PATCH', '/twins/d', { body, asked })

function problems(exchanges: readonly Exchange[]): readonly string[] {
  const histories = new Histories()
  return exchanges.flatMap((one) => [...ANSWER_RULES.flatMap((rule) => rule(one)), ...histories.observe(one)])
}

const refusal = (changes: object = {}, headers: Readonly<Record<string, string>> = {}): Exchange =>
  exchange('GET', '/devices/x', {
    status: 404,
    body: {
      Message: 'ErrorCode:DeviceNotFound;x',
      ExceptionMessage: `Tracking ID:${REQUEST_ID}-G:0-TimeStamp:01/01/2026 00:00:00`,
      ...changes,
    },
    headers: { 'iothub-errorcode': 'DeviceNotFound', ...headers },
  })

describe('nothing is wrong with', () => {
  test.each<[string, readonly Exchange[]]>([
    ['a device and its twin', [get(device), getTwin(twin), get(device), write(patched), getTwin(patched)]],
    ['a refusal', [refusal()]],
    ['a device that is deleted', [get(device), exchange('DELETE', '/devices/d', { status: 204 })]],
  ])('%s', (_what, exchanges) => {
    expect(problems(exchanges)).toEqual([])
  })
})

describe('it is seen that', () => {
  test.each<[string, readonly Exchange[]]>([
    ['the status changes by itself', [get(device), get({ ...device, status: 'disabled' })]],
    [
      'keys change by themselves',
      [
        get(device),
        get({
          ...device,
          authentication: {
            ...device.authentication,
            symmetricKey: { primaryKey: 'AAAA', secondaryKey: 'CCCC' },
          },
        }),
      ],
    ],
    [
      'the ETag header is another',
      [exchange('GET', '/devices/d', { body: device, headers: { etag: '"Mg=="' } })],
    ],
    ['a field is missing', [get((({ statusReason: _, ...rest }) => rest)(device))]],
    ['a field is there', [get({ ...device, tags: {} })]],
    ['a deleted device is there', [exchange('DELETE', '/devices/d', { status: 204 }), get(device)]],
    [
      'a device is gone by itself',
      [
        get(device),
        exchange('GET', '/devices/d', {
          status: 404,
          body: {
            Message: 'ErrorCode:DeviceNotFound;d',
            ExceptionMessage: `Tracking ID:${REQUEST_ID}-TimeStamp:01/01/2026 00:00:00`,
          },
          headers: { 'iothub-errorcode': 'DeviceNotFound' },
        }),
      ],
    ],
    ['twin and device have two etags', [get(device), getTwin({ ...twin, deviceEtag: 'Mg==' })]],
    ['a twin has an ETag header', [exchange('GET', '/twins/d', { body: twin, headers: { etag: '"x"' } })]],
    ['a write leaves the etag', [getTwin(twin), write({ ...patched, etag: twin.etag })]],
    ['a write counts twice', [getTwin(twin), write({ ...patched, version: 4 })]],
    [
      'a write has another effect',
      [
        getTwin(twin),
        write({
          ...patched,
          properties: {
            ...patched.properties,
            desired: { on: false, $metadata: { ...stamp, on: stamp }, $version: 2 },
          },
        }),
      ],
    ],
    [
      'a value has an old version',
      [
        getTwin(twin),
        write({
          ...patched,
          properties: {
            ...patched.properties,
            desired: {
              on: true,
              $metadata: { ...stamp, on: { ...stamp, $lastUpdatedVersion: 1 } },
              $version: 2,
            },
          },
        }),
      ],
    ],
    [
      'a value has no metadata',
      [getTwin({ ...twin, properties: { ...twin.properties, reported: { ...section, a: 1 } } })],
    ],
    [
      'metadata has no value',
      [
        getTwin({
          ...twin,
          properties: {
            ...twin.properties,
            reported: { ...section, $metadata: { $lastUpdated: SINCE, a: { $lastUpdated: SINCE } } },
          },
        }),
      ],
    ],
    ['the twin changes by itself', [getTwin(twin), getTwin({ ...twin, tags: { a: 1 } })]],
    ['header and body name two errors', [refusal({}, { 'iothub-errorcode': 'ModuleNotFound' })]],
    [
      'the tracking id is of another request',
      [refusal({ ExceptionMessage: `Tracking ID:${'1'.repeat(32)}-G:0-TimeStamp:01/01/2026 00:00:00` })],
    ],
    [
      'the tracking id is of another day',
      [refusal({ ExceptionMessage: `Tracking ID:${REQUEST_ID}-G:0-TimeStamp:01/02/2026 00:00:00` })],
    ],
    ['a second semicolon', [refusal({ Message: 'ErrorCode:DeviceNotFound;x;y' })]],
    [
      'JSON has no charset',
      [exchange('GET', '/statistics/devices', { body: {}, headers: { 'content-type': 'application/json' } })],
    ],
  ])('%s', (_what, exchanges) => {
    expect(problems(exchanges).length).toBeGreaterThan(0)
  })
})
