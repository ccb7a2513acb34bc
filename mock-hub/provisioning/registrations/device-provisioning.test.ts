import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import { refusalOf, rejectionOf } from '../../core/testing/test-hub.ts'
import { deviceKeyOf } from '../attestation/group-key.ts'
import { make } from '../testing/certificates.ts'
import {
  certified,
  group,
  individual,
  KEY,
  keyed,
  openEnrolled,
  openProvisioning,
  operationOf,
  OTHER_KEY,
  provision,
  registered,
  stateIn,
  textIn,
} from '../testing/test-provisioning.ts'

describe('register and poll', () => {
  test('DPS-REG-02 DPS-POLL-04 DPS-POLL-06 DPS-POLL-07: 202 with an operation, then the state of a device that the hub has', async () => {
    const dps = openEnrolled()
    const registrant = keyed(dps, 'd1')
    const first = await dps.dps.devices.register(registrant, '{"registrationId":"d1","payload":null}')
    expect(first).toMatchObject({ status: 202, retryAfter: 3, body: { status: 'assigning' } })
    const operationId = operationOf(first)
    expect(operationId).toMatch(/^\d\.[0-9a-f]{16}\.[0-9a-f-]{36}$/)
    await dps.hub.journal.until((entry) => entry.type === 'registration' && entry.step === 'ended')
    const last = await dps.dps.devices.poll(registrant, operationId)
    expect(last).toMatchObject({ status: 200, retryAfter: undefined })
    const state = stateIn(last.body as JsonObject)
    expect(state).toEqual({
      symmetricKey: {},
      registrationId: 'd1',
      createdDateTimeUtc: '2026-01-01T00:00:00.0000000Z',
      assignedHub: 'localhost',
      deviceId: 'd1',
      status: 'assigned',
      substatus: 'initialAssignment',
      lastUpdatedDateTimeUtc: '2026-01-01T00:00:00.0000000Z',
      etag: expect.any(String) as string,
    })
    expect(Buffer.from(textIn(state, 'etag'), 'base64').toString()).toMatch(/^"[0-9a-f-]+"$/)
    expect(dps.hub.registry.get({ deviceId: 'd1' }).authentication).toMatchObject({
      type: 'sas',
      symmetricKey: { primaryKey: KEY, secondaryKey: OTHER_KEY },
    })
    // DPS-POLL-11: the same again, and DPS-STATE-01: what the device saw.
    expect(await dps.dps.devices.poll(registrant, operationId)).toEqual(last)
    const { symmetricKey: _, ...seen } = state
    expect(dps.dps.registrations.get('d1')).toEqual(seen)
    expect(dps.dps.devices.lookup(registrant, '{"registrationId":"d1"}')).toEqual(state)
  })

  test('DPS-HUB-01: a device of a group gets both derived keys; DPS-HUB-02 DPS-POLL-05: X.509 gets the thumbprint presented', async () => {
    const dps = openProvisioning()
    dps.dps.groups.put('g', group('g'))
    const answer = await provision(dps, keyed(dps, 'of-g', deviceKeyOf(OTHER_KEY, 'of-g')))
    expect(stateIn(answer)).toMatchObject({ symmetricKey: { enrollmentGroupId: 'g' } })
    expect(dps.hub.registry.get({ deviceId: 'of-g' }).authentication.symmetricKey).toEqual({
      primaryKey: deviceKeyOf(KEY, 'of-g'),
      secondaryKey: deviceKeyOf(OTHER_KEY, 'of-g'),
    })
    const [first, second] = [await make('x1'), await make('x1')]
    dps.dps.individual.put('x1', {
      attestation: {
        type: 'x509',
        x509: {
          clientCertificates: {
            primary: { certificate: first.pem },
            secondary: { certificate: second.pem },
          },
        },
      },
    })
    const prints = []
    for (const { der } of [first, second]) {
      expect(stateIn(await provision(dps, certified('x1', der)))).toMatchObject({
        x509: { certificateInfo: { subjectName: 'CN=x1' } },
      })
      const { type, x509Thumbprint } = dps.hub.registry.get({ deviceId: 'x1' }).authentication
      expect(type).toBe('selfSigned')
      prints.push(x509Thumbprint.primaryThumbprint)
      // The device can now connect to its hub.
      dps.hub.authentication.admit({ deviceId: 'x1' }, { certificates: [der] })
    }
    expect(prints[0]).toMatch(/^[0-9A-F]{64}$/)
    expect(prints[1]).not.toBe(prints[0])
  })

  test('DPS-HUB-03: device id, initial twin and capabilities of the enrollment', async () => {
    const dps = openProvisioning()
    dps.dps.individual.put(
      'd1',
      individual('d1', {
        deviceId: 'the-device',
        capabilities: { iotEdge: true },
        initialTwin: { tags: { site: 'a' }, properties: { desired: { interval: 5 } } },
      }),
    )
    expect(stateIn(await provision(dps, keyed(dps, 'd1')))).toMatchObject({ deviceId: 'the-device' })
    const identity = { deviceId: 'the-device' }
    expect(dps.hub.registry.get(identity).iotEdge).toBe(true)
    expect(dps.hub.twins.get(identity)).toMatchObject({
      tags: { site: 'a' },
      desired: { properties: { interval: 5 } },
    })
  })

  test('one registration has one device, however its id is spelt', async () => {
    const dps = openEnrolled()
    dps.dps.groups.put('g', group('g'))
    for (const [id, deviceId] of [
      ['D1', 'd1'],
      ['d1', 'd1'],
      ['Of-G', 'Of-G'],
      ['of-g', 'Of-G'],
    ] as const) {
      const key = deviceId === 'd1' ? KEY : deviceKeyOf(KEY, id)
      const state = stateIn(await provision(dps, keyed(dps, id, key)))
      expect(state).toMatchObject({ registrationId: deviceId, deviceId })
      expect(dps.hub.registry.get({ deviceId }).authentication.symmetricKey.primaryKey).toBe(key)
    }
    expect(dps.hub.registry.size).toBe(2)
  })

  test('DPS-POLL-08: a disabled enrollment, and the hub device is not touched', async () => {
    const dps = openEnrolled()
    await provision(dps, keyed(dps, 'd1'))
    dps.dps.individual.put('d1', individual('d1', { provisioningStatus: 'disabled' }), '*')
    expect(await provision(dps, keyed(dps, 'd1'))).toMatchObject({
      status: 'disabled',
      registrationState: { registrationId: 'd1', status: 'disabled' },
    })
    expect(dps.dps.registrations.get('d1')).toMatchObject({ status: 'disabled' })
    expect(dps.hub.registry.get({ deviceId: 'd1' }).status).toBe('enabled')
  })

  test('DPS-POLL-10: an unknown operation, and that of another registration', async () => {
    const dps = openEnrolled()
    dps.dps.individual.put('d2', individual('d2'))
    const operationId = operationOf(await dps.dps.devices.register(keyed(dps, 'd2'), ''))
    for (const id of [operationId, 'x'])
      expect((await rejectionOf(dps.dps.devices.poll(keyed(dps, 'd1'), id))).code).toBe(404000)
    expect(
      (await rejectionOf(dps.dps.devices.poll(keyed(dps, 'd2', KEY.replace('A', 'B')), operationId))).code,
    ).toBe(401002)
  })

  test('DPS-POLL-11: an operation can be polled for at least an hour after it began', async () => {
    const dps = openEnrolled({ clockSkewSeconds: 100_000 })
    const registrant = keyed(dps, 'd1')
    const operationId = await registered(dps, registrant)
    dps.clock.advance('59m')
    await dps.dps.devices.register(registrant, '')
    expect(await dps.dps.devices.poll(registrant, operationId)).toMatchObject({ status: 200 })
    dps.clock.advance('2m')
    await dps.dps.devices.register(registrant, '')
    expect((await rejectionOf(dps.dps.devices.poll(registrant, operationId))).code).toBe(404000)
  })

  test.each([
    ['DPS-REG-11', '{"registrationId":"d2"}', 400000],
    ['DPS-REG-12', '[]', 400000],
    ['DPS-REG-12', '{', 400000],
    ['DPS-REG-13', '{"registrationId":"d1","tpm":{"endorsementKey":"AA=="}}', 400000],
    ['DPS-REG-14', '{"csr":"AA=="}', 400000],
  ])('%s: the body %s is refused and nothing begins', async (rule, body, code) => {
    const dps = openEnrolled()
    const error = await rejectionOf(dps.dps.devices.register(keyed(dps, 'd1'), body))
    expect([error.explanation.rule, error.code]).toEqual([rule, code])
    if (rule === 'DPS-REG-13') expect(error.message).toContain('TPM')
    expect(dps.dps.registrations.list()).toEqual([])
  })

  test.each(['', ' ', '{"payload":{}}', '{"payload":null,"registrationId":"D1"}'])(
    'DPS-REG-08 DPS-REG-09: the body %j is served',
    async (body) => {
      const dps = openEnrolled()
      expect(await provision(dps, keyed(dps, 'd1'), body)).toMatchObject({ status: 'assigned' })
    },
  )

  test('DPS-HTTP-10: TPM over HTTPS is refused with 501, without a credential too', async () => {
    const dps = openEnrolled()
    const tpm = { attestation: { type: 'tpm', tpm: { endorsementKey: 'AToAAQ==' } } }
    dps.dps.individual.put('t1', tpm)
    const bare = keyed(dps, 't1', KEY, { transport: 'https', credentials: {} })
    expect(
      (await rejectionOf(dps.dps.devices.register(bare, '{"tpm":{"endorsementKey":"AToAAQ=="}}'))).code,
    ).toBe(501000)
    const signed = keyed(dps, 't1', KEY, { transport: 'https' })
    expect((await rejectionOf(dps.dps.devices.register(signed, '{}'))).code).toBe(501000)
  })

  test('lookup: 404201 for a device that never registered', () => {
    const dps = openEnrolled()
    expect(refusalOf(() => dps.dps.devices.lookup(keyed(dps, 'd1'), '{}')).code).toBe(404201)
  })

  test('the journal has each step', async () => {
    const dps = openEnrolled()
    await provision(dps, keyed(dps, 'd1'))
    const steps = dps.hub.journal.filter({ type: 'registration', identity: 'd1' }).map(({ step }) => step)
    expect(steps).toEqual(['register', 'ended', 'poll'])
  })
})
