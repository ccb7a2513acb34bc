/** A device that is assigned registers again, and fails: nothing of what it had is lost, and its next registration finds it. */

import { expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { rejectionOf } from '../../core/testing/test-hub.ts'
import { HubCredentialRefused, type LinkedHub } from '../contract/linked-hub.ts'
import { hubOfThisProcess } from '../hubs/hub-of-this-process.ts'
import {
  individual,
  keyed,
  openProvisioning,
  otherHub,
  provision,
  stateIn,
  type TestProvisioning,
} from '../testing/test-provisioning.ts'

const DEVICE = { deviceId: 'd1' }
const WRONG_KEY = Buffer.alloc(64, 9).toString('base64')
const [FIRST, SECOND] = ['localhost', 'other.example']
const custom = {
  allocationPolicy: 'custom',
  customAllocationDefinition: { webhookUrl: 'http://127.0.0.1:9/x', apiVersion: '2019-03-31' },
}

/** Two hubs; the device is assigned to the first, and its twin there is no longer the initial one. */
interface Scene extends TestProvisioning {
  readonly second: Hub
  /** What a hub throws, by `host call`. */
  readonly refusals: Map<string, Error>
}

async function assigned(settings = {}): Promise<Scene> {
  const second = otherHub()
  const refusals = new Map<string, Error>()
  const scene: Scene = Object.assign(openProvisioning(settings), { second, refusals })
  for (const hub of [scene.hub, second]) scene.dps.link(refusing(hubOfThisProcess(hub), refusals))
  enroll(scene, FIRST)
  await provision(scene, keyed(scene, 'd1'))
  scene.hub.twins.patch(DEVICE, { tags: { mine: 1 }, desired: { first: false } }, undefined)
  scene.hub.twins.patchReported(DEVICE, { r: 1 })
  return scene
}

/** A hub that refuses as it is told. */
function refusing(hub: LinkedHub, refusals: ReadonlyMap<string, Error>): LinkedHub {
  const unless = async <T>(call: keyof LinkedHub, act: () => Promise<T>): Promise<T> => {
    const refusal = refusals.get(`${hub.hostName} ${call}`)
    if (refusal !== undefined) throw refusal
    return act()
  }
  return {
    hostName: hub.hostName,
    allocationWeight: hub.allocationWeight,
    assign: (assignment) => unless('assign', () => hub.assign(assignment)),
    twinOf: (deviceId) => unless('twinOf', () => hub.twinOf(deviceId)),
    remove: (deviceId) => unless('remove', () => hub.remove(deviceId)),
  }
}

/** The enrollment sends its device to this hub. */
function enroll({ dps }: Scene, host: string | undefined, fields: JsonObject = {}): void {
  const initialTwin = { tags: {}, properties: { desired: { first: true } } }
  const hubs = host === undefined ? {} : { iotHubs: [host] }
  const enrollment = individual('d1', { initialTwin, ...hubs, ...fields })
  dps.individual.put('d1', enrollment, dps.individual.has('d1') ? '*' : undefined)
}

const gone = new Error('connect ECONNREFUSED')

/** How the registration ends: `errorCode`, and a part of `errorMessage`. */
type Failure = readonly [errorCode: number, part: string]

test.each<readonly [why: string, failure: Failure | 'disabled', fail: (scene: Scene) => void]>([
  [
    'its webhook does not answer in time',
    [400207, 'within 5 s'],
    (scene) => {
      enroll(scene, undefined, custom)
      scene.webhook = new Error('the webhook did not answer within 5 s')
    },
  ],
  [
    'its webhook names a hub that is not linked',
    [400207, 'not one of the linked hubs'],
    (scene) => {
      enroll(scene, undefined, custom)
      scene.webhook = { status: 200, body: '{"iotHubHostName":"foreign.example"}' }
    },
  ],
  [
    'the hub to which it moves does not answer',
    [400209, 'ECONNREFUSED'],
    (scene) => {
      enroll(scene, SECOND)
      scene.refusals.set(`${SECOND} assign`, gone)
    },
  ],
  [
    'the hub to which it moves refuses the credential of the service',
    [401002, 'Unauthorized'],
    (scene) => {
      enroll(scene, SECOND)
      scene.refusals.set(`${SECOND} assign`, new HubCredentialRefused('{"Message":"Unauthorized"}'))
    },
  ],
  [
    'the hub that it leaves does not give its twin',
    [400209, 'ECONNREFUSED'],
    (scene) => {
      enroll(scene, SECOND)
      scene.refusals.set(`${FIRST} twinOf`, gone)
    },
  ],
  [
    'the hub that it leaves does not let it go',
    [400209, 'ECONNREFUSED'],
    (scene) => {
      enroll(scene, SECOND)
      scene.refusals.set(`${FIRST} remove`, gone)
    },
  ],
  [
    'the hub to which it moves is no longer linked',
    [400208, 'No IoT hub is linked'],
    (scene) => {
      enroll(scene, SECOND)
      scene.dps.unlink(SECOND)
    },
  ],
  [
    'its own hub is no longer linked',
    [400208, 'No IoT hub is linked'],
    (scene) => {
      scene.dps.unlink(FIRST)
    },
  ],
  [
    'its enrollment is disabled',
    'disabled',
    (scene) => {
      enroll(scene, SECOND, { provisioningStatus: 'disabled' })
    },
  ],
])('%s', async (_why, failure, fail) => {
  const scene = await assigned()
  const before = [scene.hub.registry.get(DEVICE), scene.hub.twins.get(DEVICE)]
  fail(scene)
  const state = stateIn(await provision(scene, keyed(scene, 'd1')))
  if (failure === 'disabled') expect(state['status']).toBe('disabled')
  else {
    expect([state['status'], state['errorCode']]).toEqual(['failed', failure[0]])
    expect(state['errorMessage']).toContain(failure[1])
  }
  expect([scene.hub.registry.get(DEVICE), scene.hub.twins.get(DEVICE)]).toEqual(before)
  scene.refusals.clear()
  for (const hub of [scene.hub, scene.second]) scene.dps.link(hubOfThisProcess(hub))
  await expectMove(scene)
})

interface Refusal {
  readonly why: string
  readonly code: number
  readonly key?: string
  readonly refuse?: (scene: Scene) => Promise<void> | void
}
test.each<Refusal>([
  { why: 'its key is wrong', code: 401002, key: WRONG_KEY },
  {
    why: 'the service has had 1,000 registrations in this minute',
    code: 429000,
    refuse: async (scene) => {
      scene.dps.individual.put('d2', individual('d2'))
      const another = keyed(scene, 'd2')
      // That of the device itself was the first.
      for (let n = 1; n < 1_000; n++) await scene.dps.devices.register(another, '')
    },
  },
  {
    why: 'a fault refuses it',
    code: 503000,
    refuse: ({ hub }) => {
      hub.faults.arm({ name: 'dps.register.status', parameters: { status: 503 } })
    },
  },
])(
  '$why: the registration itself is refused, and its record stays as it was',
  async ({ code, key, refuse }) => {
    const scene = await assigned({ dpsThrottles: true })
    const state = (): readonly unknown[] => [
      scene.hub.registry.get(DEVICE),
      scene.hub.twins.get(DEVICE),
      scene.dps.registrations.get('d1'),
    ]
    const before = state()
    enroll(scene, SECOND)
    await refuse?.(scene)
    const refused = rejectionOf(scene.dps.devices.register(keyed(scene, 'd1', key), ''))
    expect((await refused).code).toBe(code)
    expect(state()).toEqual(before)
    scene.clock.advance('1m')
    await expectMove(scene)
  },
)

/** The service knows where the device is: it moves with its twin. */
async function expectMove(scene: Scene): Promise<void> {
  const { hub, second, dps } = scene
  enroll(scene, SECOND)
  expect(stateIn(await provision(scene, keyed(scene, 'd1')))).toMatchObject({ assignedHub: SECOND })
  expect(dps.registrations.get('d1')).toMatchObject({ substatus: 'deviceDataMigrated' })
  expect(hub.registry.find(DEVICE)).toBeUndefined()
  expect(second.twins.get(DEVICE)).toMatchObject({
    tags: { mine: 1 },
    desired: { properties: { first: false } },
    reported: { properties: { r: 1 } },
  })
}

test('an enrollment that is deleted leaves the device in its hub, which the next registration takes over with its twin', async () => {
  const scene = await assigned()
  const before = scene.hub.twins.get(DEVICE)
  scene.dps.individual.remove('d1')
  const refused = rejectionOf(scene.dps.devices.register(keyed(scene, 'd1'), ''))
  expect((await refused).code).toBe(401002)
  enroll(scene, FIRST)
  await provision(scene, keyed(scene, 'd1'))
  expect(scene.hub.twins.get(DEVICE)).toEqual(before)
})
