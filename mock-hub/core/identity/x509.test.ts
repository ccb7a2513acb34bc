// Node 20: `toLegacyObject` of a certificate before the first load of this module leaves it without
// `createSecureContext`, for every test file of the process. A running hub has loaded it.
import 'node:tls'
import { createHash, X509Certificate } from 'node:crypto'
import { generate } from 'selfsigned'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import { createHub } from '../create-hub.ts'
import { openHub, refusalOf, signed, primaryKeyOf } from '../testing/test-hub.ts'

interface Made {
  readonly pem: string
  readonly key: string
  readonly der: Buffer
}
const CA = [
  { name: 'basicConstraints', cA: true, critical: true },
  { name: 'keyUsage', keyCertSign: true },
] as const
async function make(
  commonName: string | readonly string[],
  by?: Made,
  options: { ca?: boolean; signs?: boolean; years?: number; usage?: 'clientAuth' | 'serverAuth' } = {},
): Promise<Made> {
  const notBeforeDate = new Date('2020-01-01')
  const notAfterDate = new Date(`${String(2020 + (options.years ?? 60))}-01-01`)
  const { cert, private: key } = await generate(
    [commonName]
      .flat()
      .map((value) => ({ name: 'commonName', value: value.replace(/[,;#+=]/g, String.raw`\$&`) })),
    {
      algorithm: 'sha256',
      keyType: 'ec',
      notBeforeDate,
      notAfterDate,
      ...(options.ca === true ? { extensions: [...CA] } : {}),
      ...(options.signs === true ? { extensions: [{ name: 'keyUsage' as const, keyCertSign: true }] } : {}),
      ...(options.usage === undefined
        ? {}
        : { extensions: [{ name: 'extKeyUsage', [options.usage]: true }] }),
      ...(by === undefined ? {} : { ca: { key: by.key, cert: by.pem } }),
    },
  )
  return { pem: cert, key, der: new X509Certificate(cert).raw }
}

const d = { deviceId: 'dev' }
let root: Made, middle: Made, foreignRoot: Made
beforeAll(async () => {
  root = await make('root', undefined, { ca: true })
  foreignRoot = await make('root', undefined, { ca: true })
  middle = await make('middle', root, { ca: true })
})
let hub: Hub
beforeEach(() => {
  ;({ hub } = openHub())
})
const rule = (...certificates: Buffer[]): string =>
  refusalOf(() => hub.authentication.admit(d, { certificates })).explanation.rule

describe('selfSigned', () => {
  test.each(['sha1', 'sha256'])(
    'WIRE-AUTH-15 WIRE-AUTH-16: %s, primary or secondary, in any spelling',
    async (hash) => {
      const [own, other] = [await make('x'), await make('x')]
      const print = createHash(hash).update(own.der).digest('hex')
      const colons = print.toUpperCase().replace(/(..)(?=.)/g, '$1:')
      hub.registry.create(d, {
        authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: print } },
      })
      for (const x509Thumbprint of [{ primaryThumbprint: print }, { secondaryThumbprint: colons }]) {
        hub.registry.update(d, { authentication: { type: 'selfSigned', x509Thumbprint } }, '*')
        expect(hub.authentication.admit(d, { certificates: [own.der] })).toMatchObject({
          credential: 'x509',
          scope: 'device',
          expiresAt: undefined,
        })
        expect(rule(other.der)).toBe('WIRE-AUTH-16')
        expect(rule(other.der, own.der)).toBe('WIRE-AUTH-16')
      }
      expect(refusalOf(() => hub.authentication.admit(d, { certificates: [other.der] })).message).toMatch(
        /^Thumbprint does not match configuration: Thumbprint: SHA1Hash=[0-9a-f]{40}, SHA2Hash=[0-9a-f]{64}; Configuration: PrimaryThumbprint=/,
      )
    },
  )

  test('WIRE-AUTH-16: such a device is refused with a key, and a device with keys is refused with a certificate', async () => {
    hub.registry.create(d)
    const token = signed(hub.hostName, primaryKeyOf(hub, d), Math.floor(hub.clock.now() / 1000) + 60)
    expect(rule((await make('dev')).der)).toBe('WIRE-AUTH-19')
    const x509Thumbprint = { primaryThumbprint: 'a'.repeat(40) }
    hub.registry.update(d, { authentication: { type: 'selfSigned', x509Thumbprint } }, '*')
    expect(refusalOf(() => hub.authentication.admit(d, { sasToken: token })).explanation.rule).toBe(
      'WIRE-AUTH-16',
    )
  })
})

describe('selfSigned, in time', () => {
  test('WIRE-AUTH-23: a certificate with the registered thumbprint is refused before and after its days', async () => {
    const short = await make('x', undefined, { years: 1 })
    const [primaryThumbprint] = [createHash('sha256').update(short.der).digest('hex')]
    for (const [now, refused] of [
      ['2019-12-31T23:59:59Z', 'a certificate that is not valid before Jan  1 00:00:00 2020 GMT'],
      ['2020-01-01T00:00:00Z', undefined],
      ['2021-01-01T00:00:00Z', undefined],
      ['2021-01-01T00:00:01Z', 'a certificate that expired on Jan  1 00:00:00 2021 GMT'],
    ] as const) {
      const then = createHub({ clock: new ManualClock(Date.parse(now)) })
      then.registry.create(d, {
        authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint } },
      })
      const admit = () => then.authentication.admit(d, { certificates: [short.der] })
      if (refused === undefined) expect(admit().credential).toBe('x509')
      else expect(refusalOf(admit).explanation).toMatchObject({ rule: 'WIRE-AUTH-23', received: refused })
    }
  })
})

describe('certificateAuthority', () => {
  beforeEach(() => {
    hub.registry.create(d, { authentication: { type: 'certificateAuthority' } })
    hub.registry.trustCertificateAuthority(root.pem)
  })

  test('WIRE-AUTH-17: a chain to a registered authority and the device’s name', async () => {
    const direct = await make('dev', root)
    expect(hub.authentication.admit(d, { certificates: [direct.der] }).credential).toBe('x509')
    const below = await make('dev', middle)
    hub.authentication.admit(d, { certificates: [below.der, middle.der] })
    hub.authentication.admit(d, { certificates: [below.der, foreignRoot.der, middle.der, root.der] })
    hub.registry.create({ ...d, moduleId: 'm' }, { authentication: { type: 'certificateAuthority' } })
    const module = await make('dev/m', root)
    expect(hub.authentication.admit({ ...d, moduleId: 'm' }, { certificates: [module.der] }).scope).toBe(
      'module',
    )
  })

  test('WIRE-AUTH-17: another name, another authority, a gap in the chain, an issuer that is no authority, an expired certificate', async () => {
    const leaf = await make('dev', root)
    const signer = await make('signer', root, { signs: true })
    for (const certificates of [
      [(await make('dev1', root)).der],
      [(await make('Dev', root)).der],
      [(await make('dev', foreignRoot)).der],
      [(await make('dev', foreignRoot)).der, foreignRoot.der],
      [(await make('dev')).der],
      [(await make('dev', middle)).der],
      // The certificate of a device is not an authority.
      [(await make('dev', leaf)).der, leaf.der],
      // Nor is one that may sign certificates and does not say that it is an authority.
      [(await make('dev', signer)).der, signer.der],
      [(await make('dev', root, { years: 1 })).der],
      [Buffer.from('no certificate')],
    ])
      expect(rule(...certificates)).toBe('WIRE-AUTH-17')
  })

  test('WIRE-AUTH-17: an authority that has expired vouches for nobody', async () => {
    const short = await make('short', undefined, { ca: true, years: 1 })
    hub.registry.trustCertificateAuthority(short.pem)
    const { der } = await make('dev', short)
    expect(refusalOf(() => hub.authentication.admit(d, { certificates: [der] })).explanation).toMatchObject({
      ...{ rule: 'WIRE-AUTH-17', received: 'an authority that has expired' },
    })
  })

  test.each(['a,b', 'a;b', 'a#b', 'a+b', '#a', 'a=b', 'CN=b'])(
    'WIRE-AUTH-17: the common name %s is compared as it is, not as it is printed',
    async (deviceId) => {
      hub.registry.create({ deviceId }, { authentication: { type: 'certificateAuthority' } })
      const { der } = await make(deviceId, root)
      expect(hub.authentication.admit({ deviceId }, { certificates: [der] }).credential).toBe('x509')
    },
  )

  test('WIRE-AUTH-17: a certificate with two common names is refused, and both are named', async () => {
    const { der } = await make(['dev', 'other'], root)
    expect(refusalOf(() => hub.authentication.admit(d, { certificates: [der] })).explanation.received).toBe(
      'the common names ["dev","other"]',
    )
  })

  test('WIRE-AUTH-24: the certificate of an authority is refused', async () => {
    expect(rule((await make('dev', root, { ca: true })).der)).toBe('WIRE-AUTH-24')
  })

  test('WIRE-AUTH-25: an extended key usage without client authentication is refused, anyCertificateUsage accepts it', async () => {
    const client = await make('dev', root, { usage: 'clientAuth' })
    const server = await make('dev', root, { usage: 'serverAuth' })
    expect(hub.authentication.admit(d, { certificates: [client.der] }).credential).toBe('x509')
    expect(rule(server.der)).toBe('WIRE-AUTH-25')
    const { hub: lenient } = openHub({ anyCertificateUsage: true })
    lenient.registry.create(d, { authentication: { type: 'certificateAuthority' } })
    lenient.registry.trustCertificateAuthority(root.pem)
    expect(lenient.authentication.admit(d, { certificates: [server.der] }).credential).toBe('x509')
  })

  test('text without a certificate is refused as an authority', () => {
    expect(() => hub.registry.trustCertificateAuthority('nothing')).toThrow('no certificate in PEM')
  })
})
