import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HubError } from '../../core/errors/hub-error.ts'
import { parseConnectUsername } from './connect-username.ts'

const device = { deviceId: 'd' }
const module = { deviceId: 'd', moduleId: 'm' }

describe('parseConnectUsername', () => {
  test.each([
    ['WIRE-CONN-10', 'h/d/?api-version=2021-04-12', device, '2021-04-12'],
    ['WIRE-CONN-11', 'h/d/m/?api-version=2018-06-30', module, '2018-06-30'],
    ['WIRE-CONN-12', 'h/d/api-version=2016-11-14&DeviceClientType=c%2f1', device, '2016-11-14'],
    ['WIRE-CONN-11', 'h/d/m?api-version=2018-06-30', module, '2018-06-30'],
    ['WIRE-CONN-12', 'h/d?api-version=2018-06-30', device, '2018-06-30'],
    ['WIRE-CONN-13', 'h/d', device, undefined],
    ['WIRE-CONN-13', 'h/d/', device, undefined],
    ['WIRE-CONN-13', 'h/d/?', device, undefined],
    ['WIRE-CONN-13', 'h/d/m', module, undefined],
    ['WIRE-CONN-13', 'h/d/m/', module, undefined],
    ['WIRE-CONN-15', 'h/d/?api-version=2017-11-08-preview', device, '2017-11-08-preview'],
    ['WIRE-CONN-14', 'h/d/?api-version=2020-09-30&api-version=bad', device, '2020-09-30'],
    ['WIRE-CONN-17', 'h/a.b:c@d?e=f/?api-version=2020-09-30', { deviceId: 'a.b:c@d?e=f' }, '2020-09-30'],
  ])('%s: %s', (_id, username, identity, apiVersion) => {
    const parsed = parseConnectUsername(username)
    expect(parsed).toMatchObject({ host: 'h', identity, apiVersion })
  })

  test('WIRE-CONN-14: values are decoded, unknown names kept', () => {
    const parsed = parseConnectUsername(
      'h/d/?api-version=2021-04-12&DeviceClientType=py%2F2.14.0%28x%3B%29&model-id=dtmi%3Ax%3By%3B1&auth-chain=a&odd',
    )
    expect(parsed.deviceClientType).toBe('py/2.14.0(x;)')
    expect(parsed.modelId).toBe('dtmi:x;y;1')
    expect(parsed.properties.get('odd')).toBe('')
  })

  test('a client type with raw slashes is not a module id', () => {
    const parsed = parseConnectUsername('h/d/?api-version=2021-04-12&DeviceClientType=my/client/1')
    expect(parsed.identity).toEqual(device)
    expect(parsed.deviceClientType).toBe('my/client/1')
  })

  test.each(['', 'h', '/d', 'h/', 'h//?api-version=2021-04-12', 'h/d/m/x', 'h/d//x=1'])(
    'WIRE-CONN-21: %s is malformed',
    (username) => {
      expect(() => parseConnectUsername(username)).toThrow(HubError)
    },
  )

  test.each(['h/d/m/api-version=2018-06-30', 'h/d/m/api-version=2016-11-14&DeviceClientType=c'])(
    'WIRE-CONN-34: %s has no question mark',
    (username) => {
      expect(() => parseConnectUsername(username)).toThrow(
        expect.objectContaining({
          explanation: expect.objectContaining({ rule: 'WIRE-CONN-34' }) as unknown,
        }),
      )
    },
  )

  test.each(['2021', '2021-4-12', 'latest', ''])('WIRE-CONN-15: api-version %s is refused', (version) => {
    expect(() => parseConnectUsername(`h/d/?api-version=${version}`)).toThrow(/not supported/)
  })

  test('any text either parses or is refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          parseConnectUsername(text)
        } catch (error) {
          expect(error).toBeInstanceOf(HubError)
        }
      }),
    )
  })
})
