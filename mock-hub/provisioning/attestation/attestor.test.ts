import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { refusalOf, signed } from '../../core/testing/test-hub.ts'
import type { Registrant } from '../contract/provisioning.ts'
import { make, type Made } from '../testing/certificates.ts'
import {
  certified,
  group,
  individual,
  KEY,
  keyed,
  openProvisioning,
  registered,
  OTHER_KEY,
  SCOPE,
  token,
  type TestProvisioning,
} from '../testing/test-provisioning.ts'
import { deviceKeyOf } from './group-key.ts'

let dps: TestProvisioning
beforeEach(() => {
  dps = openProvisioning()
})
const prove = (registrant: Registrant): void => {
  dps.dps.devices.prove(registrant)
}
const refused = (registrant: Registrant): { rule: string; code: number; message: string } => {
  const { explanation, code, message } = refusalOf(() => {
    prove(registrant)
  })
  return { rule: explanation.rule, code, message }
}

describe('symmetric keys', () => {
  beforeEach(() => {
    dps.dps.individual.put('d1', individual('d1'))
  })

  test('DPS-AUTH-01 DPS-AUTH-02: either key of the individual enrollment, in turn', () => {
    for (const key of [KEY, OTHER_KEY, KEY]) prove(keyed(dps, 'd1', key))
    expect(refused(keyed(dps, 'd1', Buffer.alloc(64, 3).toString('base64')))).toMatchObject({
      rule: 'DPS-AUTH-01',
      code: 401002,
    })
  })

  test('DPS-AUTH-01: a signature that is not strict base64 is refused, and the refusal names the fault of the client', () => {
    const good = token(dps, 'd1')
    const sig = decodeURIComponent(/sig=([^&]+)/.exec(good)?.[1] ?? '')
    for (const [given, why] of [
      [sig.replace(/=+$/, ''), 'no padding'],
      [`${sig}x`, 'text after the padding'],
      [`${sig.slice(0, 20)} ${sig.slice(20)}`, 'white space'],
    ] as const) {
      const sasToken = good.replace(/sig=[^&]+/, `sig=${encodeURIComponent(given)}`)
      const { code, explanation } = refusalOf(() => {
        prove(keyed(dps, 'd1', KEY, { credentials: { sasToken } }))
      })
      expect([code, explanation.rule]).toEqual([401000, 'DPS-AUTH-01'])
      expect(explanation.received).toContain(why)
    }
  })

  test('DPS-AUTH-03: the documented vector of a derived key', () => {
    const groupKey =
      '8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw=='
    expect(deviceKeyOf(groupKey, 'sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6')).toBe(
      'Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=',
    )
  })

  test('DPS-AUTH-03 DPS-AUTH-04: keys derived from either key of a group, never the key of the group itself', () => {
    dps.dps.groups.put('g', group('g'))
    for (const key of [KEY, OTHER_KEY]) {
      prove(keyed(dps, 'of-g', deviceKeyOf(key, 'of-g')))
      expect(refused(keyed(dps, 'of-g', key))).toMatchObject({ rule: 'DPS-AUTH-04', code: 401002 })
    }
    // The key of one device is not that of another.
    expect(refused(keyed(dps, 'other', deviceKeyOf(KEY, 'of-g')))).toMatchObject({ code: 401002 })
    // An individual enrollment decides alone.
    expect(refused(keyed(dps, 'd1', deviceKeyOf(KEY, 'd1')))).toMatchObject({ rule: 'DPS-AUTH-01' })
  })

  test.each([undefined, '', 'registration'])('DPS-AUTH-05: skn %j is accepted', (skn) => {
    prove(keyed(dps, 'd1', KEY, { credentials: { sasToken: token(dps, 'd1', KEY, { skn }) } }))
  })

  test.each([
    ['DPS-AUTH-06', { skn: 'provisioningserviceowner' }],
    ['DPS-AUTH-08', { scope: '0ne00000001' }],
    ['DPS-AUTH-08', { sr: `${SCOPE}/registrations/d2` }],
    ['DPS-AUTH-09', { seconds: -301 }],
  ])('%s: a token with %j does not fit, whoever signed it', (rule, options) => {
    const registrant = keyed(dps, 'd1', KEY, {
      credentials: { sasToken: token(dps, 'd1', KEY, options) },
    })
    expect(refused(registrant)).toMatchObject({ rule, code: 401000 })
    expect(
      refusalOf(() => {
        dps.dps.devices.admit(registrant)
      }).explanation.rule,
    ).toBe(rule)
  })

  test('DPS-AUTH-09: a token may be as late as clocks may differ', () => {
    prove(keyed(dps, 'd1', KEY, { credentials: { sasToken: token(dps, 'd1', KEY, { seconds: -300 }) } }))
  })

  test.each(['%2F', '%2f', '/'])('DPS-AUTH-07: sr spelt with %s is signed as it is sent', (slash) => {
    const sr = `${SCOPE}${slash}registrations${slash}d1`
    const se = Math.floor(dps.clock.now() / 1000) + 60
    prove(keyed(dps, 'd1', KEY, { credentials: { sasToken: signed(sr, KEY, se) } }))
  })

  test('ids are compared without regard to case; the key of a group is derived as the device spells its id', () => {
    prove(keyed(dps, 'D1'))
    dps.dps.groups.put('g', group('g'))
    prove(keyed(dps, 'Of-G', deviceKeyOf(KEY, 'Of-G')))
    expect(refused(keyed(dps, 'of-g', deviceKeyOf(KEY, 'Of-G')))).toMatchObject({ code: 401002 })
  })

  test('DPS-AUTH-10: the form is judged at CONNECT, the signature only with dpsJudgesAtConnect', () => {
    const wrong = (service: TestProvisioning): Registrant => keyed(service, 'd1', OTHER_KEY.replace('A', 'B'))
    dps.dps.devices.admit(wrong(dps))
    const strict = openProvisioning({ dpsJudgesAtConnect: true })
    strict.dps.individual.put('d1', individual('d1'))
    strict.dps.devices.admit(keyed(strict, 'd1'))
    expect(
      refusalOf(() => {
        strict.dps.devices.admit(wrong(strict))
      }).code,
    ).toBe(401002)
  })

  test('DPS-AUTH-17 DPS-ERR-04: no credential, and another scope', () => {
    expect(refused(keyed(dps, 'd1', KEY, { credentials: {} }))).toMatchObject({ rule: 'DPS-AUTH-17' })
    expect(refused(keyed(dps, 'd1', KEY, { idScope: '0ne0000000A' }))).toMatchObject({
      rule: 'DPS-ERR-04',
      code: 404000,
    })
  })
})

