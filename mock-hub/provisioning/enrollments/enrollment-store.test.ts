import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isObject, own, type Json, type JsonObject } from '../../base/json.ts'
import { refusalOf } from '../../core/testing/test-hub.ts'
import type { Enrollments } from '../contract/enrollments.ts'
import { make, type Made } from '../testing/certificates.ts'
import {
  certified,
  group,
  individual,
  KEY,
  keyed,
  openProvisioning,
  provision,
  type TestProvisioning,
} from '../testing/test-provisioning.ts'

let dps: TestProvisioning
let individuals: Enrollments
let groups: Enrollments
beforeEach(() => {
  dps = openProvisioning()
  ;({ individual: individuals, groups } = dps.dps)
})
const refused = (act: () => unknown): { code: number; expected: string } => {
  const { code, explanation } = refusalOf(act)
  return { code, expected: explanation.expected }
}
const etagOf = (document: JsonObject): string => {
  const etag = own(document, 'etag')
  if (typeof etag !== 'string') throw new Error('no etag')
  return etag
}
const NO_KEYS = { attestation: { type: 'symmetricKey' } }

describe('put and get', () => {
  test('DPS-ENR-01 DPS-ENR-02: an individual enrollment with new keys, which PUT returns', () => {
    const created = individuals.put('d1', { registrationId: 'd1', ...NO_KEYS })
    expect(created).toMatchObject({
      registrationId: 'd1',
      provisioningStatus: 'enabled',
      createdDateTimeUtc: '2026-01-01T00:00:00.0000000Z',
      lastUpdatedDateTimeUtc: '2026-01-01T00:00:00.0000000Z',
    })
    expect(etagOf(created)).toMatch(/^"[0-9a-f-]{36}"$/)
    const { symmetricKey } = individuals.attestation('d1') as { symmetricKey: Record<string, string> }
    for (const key of Object.values(symmetricKey)) expect(Buffer.from(key, 'base64')).toHaveLength(64)
    expect(created).toMatchObject({ attestation: { type: 'symmetricKey', symmetricKey } })
  })

  test('DPS-ENR-03: GET and query show no keys, attestationmechanism does', () => {
    individuals.put('d1', individual('d1'))
    expect(individuals.get('D1')).toMatchObject({ attestation: { type: 'symmetricKey' } })
    const page = individuals.query({ query: 'SELECT *' }, { maxItems: undefined, continuation: undefined })
    expect(JSON.stringify([individuals.get('d1'), page, individuals.list()])).not.toContain(KEY)
    expect(individuals.attestation('d1')).toMatchObject({ symmetricKey: { primaryKey: KEY } })
  })

  test('DPS-ENR-04 DPS-ENR-05 DPS-ENR-06: creation without If-Match, update with the etag', () => {
    const etag = etagOf(individuals.put('d1', individual('d1')))
    expect(refused(() => individuals.put('d1', individual('d1'))).code).toBe(409000)
    const second = etagOf(individuals.put('d1', individual('d1'), etag))
    expect(second).not.toBe(etag)
    expect(refused(() => individuals.put('d1', individual('d1'), etag)).code).toBe(412000)
    expect(refused(() => individuals.put('d1', individual('d1'), `"${second}"`)).code).toBe(412000)
    const third = etagOf(individuals.put('d1', individual('d1'), second.replaceAll('"', '')))
    individuals.put('d1', individual('d1'), '*')
    expect(
      refused(() => {
        individuals.remove('d1', third)
      }).code,
    ).toBe(412000)
    expect(refused(() => individuals.put('d2', individual('d2'), '*')).code).toBe(404201)
    expect(refused(() => groups.put('g', group('g'), '*')).code).toBe(404202)
  })

  test('DPS-ENR-07: what is deleted is not found', () => {
    individuals.put('d1', individual('d1'))
    individuals.remove('D1')
    for (const act of [
      () => individuals.get('d1'),
      () => individuals.attestation('d1'),
      () => {
        individuals.remove('d1')
      },
    ])
      expect(refused(act).code).toBe(404201)
    expect(refused(() => groups.get('g')).code).toBe(404202)
  })

  test('an update without keys keeps them; nulls and read-only members pass', () => {
    const created = individuals.put('d1', individual('d1'))
    const shown = individuals.get('d1')
    const back = { ...shown, initialTwin: null, capabilities: null, allocationPolicy: null, extra: 1 }
    expect(individuals.put('d1', back, etagOf(created))).toMatchObject({
      attestation: { symmetricKey: { primaryKey: KEY } },
    })
  })

  test('every field comes back', () => {
    const fields = {
      deviceId: 'the-device',
      optionalDeviceInformation: { a: 1 },
      capabilities: { iotEdge: true },
      initialTwin: { tags: { t: 1 }, properties: { desired: { p: [1, 'x'] } } },
      provisioningStatus: 'disabled',
      reprovisionPolicy: { updateHubAssignment: false, migrateDeviceData: true },
      allocationPolicy: 'custom',
      iotHubs: ['localhost'],
      customAllocationDefinition: { webhookUrl: 'http://127.0.0.1:1/x', apiVersion: '2019-03-31' },
    }
    expect(individuals.put('d1', individual('d1', fields))).toMatchObject(fields)
    expect(individuals.get('d1')).toMatchObject(fields)
  })

  test('DPS-ENR-11 DPS-ENR-12: groups, and TPM enrollments, which have no group', () => {
    groups.put('g', group('g'))
    expect(groups.get('G')).toMatchObject({ enrollmentGroupId: 'g' })
    expect(groups.attestation('g')).toMatchObject({ type: 'symmetricKey', symmetricKey: { primaryKey: KEY } })
    groups.remove('g')
    const tpm = { type: 'tpm', tpm: { endorsementKey: 'AToAAQ==', storageRootKey: null } }
    individuals.put('t', { registrationId: 't', attestation: tpm })
    expect(individuals.attestation('t')).toEqual(tpm)
    expect(refused(() => groups.put('t', { attestation: tpm })).expected).toContain('attestation.type')
  })

  test('a change of the enrollment shows its time', () => {
    individuals.put('d1', individual('d1'))
    dps.clock.advance('1m')
    expect(individuals.put('d1', individual('d1'), '*')).toMatchObject({
      createdDateTimeUtc: '2026-01-01T00:00:00.0000000Z',
      lastUpdatedDateTimeUtc: '2026-01-01T00:01:00.0000000Z',
    })
  })
})

