import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import { refusalOf } from '../../core/testing/test-hub.ts'
import { deviceKeyOf } from '../attestation/group-key.ts'
import { hubOfThisProcess } from '../hubs/hub-of-this-process.ts'
import {
  group,
  individual,
  KEY,
  keyed,
  openEnrolled,
  openProvisioning,
  operationOf,
  otherHub,
  provision,
  SCOPE,
  stateIn,
  textIn,
  type TestProvisioning,
} from '../testing/test-provisioning.ts'

describe('allocation', () => {
  test('DPS-HUB-06 DPS-POLL-09: without a linked hub the registration fails, and is seen', async () => {
    const dps = openEnrolled()
    dps.dps.unlink('LOCALHOST')
    expect(await provision(dps, keyed(dps, 'd1'))).toMatchObject({
      status: 'failed',
      operationId: expect.any(String) as string,
      registrationState: { status: 'failed', errorCode: 400208, errorMessage: expect.any(String) as string },
    })
    expect(dps.dps.registrations.get('d1')).toMatchObject({ status: 'failed', errorCode: 400208 })
  })

  test('hashed spreads devices by weight and is stable; static names one hub; iotHubs limits', async () => {
    const second = otherHub()
    const dps = openProvisioning({}, [hubOfThisProcess(second, 3)])
    dps.dps.groups.put('g', group('g'))
    const hubs = new Map<string, number>()
    for (let n = 0; n < 200; n++) {
      const id = `n${String(n)}`
      const state = stateIn(await provision(dps, keyed(dps, id, deviceKeyOf(KEY, id))))
      const hub = textIn(state, 'assignedHub')
      hubs.set(hub, (hubs.get(hub) ?? 0) + 1)
    }
    expect(hubs.get('other.example')).toBeGreaterThan(120)
    expect(hubs.get('localhost')).toBeGreaterThan(20)
    expect(dps.hub.registry.size + second.registry.size).toBe(200)
    for (const [id, fields, hub] of [
      ['s1', { allocationPolicy: 'static', iotHubs: ['Other.Example'] }, 'other.example'],
      ['s2', { iotHubHostName: 'localhost' }, 'localhost'],
      ['s3', { allocationPolicy: 'geoLatency', iotHubs: ['localhost'] }, 'localhost'],
    ] as const) {
      dps.dps.individual.put(id, individual(id, fields))
      expect(stateIn(await provision(dps, keyed(dps, id)))).toMatchObject({ assignedHub: hub })
    }
  })

  test('static without a hub takes the only one that is linked; of several it takes none', async () => {
    const dps = openProvisioning()
    dps.dps.individual.put('d1', individual('d1', { allocationPolicy: 'static' }))
    expect(stateIn(await provision(dps, keyed(dps, 'd1')))).toMatchObject({ assignedHub: 'localhost' })
    dps.dps.link(hubOfThisProcess(otherHub()))
    dps.dps.registrations.remove('d1', undefined)
    expect(stateIn(await provision(dps, keyed(dps, 'd1')))).toMatchObject({
      status: 'failed',
      errorCode: 400208,
      errorMessage: expect.stringContaining('iotHubs') as string,
    })
  })

  const custom = {
    allocationPolicy: 'custom',
    customAllocationDefinition: { webhookUrl: 'http://127.0.0.1:9/x', apiVersion: '2019-03-31' },
  }

  test('DPS-HUB-07 DPS-REG-10: the webhook sees the device and chooses hub, twin and payload', async () => {
    const dps = openProvisioning({}, [hubOfThisProcess(otherHub())])
    dps.dps.groups.put('g', group('g', { ...custom, initialTwin: { tags: { a: 1 }, properties: {} } }))
    dps.webhook = {
      status: 200,
      body: JSON.stringify({
        iotHubHostName: 'localhost',
        initialTwin: { tags: { b: 2 }, properties: { desired: { c: 3 } } },
        payload: { hello: [1] },
      }),
    }
    const registrant = keyed(dps, 'c1', deviceKeyOf(KEY, 'c1'))
    const answer = await provision(dps, registrant, '{"payload":"a text"}')
    expect(stateIn(answer)).toMatchObject({ assignedHub: 'localhost', payload: { hello: [1] } })
    expect(dps.hub.twins.get({ deviceId: 'c1' })).toMatchObject({
      tags: { b: 2 },
      desired: { properties: { c: 3 } },
    })
    expect(dps.asked).toMatchObject([
      {
        enrollmentGroup: { enrollmentGroupId: 'g', attestation: { type: 'symmetricKey' } },
        deviceRuntimeContext: { registrationId: 'c1', payload: 'a text', symmetricKey: {} },
        linkedHubs: ['localhost', 'other.example'],
      },
    ])
    expect(JSON.stringify(dps.asked)).not.toContain(KEY)
    await provision(dps, registrant)
    expect(dps.asked[1]).toMatchObject({
      deviceRuntimeContext: { currentIotHubHostName: 'localhost', currentDeviceId: 'c1' },
    })
  })

  test.each([
    ['a status', { status: 400, body: '{}' }, 'Custom allocation failed with status code: 400'],
    ['no answer', new Error('timed out'), 'Custom allocation failed: timed out'],
    ['a foreign hub', { status: 200, body: '{"iotHubHostName":"x.example"}' }, 'not one of the linked hubs'],
    ['no JSON', { status: 200, body: 'hi' }, 'not JSON'],
    ['no object', { status: 200, body: '[]' }, 'not an object'],
  ])('DPS-HUB-07: %s of the webhook fails the registration with 400207', async (_name, webhook, text) => {
    const dps = openProvisioning()
    dps.dps.individual.put('d1', individual('d1', custom))
    dps.webhook = webhook
    const state = stateIn(await provision(dps, keyed(dps, 'd1')))
    expect(state).toMatchObject({ status: 'failed', errorCode: 400207 })
    expect(state['errorMessage']).toContain(text)
    expect(dps.hub.registry.find({ deviceId: 'd1' })).toBeUndefined()
  })

  test('a hub that refuses fails the registration with 400209', async () => {
    const dps = openEnrolled({ maxDevices: 0 })
    expect(stateIn(await provision(dps, keyed(dps, 'd1')))).toMatchObject({
      status: 'failed',
      errorCode: 400209,
    })
  })
})