describe('X.509', () => {
  let root: Made, middle: Made, deep: Made, leaf: Made, ofMiddle: Made, foreign: Made, own: Made
  beforeAll(async () => {
    root = await make('root', undefined, { ca: true })
    middle = await make('middle', root, { ca: true })
    deep = await make('deep', middle, { ca: true })
    leaf = await make('leaf', deep)
    ofMiddle = await make('of-middle', middle)
    foreign = await make('root', undefined, { ca: true })
    own = await make('d1')
  })
  const x509 = (kind: string, ...pems: readonly (Made | undefined)[]) => ({
    type: 'x509',
    x509: {
      [kind]: {
        primary: pems[0] === undefined ? null : { certificate: pems[0].pem },
        secondary: pems[1] === undefined ? null : { certificate: pems[1].pem },
      },
    },
  })
  const signing = (id: string, by: Made, status = 'enabled'): void => {
    dps.dps.groups.put(id, {
      enrollmentGroupId: id,
      attestation: x509('signingCertificates', by),
      provisioningStatus: status,
    })
  }

  test('DPS-AUTH-11 DPS-AUTH-12 DPS-AUTH-13: the primary or secondary certificate of the enrollment, for its common name', async () => {
    const second = await make('d1')
    dps.dps.individual.put('d1', {
      registrationId: 'd1',
      attestation: x509('clientCertificates', own, second),
    })
    prove(certified('d1', own.der))
    prove(certified('d1', second.der))
    expect(refused(certified('d1', (await make('d1')).der))).toEqual({
      rule: 'DPS-AUTH-13',
      code: 401002,
      message: 'Invalid certificate.',
    })
    expect(refused(certified('d2', own.der))).toMatchObject({ rule: 'DPS-AUTH-12', code: 401002 })
    expect(refused(keyed(dps, 'd1'))).toMatchObject({ code: 401002 })
  })

  test('DPS-AUTH-13: a certificate that has expired on the hub’s clock, or is not yet valid', async () => {
    const short = await make('d1', undefined, { until: '2026-06-01' })
    dps.dps.individual.put('d1', { registrationId: 'd1', attestation: x509('clientCertificates', short) })
    prove(certified('d1', short.der))
    dps.clock.set(Date.parse('2026-06-02'))
    expect(refused(certified('d1', short.der))).toMatchObject({ rule: 'DPS-AUTH-13', code: 401002 })
    dps.clock.set(Date.parse('2019-06-02'))
    expect(refused(certified('d1', short.der))).toMatchObject({ rule: 'DPS-AUTH-13' })
  })

  test('DPS-AUTH-14: the chain passes the enrolled certificate and reaches a verified one, which need not be sent', () => {
    signing('g', middle)
    const chain = certified('leaf', leaf.der, deep.der, middle.der)
    expect(refused(chain)).toMatchObject({ rule: 'DPS-AUTH-15', message: 'CA certificate not found.' })
    dps.dps.certificates.upload('r', root.pem)
    expect(refused(chain)).toMatchObject({ rule: 'DPS-AUTH-15' })
    dps.dps.certificates.upload('r', root.pem, true)
    prove(chain)
    expect(refused(certified('leaf', leaf.der))).toMatchObject({ rule: 'DPS-AUTH-15', code: 401002 })
    // The enrolled certificate itself need not be sent.
    prove(certified('leaf', leaf.der, deep.der))
  })

  test('DPS-AUTH-14: caReferences name an uploaded certificate', () => {
    dps.dps.certificates.upload('r', root.pem, true)
    dps.dps.groups.put('g', {
      enrollmentGroupId: 'g',
      attestation: { type: 'x509', x509: { caReferences: { primary: 'R', secondary: null } } },
    })
    prove(certified('leaf', leaf.der, deep.der, middle.der))
    expect(refused(certified('leaf', leaf.der, middle.der))).toMatchObject({ rule: 'DPS-AUTH-15' })
  })

  test('DPS-AUTH-15: a chain of an authority of the same name, and one that is not signed', async () => {
    signing('g', root)
    dps.dps.certificates.upload('r', root.pem, true)
    const forged = await make('forged', foreign)
    expect(refused(certified('forged', forged.der, foreign.der))).toMatchObject({ rule: 'DPS-AUTH-15' })
    const byLeaf = await make('by-leaf', ofMiddle)
    expect(refused(certified('by-leaf', byLeaf.der, ofMiddle.der, middle.der))).toMatchObject({
      rule: 'DPS-AUTH-15',
    })
  })

  test('no more than ten certificates of a device are looked at', () => {
    signing('g', root)
    dps.dps.certificates.upload('r', root.pem, true)
    const sent = (strangers: number) => [leaf, ...Array<Made>(strangers).fill(foreign), deep, middle]
    prove(certified('leaf', ...sent(7).map(({ der }) => der)))
    expect(refused(certified('leaf', ...sent(8).map(({ der }) => der)))).toMatchObject({
      rule: 'DPS-AUTH-15',
    })
  })

  test('DPS-AUTH-15: the setting lets the enrolled certificate itself be enough', () => {
    dps = openProvisioning({ dpsRequiresVerifiedCa: false })
    signing('g', middle)
    prove(certified('of-middle', ofMiddle.der))
    expect(refused(certified('leaf', leaf.der))).toMatchObject({ rule: 'DPS-AUTH-15' })
  })

  test('DPS-AUTH-14: an expired authority ends no chain', async () => {
    const old = await make('old', root, { ca: true, until: '2025-01-01' })
    const device = await make('device', old)
    signing('g', root)
    dps.dps.certificates.upload('r', root.pem, true)
    expect(refused(certified('device', device.der, old.der))).toMatchObject({ rule: 'DPS-AUTH-15' })
  })

  test('DPS-AUTH-16: the nearest issuer decides, also when it is disabled', async () => {
    dps.dps.certificates.upload('r', root.pem, true)
    signing('a-far', root)
    signing('b-near', deep, 'disabled')
    const chain = certified('leaf', leaf.der, deep.der, middle.der)
    await registered(dps, chain)
    expect(dps.dps.registrations.get('leaf')).toMatchObject({ status: 'disabled' })
    await registered(dps, certified('of-middle', ofMiddle.der, middle.der))
    expect(dps.dps.registrations.get('of-middle')).toMatchObject({ status: 'assigned' })
  })

  test('DPS-AUTH-14: possession of the key is proven by a certificate for the code', async () => {
    const { certificates } = dps.dps
    certificates.upload('r', root.pem)
    expect(refusalOf(() => certificates.verify('r', own.pem)).code).toBe(400000)
    const code = certificates.verificationCode('r')
    const byOther = await make(code, foreign)
    expect(refusalOf(() => certificates.verify('r', byOther.pem)).explanation.expected).toContain('signed by')
    const proof = await make(code, root)
    expect(certificates.verify('r', proof.pem)).toMatchObject({ name: 'r', verified: true })
    expect(refusalOf(() => certificates.verify('r', proof.pem)).code).toBe(400000)
    expect(refusalOf(() => certificates.upload('leaf', leaf.pem)).code).toBe(400000)
    expect(refusalOf(() => certificates.verificationCode('x')).code).toBe(404201)
  })
})