describe('what is refused', () => {
  const keys = (bytes: number): JsonObject => ({
    attestation: {
      type: 'symmetricKey',
      symmetricKey: { primaryKey: Buffer.alloc(bytes).toString('base64') },
    },
  })
  test.each<[string, string, Json]>([
    ['registrationId', 'a b', individual('a b')],
    ['registrationId', 'ends.', individual('ends.')],
    ['registrationId', 'x'.repeat(129), individual('x'.repeat(129))],
    ['registrationId', 'd1', individual('d2')],
    ['the body', 'd1', [1]],
    ['attestation', 'd1', { registrationId: 'd1' }],
    ['attestation.type', 'd1', { attestation: {} }],
    ['attestation.type', 'd1', { attestation: { type: 'password' } }],
    ['attestation.x509', 'd1', { attestation: { type: 'x509' } }],
    ['attestation.tpm.endorsementKey', 'd1', { attestation: { type: 'tpm' } }],
    ['attestation.symmetricKey.primaryKey', 'd1', keys(15)],
    ['attestation.symmetricKey.primaryKey', 'd1', keys(65)],
    ['iotHubs', 'd1', individual('d1', { allocationPolicy: 'static', iotHubs: ['localhost', 'localhost'] })],
    ['iotHubs[0]', 'd1', individual('d1', { iotHubs: ['elsewhere.example'] })],
    ['iotHubHostName', 'd1', individual('d1', { iotHubHostName: 'elsewhere.example' })],
    ['customAllocationDefinition', 'd1', individual('d1', { allocationPolicy: 'custom' })],
    [
      'customAllocationDefinition.webhookUrl',
      'd1',
      individual('d1', { customAllocationDefinition: { webhookUrl: 'ftp://x', apiVersion: '1' } }),
    ],
    [
      'customAllocationDefinition.apiVersion',
      'd1',
      individual('d1', { customAllocationDefinition: { webhookUrl: 'https://x' } }),
    ],
    ['allocationPolicy', 'd1', individual('d1', { allocationPolicy: 'random' })],
    ['provisioningStatus', 'd1', individual('d1', { provisioningStatus: 'off' })],
    ['capabilities.iotEdge', 'd1', individual('d1', { capabilities: { iotEdge: 'yes' } })],
    ['initialTwin', 'd1', individual('d1', { initialTwin: 'x' })],
    ['deviceId', 'd1', individual('d1', { deviceId: 'a/b' })],
  ])('DPS-ENR-10: %s of %s', (field, id, body) => {
    const { code, expected } = refused(() => individuals.put(id, body))
    expect(code).toBe(400000)
    expect(expected.startsWith(`${field} `)).toBe(true)
    expect(individuals.list()).toEqual([])
  })

  test('DPS-ENR-10: a device id in a group; a secret is not in the error', () => {
    expect(refused(() => groups.put('g', group('g', { deviceId: 'd' }))).expected).toContain('deviceId')
    const secret = `${KEY}!`
    const error = refusalOf(() =>
      individuals.put('d', {
        attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: secret } },
      }),
    )
    expect(JSON.stringify([error.message, error.explanation])).not.toContain(KEY.slice(0, 20))
  })
})