describe('registering again', () => {
  const twinWith = { initialTwin: { tags: {}, properties: { desired: { first: true } } } }
  const at = (dps: TestProvisioning, host: string, fields: JsonObject = {}): void => {
    const enrollment = individual('d1', {
      ...twinWith,
      allocationPolicy: 'static',
      iotHubs: [host],
      ...fields,
    })
    dps.dps.individual.put('d1', enrollment, dps.dps.individual.list().length === 0 ? undefined : '*')
  }
  const d1 = { deviceId: 'd1' }

  test('DPS-HUB-04: the same hub again leaves the twin alone; only the service side says so', async () => {
    const dps = openProvisioning()
    at(dps, 'localhost')
    await provision(dps, keyed(dps, 'd1'))
    dps.hub.twins.patch(d1, { desired: { first: false } }, undefined)
    const before = dps.hub.registry.get(d1)
    dps.clock.advance('1m')
    expect(stateIn(await provision(dps, keyed(dps, 'd1')))).toMatchObject({
      substatus: 'initialAssignment',
      createdDateTimeUtc: '2026-01-01T00:00:00.0000000Z',
      lastUpdatedDateTimeUtc: '2026-01-01T00:01:00.0000000Z',
    })
    expect(dps.dps.registrations.get('d1')).toMatchObject({ substatus: 'reprovisionedToInitialAssignment' })
    expect(dps.hub.twins.get(d1).desired.properties).toEqual({ first: false })
    expect(dps.hub.registry.get(d1)).toBe(before)
  })

  test('a move takes the twin along, or writes the initial one', async () => {
    for (const [migrateDeviceData, properties, substatus] of [
      [true, { first: false }, 'deviceDataMigrated'],
      [false, { first: true }, 'deviceDataReset'],
    ] as const) {
      const second = otherHub()
      const dps = openProvisioning({}, [hubOfThisProcess(second)])
      at(dps, 'localhost')
      await provision(dps, keyed(dps, 'd1'))
      dps.hub.twins.patch(d1, { desired: { first: false } }, undefined)
      dps.hub.twins.patchReported(d1, { r: 1 })
      at(dps, 'other.example', { reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData } })
      await provision(dps, keyed(dps, 'd1'))
      expect(dps.hub.registry.find(d1)).toBeUndefined()
      expect(second.twins.get(d1).desired.properties).toEqual(properties)
      expect(second.twins.get(d1).reported.properties).toEqual(migrateDeviceData ? { r: 1 } : {})
      expect(dps.dps.registrations.get('d1')).toMatchObject({ substatus, assignedHub: 'other.example' })
    }
  })

  test('updateHubAssignment false keeps the hub; without a policy the api-version decides', async () => {
    for (const [policy, apiVersion, hub] of [
      [{ updateHubAssignment: false, migrateDeviceData: true }, '2019-03-31', 'localhost'],
      [null, '2018-04-01', 'localhost'],
      [null, '2017-08-31-preview', 'localhost'],
      [null, '2018-09-01-preview', 'other.example'],
      [null, '2019-03-31', 'other.example'],
    ] as const) {
      const dps = openProvisioning({}, [hubOfThisProcess(otherHub())])
      at(dps, 'localhost')
      await provision(dps, keyed(dps, 'd1'))
      at(dps, 'other.example', { reprovisionPolicy: policy })
      const registrant = keyed(dps, 'd1', KEY, { apiVersion })
      expect(stateIn(await provision(dps, registrant))).toMatchObject({ assignedHub: hub })
    }
  })

  test('a reset without a change of the hub writes the initial twin again', async () => {
    const dps = openProvisioning()
    at(dps, 'localhost', { reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false } })
    await provision(dps, keyed(dps, 'd1'))
    dps.hub.twins.patch(d1, { desired: { first: false, more: 1 } }, undefined)
    await provision(dps, keyed(dps, 'd1'))
    expect(dps.hub.twins.get(d1).desired.properties).toEqual({ first: true })
    expect(dps.dps.registrations.get('d1')).toMatchObject({ substatus: 'deviceDataReset' })
  })

  test('DPS-HUB-05: a device that was deleted in the hub is created again', async () => {
    const dps = openProvisioning()
    at(dps, 'localhost')
    await provision(dps, keyed(dps, 'd1'))
    dps.hub.registry.remove(d1, '*')
    await provision(dps, keyed(dps, 'd1'))
    expect(dps.hub.twins.get(d1).desired.properties).toEqual({ first: true })
  })

  test('a device that the hub has already is taken over, with its twin, and stays disabled', async () => {
    const dps = openEnrolled()
    dps.hub.registry.create(d1, { status: 'disabled' })
    dps.hub.twins.patch(d1, { tags: { mine: 1 } }, undefined)
    await provision(dps, keyed(dps, 'd1'))
    expect(dps.hub.registry.get(d1)).toMatchObject({
      status: 'disabled',
      authentication: { symmetricKey: { primaryKey: KEY } },
    })
    expect(dps.hub.twins.get(d1).tags).toEqual({ mine: 1 })
  })

  test('a registration that fails loses nothing of the assignment before it', async () => {
    const dps = openProvisioning({}, [hubOfThisProcess(otherHub())])
    at(dps, 'localhost')
    await provision(dps, keyed(dps, 'd1'))
    dps.hub.twins.patch(d1, { desired: { first: false } }, undefined)
    dps.hub.faults.arm({ name: 'dps.register.result', parameters: { status: 'failed', errorCode: 400209 } })
    expect(await provision(dps, keyed(dps, 'd1'))).toMatchObject({ status: 'failed' })
    expect(dps.hub.registry.find(d1)).toBeDefined()
    at(dps, 'other.example')
    await provision(dps, keyed(dps, 'd1'))
    expect(dps.dps.registrations.get('d1')).toMatchObject({ substatus: 'deviceDataMigrated' })
  })

  test('DPS-STATE-02: without its record a registration is a first one, and the device stays', async () => {
    const dps = openProvisioning()
    at(dps, 'localhost')
    await provision(dps, keyed(dps, 'd1'))
    const etag = textIn(dps.dps.registrations.get('d1'), 'etag')
    expect(
      refusalOf(() => {
        dps.dps.registrations.remove('d1', '"x"')
      }).code,
    ).toBe(412000)
    dps.dps.registrations.remove('D1', etag)
    expect(refusalOf(() => dps.dps.registrations.get('d1')).code).toBe(404201)
    expect(dps.hub.registry.find(d1)).toBeDefined()
    at(dps, 'localhost', { deviceId: 'renamed' })
    await provision(dps, keyed(dps, 'd1'))
    expect(dps.dps.registrations.get('d1')).toMatchObject({
      substatus: 'initialAssignment',
      deviceId: 'renamed',
    })
    expect(dps.hub.registry.find(d1)).toBeDefined()
  })

  test('DPS-STATE-03: the registrations of a group, page by page', async () => {
    const dps = openProvisioning()
    dps.dps.groups.put('g', group('g'))
    for (const id of ['b', 'a', 'c']) await provision(dps, keyed(dps, id, deviceKeyOf(KEY, id)))
    const first = dps.dps.registrations.ofGroup('G', { maxItems: 2, continuation: undefined })
    expect(first).toMatchObject({
      itemType: 'deviceRegistration',
      rows: [{ registrationId: 'a' }, { registrationId: 'b' }],
    })
    const { continuation } = first
    expect(dps.dps.registrations.ofGroup('g', { maxItems: undefined, continuation })).toMatchObject({
      rows: [{ registrationId: 'c' }],
      continuation: undefined,
    })
    expect(refusalOf(() => dps.dps.registrations.ofGroup('x', { maxItems: 1, continuation })).code).toBe(
      404202,
    )
  })
})

