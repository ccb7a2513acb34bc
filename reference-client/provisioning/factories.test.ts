import { expect, test } from 'vitest'
import { ProvisioningDeviceClient, ValueError, X509, type ProvisioningKeyOptions } from '../index.ts'

const KEY = Buffer.alloc(64, 1).toString('base64')
const SCOPE = '0ne00000000'

const create =
  (id: unknown, key: unknown = KEY, more: object = {}) =>
  () =>
    ProvisioningDeviceClient.createFromSymmetricKey('h', id as string, SCOPE, key as string, more)

test('PROV-KEY-02 PROV-KEY-03: a key that is not base64; a registration id that is empty, blank or missing', () => {
  for (const [act, message] of [
    [create('d1', 'no base64!'), 'base64'],
    [create('d1', 'a2V5a'), 'base64'],
    [create(''), 'registrationId'],
    [create('  '), 'registrationId'],
    [create(undefined), 'registrationId'],
  ] as const) {
    expect(act).toThrow(ValueError)
    expect(act).toThrow(message)
  }
})

test('PROV-KEY-04: an option that is unknown', () => {
  expect(create('d1', KEY, { keepAlives: 1 })).toThrow(TypeError)
  expect(create('d1', KEY, { keepAlives: 1 })).toThrow(/keepAlives/)
  expect(create('d1', KEY, { extensions: { environment: {} } })).toThrow(/extensions.environment/)
  expect(create('d1', KEY, { productInfo: 'x' })).toThrow(/productInfo/)
})

test('PROV-X509-02: sastokenTtl is not an option of certificates', () => {
  const act = (): unknown =>
    ProvisioningDeviceClient.createFromX509Certificate('h', 'd1', SCOPE, new X509('c.pem', 'k.pem'), {
      sastokenTtl: 1,
    } as ProvisioningKeyOptions)
  expect(act).toThrow(TypeError)
  expect(act).toThrow(/sastokenTtl/)
})