describe('certificates', () => {
  let own: Made, root: Made
  beforeAll(async () => {
    own = await make('d1')
    root = await make('root', undefined, { ca: true })
  })
  const x509 = (kind: string, primary: Json): JsonObject => ({
    attestation: { type: 'x509', x509: { [kind]: { primary, secondary: null } } },
  })

  test('DPS-ENR-08: PEM, base64 of PEM and base64 of DER are the same certificate, shown by its info', () => {
    const forms = [own.pem, Buffer.from(own.pem).toString('base64'), own.der.toString('base64')]
    const shown = forms.map((certificate) => {
      const { attestation } = individuals.put('d1', x509('clientCertificates', { certificate }))
      individuals.remove('d1')
      return attestation
    })
    expect(shown[1]).toEqual(shown[0])
    expect(shown[2]).toEqual(shown[0])
    expect(shown[0]).toMatchObject({
      type: 'x509',
      x509: {
        clientCertificates: {
          primary: {
            info: {
              subjectName: 'CN=d1',
              issuerName: 'CN=d1',
              sha1Thumbprint: expect.stringMatching(/^[0-9A-F]{40}$/) as string,
              sha256Thumbprint: expect.stringMatching(/^[0-9A-F]{64}$/) as string,
              notBeforeUtc: '2020-01-01T00:00:00.0000000Z',
              notAfterUtc: '2050-01-01T00:00:00.0000000Z',
              serialNumber: expect.any(String) as string,
              version: 3,
            },
          },
          secondary: null,
        },
      },
    })
    expect(JSON.stringify(shown)).not.toContain('certificate"')
  })

  test('DPS-ENR-09: info without a certificate keeps the stored one, and the device still registers', async () => {
    individuals.put('d1', x509('clientCertificates', { certificate: own.pem }))
    const shown = individuals.get('d1')
    individuals.put('d1', shown, etagOf(shown))
    expect(await provision(dps, certified('d1', own.der))).toMatchObject({ status: 'assigned' })
    individuals.remove('d1')
    expect(refused(() => individuals.put('d1', shown)).expected).toContain('primary.certificate')
  })

  test('DPS-ENR-10: client certificates in a group, signing certificates in an individual enrollment, several kinds, no certificate', () => {
    const certificate = { certificate: root.pem }
    for (const [store, body] of [
      [groups, x509('clientCertificates', certificate)],
      [individuals, x509('signingCertificates', certificate)],
      [groups, x509('signingCertificates', null)],
      [groups, x509('signingCertificates', { certificate: 'bm90IGEgY2VydA==' })],
      [groups, x509('caReferences', null)],
      [groups, { attestation: { type: 'x509', x509: { signingCertificates: {}, caReferences: {} } } }],
    ] as const)
      expect(refused(() => store.put('x', body)).code).toBe(400000)
  })
})

