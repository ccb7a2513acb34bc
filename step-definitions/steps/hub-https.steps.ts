/** Back ends and devices over HTTPS: any request, any answer; messages to devices; what the service reads of theirs. */

import assert from 'node:assert/strict'
import { type DataTable, Then, When } from '@cucumber/cucumber'
import { HUB_CODES } from '../raw-clients/error-codes.ts'
import { mismatch, valueAt } from '../raw-clients/expectations.ts'
import { jsonOf, type RawResponse, type RawRequest } from '../raw-clients/https-client.ts'
import { bentToken } from '../raw-clients/packets.ts'
import { hubScenarioOf, type HubScenario } from '../raw-clients/hub-scenario.ts'
import { bodyOf, rowOf, rowsOf, under, type Rows } from '../raw-clients/tables.ts'
import type { ReadMessage } from '../raw-clients/hub-under-test.ts'
import { type ConformanceWorld, NotSupported } from '../world/world.ts'

/** Rows: `header X`, `body` (whole, JSON or text), `body x.y` (one value). */
function requestOf(stage: HubScenario, method: string, path: string, rows: Rows): RawRequest {
  const whole = rowOf(rows, 'body')
  const parts = under(rows, 'body')
  const body = whole ?? (parts.length > 0 ? JSON.stringify(bodyOf(parts)) : undefined)
  const headers = Object.fromEntries(
    under(rows, 'header').map(([name, value]) => [name.toLowerCase(), value]),
  )
  return {
    method,
    path: stage.fill(path),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : Buffer.from(body),
  }
}

function serve(stage: HubScenario, method: string, path: string, rows: Rows): Promise<RawResponse> {
  return stage.asService(requestOf(stage, method, path, rows), rowOf(rows, 'policy'))
}

async function perform(
  stage: HubScenario,
  name: string,
  method: string,
  path: string,
  rows: Rows,
): Promise<void> {
  const request = requestOf(stage, method, path, rows)
  const authorization = bentToken(stage, name, rows)
  stage.answer = stage.asDevice(name, { ...request, headers: { authorization, ...request.headers } })
  await stage.settled()
}

When(
  'the service requests {verb} {string}',
  async function (this: ConformanceWorld, method: string, path: string) {
    const stage = await hubScenarioOf(this)
    stage.answer = serve(stage, method, path, [])
    await stage.settled()
  },
)

When(
  'the service requests {verb} {string} with:',
  async function (this: ConformanceWorld, method: string, path: string, table: DataTable) {
    const stage = await hubScenarioOf(this)
    stage.answer = serve(stage, method, path, rowsOf(table, stage))
    await stage.settled()
  },
)

/** The answer may need something that later steps do. */
When(
  'the service calls the method {string} of {string} with:',
  async function (this: ConformanceWorld, methodName: string, target: string, table: DataTable) {
    const stage = await hubScenarioOf(this)
    const { deviceId, moduleId } = stage.actor(target)
    const path = `/twins/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}/methods`
    const rows: Rows = [['body methodName', stage.fill(methodName)], ...rowsOf(table, stage)]
    stage.answer = serve(stage, 'POST', path, rows)
    stage.answer.catch(() => undefined) // looked at by the step that waits for it
  },
)

When(
  '{string} requests {verb} {string}',
  async function (this: ConformanceWorld, name: string, method: string, path: string) {
    await perform(await hubScenarioOf(this), name, method, path, [])
  },
)

When(
  '{string} requests {verb} {string} with:',
  async function (this: ConformanceWorld, name: string, method: string, path: string, table: DataTable) {
    const stage = await hubScenarioOf(this)
    await perform(stage, name, method, path, rowsOf(table, stage))
  },
)

Then('the answer is {int}', async function (this: ConformanceWorld, status: number) {
  const answer = await (await hubScenarioOf(this)).settled()
  assert.equal(answer.status, status, answer.body.toString())
})

