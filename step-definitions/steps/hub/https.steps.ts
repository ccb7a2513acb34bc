/**
 * Steps about HTTPS: requests of the service and of devices, cloud-to-device messages, telemetry that the service
 * reads.
 */

import assert from 'node:assert/strict'
import { type DataTable, Then, When } from '@cucumber/cucumber'
import { HUB_CODES } from '../../raw-clients/error-codes.ts'
import { mismatch, valueAt } from '../../raw-clients/expectations.ts'
import { jsonOf, type RawResponse } from '../../raw-clients/https-client.ts'
import { customToken } from '../../raw-clients/packets.ts'
import { requestOf } from '../../raw-clients/request-rows.ts'
import { hubScenarioOf, type HubScenario } from '../../raw-clients/hub-scenario.ts'
import { rowOf, rowsOf, under, type Rows } from '../../raw-clients/tables.ts'
import type { ReadMessage } from '../../raw-clients/hub-under-test.ts'
import type { ConformanceWorld } from '../../world/world.ts'

function requestAsService(
  scenario: HubScenario,
  method: string,
  path: string,
  rows: Rows,
): Promise<RawResponse> {
  return scenario.asService(requestOf(scenario, method, path, rows), rowOf(rows, 'policy'))
}

async function requestAsDevice(
  scenario: HubScenario,
  name: string,
  method: string,
  path: string,
  rows: Rows,
): Promise<void> {
  const request = requestOf(scenario, method, path, rows)
  const authorization = customToken(scenario, name, rows)
  scenario.response = scenario.asDevice(name, { ...request, headers: { authorization, ...request.headers } })
  await scenario.settled()
}

When(
  'the service requests {verb} {string}',
  async function (this: ConformanceWorld, method: string, path: string) {
    const scenario = await hubScenarioOf(this)
    scenario.response = requestAsService(scenario, method, path, [])
    await scenario.settled()
  },
)

When(
  'the service requests {verb} {string} with:',
  async function (this: ConformanceWorld, method: string, path: string, table: DataTable) {
    const scenario = await hubScenarioOf(this)
    scenario.response = requestAsService(scenario, method, path, rowsOf(table, scenario))
    await scenario.settled()
  },
)

/** The response may depend on later steps. */
When(
  'the service calls the method {string} of {string} with:',
  async function (this: ConformanceWorld, methodName: string, target: string, table: DataTable) {
    const scenario = await hubScenarioOf(this)
    const { deviceId, moduleId } = scenario.identity(target)
    const path = `/twins/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}/methods`
    const rows: Rows = [['body methodName', scenario.fill(methodName)], ...rowsOf(table, scenario)]
    scenario.response = requestAsService(scenario, 'POST', path, rows)
    scenario.response.catch(() => undefined) // the step that waits for it reports the error
  },
)

When(
  '{string} requests {verb} {string}',
  async function (this: ConformanceWorld, name: string, method: string, path: string) {
    await requestAsDevice(await hubScenarioOf(this), name, method, path, [])
  },
)

/** Receives a cloud-to-device message over HTTPS and gives it back, as often. */
When(
  '{string} receives and abandons the message {int} times',
  async function (this: ConformanceWorld, name: string, times: number) {
    const scenario = await hubScenarioOf(this)
    const path = `/devices/{${name}}/messages/devicebound`
    for (let time = 1; time <= times; time++) {
      await requestAsDevice(scenario, name, 'GET', path, [])
      assert.equal((await scenario.settled()).status, 200, `delivery ${String(time)}`)
      await requestAsDevice(scenario, name, 'POST', `${path}/{header.etag}/abandon`, [])
    }
  },
)

When(
  '{string} requests {verb} {string} with:',
  async function (this: ConformanceWorld, name: string, method: string, path: string, table: DataTable) {
    const scenario = await hubScenarioOf(this)
    await requestAsDevice(scenario, name, method, path, rowsOf(table, scenario))
  },
)

Then('the answer is {int}', async function (this: ConformanceWorld, status: number) {
  const response = await (await hubScenarioOf(this)).settled()
  assert.equal(response.status, status, response.body.toString())
})

/** Status, header and error code of the body name the same error. */
Then('the answer is {int} {word}', async function (this: ConformanceWorld, status: number, error: string) {
  const response = await (await hubScenarioOf(this)).settled()
  const body = response.body.toString()
  assert.equal(response.status, status, body)
  assert.equal(response.headers['iothub-errorcode'], error, body)
  const message = valueAt(jsonOf(body), 'Message')
  assert.ok(typeof message === 'string', `The body has no Message: ${body}`)
  const code = valueAt(jsonOf(message), 'errorCode')
  if (code === undefined) assert.match(message, new RegExp(`^ErrorCode:${error};`))
  else assert.equal(code, HUB_CODES[error], `${error} in the header, ${JSON.stringify(code)} in the body`)
})