describe('bulk and query', () => {
  test('DPS-ENR-13: entries succeed or fail one by one; more than ten are refused', () => {
    individuals.put('d0', individual('d0'))
    const entries = ['d0', 'd1', 'd2'].map((id) => individual(id))
    expect(individuals.bulk({ mode: 'create', enrollments: entries })).toMatchObject({
      isSuccessful: false,
      errors: [{ registrationId: 'd0', errorCode: 409000, errorStatus: expect.any(String) as string }],
    })
    expect(individuals.bulk({ mode: 'update', enrollments: entries })).toEqual({
      isSuccessful: true,
      errors: [],
    })
    const [first] = individuals.list()
    const stale = { ...individual('d1'), etag: '"x"' }
    expect(
      individuals.bulk({ mode: 'updateIfMatchEtag', enrollments: [first ?? {}, stale, individual('d2')] }),
    ).toMatchObject({
      isSuccessful: false,
      errors: [
        { registrationId: 'd1', errorCode: 412000 },
        { registrationId: 'd2', errorCode: 400000 },
      ],
    })
    expect(individuals.bulk({ mode: 'delete', enrollments: [...entries, { registrationId: 'd9' }] })).toEqual(
      {
        isSuccessful: false,
        errors: [{ registrationId: 'd9', errorCode: 404201, errorStatus: 'Enrollment not found.' }],
      },
    )
    expect(individuals.list()).toEqual([])
    const many = Array.from({ length: 11 }, (_, at) => group(`g${String(at)}`))
    expect(refused(() => groups.bulk({ mode: 'create', enrollmentGroups: many })).code).toBe(400000)
    expect(groups.list()).toEqual([])
    expect(groups.bulk({ mode: 'create', enrollmentGroups: many.slice(1) })).toMatchObject({
      isSuccessful: true,
    })
    for (const body of [
      { mode: 'create' },
      { mode: 'merge', enrollmentGroups: many },
      { enrollmentGroups: many },
    ])
      expect(refused(() => groups.bulk(body)).code).toBe(400000)
  })

  test('DPS-ENR-14: pages give every entry once, sorted by id; tokens are of this query', () => {
    for (const id of ['c', 'A', 'b', 'E', 'd']) individuals.put(id, individual(id))
    const seen: Json[] = []
    let continuation: string | undefined
    do {
      const page = individuals.query({ query: 'select * from enrollments' }, { maxItems: 2, continuation })
      expect(page.itemType).toBe('enrollment')
      seen.push(...page.rows.map((row) => (isObject(row) ? (own(row, 'registrationId') ?? null) : null)))
      continuation = page.continuation
      // What comes or goes meanwhile moves nothing else.
      if (seen.length === 2) individuals.remove('A')
    } while (continuation !== undefined)
    expect(seen).toEqual(['A', 'b', 'c', 'd', 'E'])
    const ofGroups = { maxItems: 1, continuation: undefined }
    for (const id of ['g1', 'g2']) groups.put(id, group(id))
    const token = groups.query({ query: 'SELECT *' }, ofGroups).continuation
    expect(
      refused(() => individuals.query({ query: 'SELECT *' }, { maxItems: 1, continuation: token })).code,
    ).toBe(400000)
    expect(refused(() => individuals.query({ query: 'SELECT *' }, { ...ofGroups, maxItems: 0 })).code).toBe(
      400000,
    )
    expect(refused(() => individuals.query({}, ofGroups)).code).toBe(400000)
    expect(
      refused(() => individuals.query({ query: "SELECT * WHERE registrationId = 'a'" }, ofGroups)).code,
    ).toBe(501000)
  })

  test('an individual enrollment shows the state of its registration, and takes it along', async () => {
    individuals.put('d1', individual('d1'))
    await provision(dps, keyed(dps, 'd1'))
    expect(individuals.get('d1')).toMatchObject({ registrationState: { status: 'assigned' } })
    individuals.remove('d1')
    expect(refused(() => dps.dps.registrations.get('d1')).code).toBe(404201)
    expect(dps.hub.registry.find({ deviceId: 'd1' })).toBeDefined()
  })
})
