import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import { openHub, primaryKeyOf, refusalOf, signed, TestLink } from '../testing/test-hub.ts'

const d = { deviceId: 'd' }
let hub: Hub
let clock: ManualClock
beforeEach(() => {
  ;({ hub, clock } = openHub())
  hub.registry.create(d)
})
const token = (): string =>
  signed('localhost/devices/d', primaryKeyOf(hub, d), Math.floor(clock.now() / 1000) + 3_600)
const admit = (sasToken: string): unknown => hub.authentication.admit(d, { sasToken })

describe('expireToken', () => {
  test('WIRE-AUTH-12: a token that was shown is refused from now on, the next one is accepted', () => {
    const first = token()
    admit(first)
    hub.expireToken(d)
    const refusal = refusalOf(() => admit(first))
    expect([refusal.kind, refusal.message]).toEqual(['IotHubUnauthorizedAccess', 'the token has expired'])
    expect(refusal.explanation.rule).toBe('WIRE-AUTH-12')
    clock.advance('1s')
    admit(token())
    expect(refusalOf(() => admit(first)).kind).toBe('IotHubUnauthorizedAccess')
  })

  test('WIRE-AUTH-13: the link is closed, and the refusal says who asked for it', () => {
    admit(token())
    const link = new TestLink(hub, d)
    hub.expireToken(d)
    expect(link.closed).toEqual(['token-expired'])
    expect(hub.lastRefusals[0]?.explanation).toMatchObject({
      rule: 'WIRE-AUTH-13',
      received: expect.stringContaining('none: expireToken was called') as unknown,
    })
  })

  test('an identity that has shown no token is named', () => {
    expect(() => {
      hub.expireToken(d)
    }).toThrow(
      'expireToken: expected identity to have connected, or sent a request, with a token; given: "d"',
    )
    const link = new TestLink(hub, d, { credential: 'x509' })
    expect(() => {
      hub.expireToken(d)
    }).toThrow('with a token')
    expect(link.closed).toEqual([])
    expect(
      refusalOf(() => {
        hub.expireToken({ deviceId: 'x' })
      }).kind,
    ).toBe('DeviceNotFound')
  })

  test('an identity that is made anew starts without', () => {
    const first = token()
    const key = primaryKeyOf(hub, d)
    admit(first)
    hub.expireToken(d)
    hub.registry.remove(d, '*')
    hub.registry.create(d, { authentication: { symmetricKey: { primaryKey: key } } })
    admit(first)
  })

  test('the tokens of another identity stay', () => {
    const e = { deviceId: 'e' }
    hub.registry.create(e)
    const other = signed('localhost/devices/e', primaryKeyOf(hub, e), clock.now() / 1000 + 60)
    admit(token())
    hub.authentication.admit(e, { sasToken: other })
    hub.expireToken(d)
    hub.authentication.admit(e, { sasToken: other })
  })
})