/** Rows: `header x`, `text` (the complete body), or a path in the JSON body. */
Then('the answer has:', async function (this: ConformanceWorld, table: DataTable) {
  const scenario = await hubScenarioOf(this)
  const response = await scenario.settled()
  const json = jsonOf(response.body)
  const wrong = rowsOf(table, scenario).flatMap(([path, cell]) => {
    const actual = path.startsWith('header ')
      ? response.headers[path.slice('header '.length).toLowerCase()]
      : path === 'text'
        ? response.body.toString()
        : valueAt(json, path)
    const difference = mismatch(actual, cell)
    return difference === undefined ? [] : [`${path} ${difference}`]
  })
  assert.deepEqual(wrong, [], `The response is ${response.body.toString().slice(0, 2_000)}`)
})

/** Names of headers as they were written: some SDKs look them up with regard to case. */
Then('the answer writes the headers {string}', async function (this: ConformanceWorld, names: string) {
  const { names: written } = await (await hubScenarioOf(this)).settled()
  assert.deepEqual(
    names.split(' ').filter((name) => !written.includes(name)),
    [],
    `The headers are ${written.join(', ')}`,
  )
})

const remembered = new WeakMap<HubScenario, unknown>()

When('the {word} of the answer is remembered', async function (this: ConformanceWorld, path: string) {
  const scenario = await hubScenarioOf(this)
  const value = valueAt(jsonOf((await scenario.settled()).body), path)
  assert.notEqual(value, undefined, `The answer has no ${path}`)
  remembered.set(scenario, value)
})

Then(
  /^the (\S+) of the answer is (the same|another)$/,
  async function (this: ConformanceWorld, path: string, which: string) {
    const scenario = await hubScenarioOf(this)
    const value = valueAt(jsonOf((await scenario.settled()).body), path)
    assert.notEqual(value, undefined, `The answer has no ${path}`)
    if (which === 'another') assert.notDeepEqual(value, remembered.get(scenario))
    else assert.deepEqual(value, remembered.get(scenario))
  },
)

When(
  'the service sends {string} the message {string}',
  async function (this: ConformanceWorld, target: string, text: string) {
    await send(await hubScenarioOf(this), target, text, [])
  },
)

When(
  'the service sends {string} the message {string} with:',
  async function (this: ConformanceWorld, target: string, text: string, table: DataTable) {
    const scenario = await hubScenarioOf(this)
    await send(scenario, target, text, rowsOf(table, scenario))
  },
)

When(
  'the service sends {string} {int} messages',
  async function (this: ConformanceWorld, target: string, count: number) {
    const scenario = await hubScenarioOf(this)
    for (let i = 1; i <= count; i++) await send(scenario, target, `message ${String(i)}`, [])
  },
)

async function send(scenario: HubScenario, target: string, text: string, rows: Rows): Promise<void> {
  const headers = Object.fromEntries(
    under(rows, 'header').map(([name, value]) => [name.toLowerCase(), value]),
  )
  scenario.response = scenario.send(target, headers, Buffer.from(scenario.fill(text)))
  await scenario.settled()
}

/** The next message that no step has read. Rows: `from`, `body`, `text`, `property.x`, `system.x`. */
Then('the service reads a message with:', async function (this: ConformanceWorld, table: DataTable) {
  const scenario = await hubScenarioOf(this)
  const [message] = await unread(scenario, 1)
  if (message === undefined) throw new Error('The service has no unread message')
  scenario.read++
  const body = message.body.toString()
  const view: Readonly<Record<string, unknown>> = {
    from: message.deviceId,
    body: jsonOf(body) ?? body,
    text: body,
    property: message.properties,
    system: message.system,
    properties: message.properties,
  }
  const wrong = rowsOf(table, scenario).flatMap(([path, cell]) => {
    const difference = mismatch(valueAt(view, path), cell)
    return difference === undefined ? [] : [`${path} ${difference}`]
  })
  assert.deepEqual(wrong, [], `The message is ${JSON.stringify({ ...view, body: body.slice(0, 300) })}`)
})

Then('the service reads no further message', async function (this: ConformanceWorld) {
  // What comes late is seen too, such as the will of a connection that was just lost.
  await this.time.settle()
  assert.deepEqual(
    (await unread(await hubScenarioOf(this), 0)).map(
      ({ deviceId, body }) => `${deviceId}: ${body.toString().slice(0, 100)}`,
    ),
    [],
  )
})

/** The messages that no step has read, at least `count`. */
async function unread(scenario: HubScenario, count: number): Promise<readonly ReadMessage[]> {
  return (await scenario.messages(scenario.read + count)).slice(scenario.read)
}
