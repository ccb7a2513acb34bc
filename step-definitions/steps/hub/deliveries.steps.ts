/** Steps about several deliveries and calls at a time, and about the events of the hub itself. */

import assert from 'node:assert/strict'
import { type DataTable, Then, When } from '@cucumber/cucumber'
import { mismatch, valueAt } from '../../raw-clients/expectations.ts'
import { jsonOf, type RawResponse } from '../../raw-clients/https-client.ts'
import type { ReadMessage } from '../../raw-clients/hub-under-test.ts'
import { hubScenarioOf, type HubScenario } from '../../raw-clients/hub-scenario.ts'
import { rowsOf } from '../../raw-clients/tables.ts'
import { NotSupported } from '../../world/errors.ts'
import type { ConformanceWorld } from '../../world/world.ts'

// ------------------------------------------------------------------ deliveries over HTTPS

async function request(scenario: HubScenario, name: string, method: string, path = ''): Promise<RawResponse> {
  const { deviceId } = scenario.identity(name)
  scenario.response = scenario.asDevice(name, {
    ...{ method, headers: {} },
    path: `/devices/${deviceId}/messages/devicebound${path}`,
  })
  return scenario.settled()
}

function lockOf({ headers }: RawResponse): string {
  assert.ok(headers.etag !== undefined, 'The answer has no lock token')
  return headers.etag.replaceAll('"', '')
}

When(
  '{string} holds two messages and gives the first back',
  async function (this: ConformanceWorld, name: string) {
    const scenario = await hubScenarioOf(this)
    const first = lockOf(await request(scenario, name, 'GET'))
    lockOf(await request(scenario, name, 'GET'))
    assert.equal((await request(scenario, name, 'POST', `/${first}/abandon`)).status, 204)
  },
)

When('{string} settles it twice', async function (this: ConformanceWorld, name: string) {
  const scenario = await hubScenarioOf(this)
  const lock = lockOf(await scenario.settled())
  assert.equal((await request(scenario, name, 'DELETE', `/${lock}`)).status, 204)
  await request(scenario, name, 'DELETE', `/${lock}`)
})

When(
  /^"(.*?)" (settles it|gives it back) after (\d+) seconds$/,
  async function (this: ConformanceWorld, name: string, how: string, seconds: string) {
    const scenario = await hubScenarioOf(this)
    const lock = lockOf(await scenario.settled())
    if (scenario.hub.pass === undefined)
      throw new NotSupported('hub.clock: the clock of this hub cannot be advanced')
    await scenario.hub.pass(Number(seconds))
    if (how === 'settles it') await request(scenario, name, 'DELETE', `/${lock}`)
    else await request(scenario, name, 'POST', `/${lock}/abandon`)
  },
)

Then(
  'the answer is between {int} and {int}',
  async function (this: ConformanceWorld, from: number, to: number) {
    const { status, body } = await (await hubScenarioOf(this)).settled()
    assert.ok(from <= status && status <= to, `${String(status)} ${body.toString()}`)
  },
)

Then('the raw header names of the answer have:', async function (this: ConformanceWorld, table: DataTable) {
  const { names } = await (await hubScenarioOf(this)).settled()
  assert.deepEqual(
    table.raw().flatMap(([name = '']) => (names.includes(name) ? [] : [name])),
    [],
    names.join(', '),
  )
})

// ------------------------------------------------------------------ calls at once

const calls = new WeakMap<HubScenario, Map<string, Promise<RawResponse>>>()

When(
  /^the service calls the methods "(.*?)" and "(.*?)" of "(.*?)" at once(?:, and waits (\d+) seconds for the device)?$/,
  async function (
    this: ConformanceWorld,
    first: string,
    second: string,
    name: string,
    seconds: string | null,
  ) {
    const wait = seconds === null ? {} : { connectTimeoutInSeconds: Number(seconds) }
    const scenario = await hubScenarioOf(this)
    const { deviceId } = scenario.identity(name)
    const pending = new Map<string, Promise<RawResponse>>()
    for (const methodName of [first, second]) {
      const response = scenario.asService({
        method: 'POST',
        path: `/twins/${deviceId}/methods`,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ methodName, payload: methodName, ...wait })),
      })
      response.catch(() => undefined) // the step that waits for it reports the error
      pending.set(methodName, response)
    }
    calls.set(scenario, pending)
    // Calls that wait for the device are at the hub before it comes.
    if (seconds !== null) await this.time.settle()
  },
)

When(
  '{string} answers {string} with {int} and then {string} with {int}',
  async function (
    this: ConformanceWorld,
    name: string,
    first: string,
    firstStatus: number,
    second: string,
    secondStatus: number,
  ) {
    const link = (await hubScenarioOf(this)).link(name)
    const request = async (methodName: string): Promise<string> => {
      const { topic = '' } = await link.take(
        'publish',
        (packet) => packet.topic?.includes(`/POST/${methodName}/`) ?? false,
      )
      return /\?\$rid=([^&]+)/.exec(topic)?.[1] ?? ''
    }
    const ids = [await request(first), await request(second)]
    for (const [index, status] of [firstStatus, secondStatus].entries())
      link.send({
        cmd: 'publish',
        topic: `$iothub/methods/res/${String(status)}/?$rid=${ids[index] ?? ''}`,
        ...{ payload: '', qos: 0, dup: false, retain: false },
      })
  },
)

Then(
  'the call of {string} is answered with {int}',
  async function (this: ConformanceWorld, methodName: string, status: number) {
    const scenario = await hubScenarioOf(this)
    scenario.response = calls.get(scenario)?.get(methodName)
    const { body } = await scenario.settled()
    assert.equal(valueAt(jsonOf(body), 'status'), status, body.toString())
  },
)

// ------------------------------------------------------------------ events of the hub

/** How many events of each source the scenario has read. */
const read = new WeakMap<HubScenario, Map<string, number>>()

async function events(scenario: HubScenario, source: string, count: number): Promise<readonly ReadMessage[]> {
  if (!scenario.hub.hasEvents)
    throw new NotSupported('hub.events: this hub does not add its own events to the messages (--hub-events)')
  return scenario.messages(count, source)
}

Then(
  'the service reads the event {string} with:',
  async function (this: ConformanceWorld, source: string, table: DataTable) {
    const scenario = await hubScenarioOf(this)
    const counts = read.get(scenario) ?? new Map<string, number>()
    read.set(scenario, counts)
    const number = (counts.get(source) ?? 0) + 1
    counts.set(source, number)
    const message = (await events(scenario, source, number))[number - 1]
    assert.ok(message !== undefined)
    const text = message.body.toString()
    const { deviceId: from, properties: property, system } = message
    const view = { from, property, system, text, body: jsonOf(text) }
    const wrong = rowsOf(table, scenario).flatMap(([path, cell]) => {
      const difference = mismatch(valueAt(view, path), cell)
      return difference === undefined ? [] : [`${path} ${difference}`]
    })
    assert.deepEqual(wrong, [], `The event is ${JSON.stringify(view)}`)
  },
)

Then('the service reads no further event {string}', async function (this: ConformanceWorld, source: string) {
  await this.time.settle()
  const scenario = await hubScenarioOf(this)
  const all = await events(scenario, source, 0)
  assert.equal(
    all.length,
    read.get(scenario)?.get(source) ?? 0,
    all.map(({ body }) => body.toString()).join('\n'),
  )
})