test('registrations of one device follow each other, whatever the webhook takes', async () => {
  const dps = openProvisioning({}, [hubOfThisProcess(otherHub())])
  dps.dps.individual.put(
    'd1',
    individual('d1', {
      allocationPolicy: 'custom',
      customAllocationDefinition: { webhookUrl: 'http://127.0.0.1:9/x', apiVersion: '1' },
    }),
  )
  const registrant = keyed(dps, 'd1')
  dps.webhook = { status: 200, body: '{"iotHubHostName":"localhost"}' }
  const first = await dps.dps.devices.register(registrant, '')
  dps.webhook = { status: 200, body: '{"iotHubHostName":"other.example"}' }
  await provision(dps, registrant)
  expect(await dps.dps.devices.poll(registrant, operationOf(first))).toMatchObject({ status: 200 })
  expect(dps.dps.registrations.get('d1')).toMatchObject({ status: 'assigned' })
  expect(dps.dps.idScope).toBe(SCOPE)
})

test('clear returns to the beginning', async () => {
  const dps = openEnrolled()
  await provision(dps, keyed(dps, 'd1'))
  dps.dps.unlink('localhost')
  dps.dps.clear()
  expect([dps.dps.individual.list(), dps.dps.registrations.list()]).toEqual([[], []])
  expect(dps.dps.linkedHubs.map(({ hostName }) => hostName)).toEqual(['localhost'])
})