/** Status, header and the number in the body name one and the same error. */
Then('the answer is {int} {word}', async function (this: ConformanceWorld, status: number, error: string) {
  const answer = await (await hubScenarioOf(this)).settled()
  const body = answer.body.toString()
  assert.equal(answer.status, status, body)
  assert.equal(answer.headers['iothub-errorcode'], error, body)
  const message = valueAt(jsonOf(body), 'Message')
  assert.ok(typeof message === 'string', `The body has no Message: ${body}`)
  const code = valueAt(jsonOf(message), 'errorCode')
  if (code === undefined) assert.match(message, new RegExp(`^ErrorCode:${error};`))
  else assert.equal(code, HUB_CODES[error], `${error} in the header, ${JSON.stringify(code)} in the body`)
})

/** Rows: `header x`, `text` (the body as it is), `path` in the JSON body. */
Then('the answer has:', async function (this: ConformanceWorld, table: DataTable) {
  const stage = await hubScenarioOf(this)
  const answer = await stage.settled()
  const json = jsonOf(answer.body)
  const wrong = rowsOf(table, stage).flatMap(([path, cell]) => {
    const actual = path.startsWith('header ')
      ? answer.headers[path.slice('header '.length).toLowerCase()]
      : path === 'text'
        ? answer.body.toString()
        : valueAt(json, path)
    const fault = mismatch(actual, cell)
    return fault === undefined ? [] : [`${path} ${fault}`]
  })
  assert.deepEqual(wrong, [], `The answer is ${answer.body.toString().slice(0, 2_000)}`)
})

When(
  'the service sends {string} the message {string}',
  async function (this: ConformanceWorld, target: string, text: string) {
    await send(await hubScenarioOf(this), target, text, [])
  },
)

When(
  'the service sends {string} the message {string} with:',
  async function (this: ConformanceWorld, target: string, text: string, table: DataTable) {
    const stage = await hubScenarioOf(this)
    await send(stage, target, text, rowsOf(table, stage))
  },
)

When(
  'the service sends {string} {int} messages',
  async function (this: ConformanceWorld, target: string, count: number) {
    const stage = await hubScenarioOf(this)
    for (let i = 1; i <= count; i++) await send(stage, target, `message ${String(i)}`, [])
  },
)

async function send(stage: HubScenario, target: string, text: string, rows: Rows): Promise<void> {
  const { deviceId, moduleId } = stage.actor(target)
  const path = `/devices/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}/messages/devicebound`
  const headers = Object.fromEntries(
    under(rows, 'header').map(([name, value]) => [name.toLowerCase(), value]),
  )
  stage.answer = stage.asService({ method: 'POST', path, headers, body: Buffer.from(stage.fill(text)) })
  await stage.settled()
}

/** The next message that no step has read yet. Rows: `from`, `module`, `body`, `property x`, `system x`. */
Then('the service reads a message with:', async function (this: ConformanceWorld, table: DataTable) {
  const stage = await hubScenarioOf(this)
  const [message] = await unread(stage, 1)
  if (message === undefined) throw new Error('The service has no message that was not read already')
  stage.read++
  const body = message.body.toString()
  const view: Readonly<Record<string, unknown>> = {
    from: message.deviceId,
    body: jsonOf(body) ?? body,
    text: body,
    property: message.properties,
    system: message.system,
    properties: message.properties,
  }
  const wrong = rowsOf(table, stage).flatMap(([path, cell]) => {
    const fault = mismatch(valueAt(view, path), cell)
    return fault === undefined ? [] : [`${path} ${fault}`]
  })
  assert.deepEqual(wrong, [], `The message is ${JSON.stringify({ ...view, body: body.slice(0, 300) })}`)
})

Then('the service reads no further message', async function (this: ConformanceWorld) {
  assert.deepEqual(
    (await unread(await hubScenarioOf(this), 0)).map(
      ({ deviceId, body }) => `${deviceId}: ${body.toString().slice(0, 100)}`,
    ),
    [],
  )
})

/** Messages that no step has read yet, at least so many. */
async function unread({ hub, read }: HubScenario, count: number): Promise<readonly ReadMessage[]> {
  if (hub.messages === undefined) throw new NotSupported('hub.messages: messages of this hub cannot be read')
  return (await hub.messages(read + count)).slice(read)
}
