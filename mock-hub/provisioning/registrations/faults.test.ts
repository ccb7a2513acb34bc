import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import { rejectionOf } from '../../core/testing/test-hub.ts'
import { hubOfThisProcess } from '../hubs/hub-of-this-process.ts'
import {
  individual,
  keyed,
  openEnrolled,
  openProvisioning,
  operationOf,
  otherHub,
  provision,
  registered,
  stateIn,
  type TestProvisioning,
} from '../testing/test-provisioning.ts'

describe('faults', () => {
  const arm = (dps: TestProvisioning, name: string, parameters: JsonObject = {}): void => {
    dps.hub.faults.arm({ name, scope: { identity: 'd1' }, parameters })
  }

  test('dps.register.assigning keeps polls waiting; dps.register.assign chooses the hub', async () => {
    const dps = openProvisioning({}, [hubOfThisProcess(otherHub())])
    dps.dps.individual.put('d1', individual('d1', { iotHubs: ['localhost'] }))
    arm(dps, 'dps.register.assigning', { times: 2 })
    const registrant = keyed(dps, 'd1')
    const operationId = await registered(dps, registrant)
    for (let n = 0; n < 2; n++)
      expect(await dps.dps.devices.poll(registrant, operationId)).toEqual({
        status: 202,
        retryAfter: 3,
        body: {
          operationId,
          status: 'assigning',
          registrationState: { registrationId: 'd1', status: 'assigning' },
        },
      })
    expect(await dps.dps.devices.poll(registrant, operationId)).toMatchObject({ status: 200 })
    arm(dps, 'dps.register.assign', { hub: 'other.example' })
    expect(stateIn(await provision(dps, registrant))).toMatchObject({ assignedHub: 'other.example' })
    arm(dps, 'dps.register.assign', { hub: 'nowhere.example' })
    expect(stateIn(await provision(dps, registrant))).toMatchObject({ errorCode: 400208 })
  })

  test('DPS-ERR-03: dps.register.status and dps.poll.status answer once, with retry-after', async () => {
    const dps = openEnrolled()
    const registrant = keyed(dps, 'd1')
    arm(dps, 'dps.register.status', { status: 429, retryAfter: 7 })
    const error = await rejectionOf(dps.dps.devices.register(registrant, ''))
    expect([error.code, error.info]).toEqual([429000, { retryAfter: 7 }])
    expect(dps.dps.registrations.list()).toEqual([])
    const operationId = operationOf(await dps.dps.devices.register(registrant, ''))
    arm(dps, 'dps.poll.status', { status: 503 })
    expect((await rejectionOf(dps.dps.devices.poll(registrant, operationId))).status).toBe(503)
    expect(await dps.dps.devices.poll(registrant, operationId)).toMatchObject({ status: 200 })
  })

  test('delay, withhold, close, body, retry_after, result', async () => {
    const dps = openEnrolled()
    const registrant = keyed(dps, 'd1')
    arm(dps, 'dps.register.delay', { seconds: 5 })
    const late = dps.dps.devices.register(registrant, '')
    expect(dps.dps.registrations.list()).toEqual([])
    dps.clock.advance('5s')
    const operationId = operationOf(await late)
    for (const [effect, parameters, expected] of [
      ['withhold', {}, { instead: 'withhold' }],
      ['close', {}, { instead: 'close' }],
      ['body', { body: '{"operationId":' }, { body: '{"operationId":', status: 200 }],
      ['retry_after', { seconds: 9 }, { retryAfter: 9 }],
    ] as const) {
      arm(dps, `dps.poll.${effect}`, parameters)
      expect(await dps.dps.devices.poll(registrant, operationId)).toMatchObject(expected)
    }
    arm(dps, 'dps.register.result', { status: 'unassigned' })
    expect(await provision(dps, registrant)).toMatchObject({ status: 'unassigned' })
    expect(dps.hub.faults.list().every(({ spent }) => spent)).toBe(true)
  })

  test('DPS-LIM-01: the sixth poll of a device within 10 s is throttled, with the time to wait', async () => {
    const dps = openEnrolled({ dpsThrottles: true })
    dps.dps.individual.put('d2', individual('d2'))
    const registrant = keyed(dps, 'd1')
    const operationId = await registered(dps, registrant)
    for (let n = 0; n < 5; n++) {
      await dps.dps.devices.poll(registrant, operationId)
      dps.clock.advance('1s')
    }
    const error = await rejectionOf(dps.dps.devices.poll(registrant, operationId))
    expect([error.code, error.info]).toEqual([429000, { retryAfter: 5 }])
    await provision(dps, keyed(dps, 'd2'))
    dps.clock.advance('5s')
    expect(await dps.dps.devices.poll(registrant, operationId)).toMatchObject({ status: 200 })
  })
})
