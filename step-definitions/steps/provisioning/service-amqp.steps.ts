/** Steps of devices that ask a provisioning service for their hub over AMQP. */

import assert from 'node:assert/strict'
import { type DataTable, Then, When } from '@cucumber/cucumber'
import { mismatch, valueAt } from '../../raw-clients/expectations.ts'
import { hubScenarioOf } from '../../raw-clients/hub-scenario.ts'
import { jsonOf } from '../../raw-clients/https-client.ts'
import { rowOf, rowsOf, type Rows } from '../../raw-clients/tables.ts'
import type { ConformanceWorld } from '../../world/world.ts'
import { provisioning } from './service.steps.ts'

When(
  '{string} attaches to the provisioning service over AMQP with:',
  async function (this: ConformanceWorld, name: string, table: DataTable) {
    const side = await provisioning(this)
    await side.amqp(name, rowsOf(table, await hubScenarioOf(this)))
  },
)

/** A body as the SDKs send it. */
const BODIES: ReadonlyMap<string, unknown> = new Map([
  ['absent', undefined],
  ['an empty value', ''],
  ['a value', 'text'],
])

/** Rows: `operation`: a poll of it; `body` (`absent`, `a value`, or the text of a data section), `correlation id`, `message id`. */
async function ask(world: ConformanceWorld, name: string, rows: Rows): Promise<void> {
  const side = await provisioning(world)
  const scenario = await hubScenarioOf(world)
  const cell = rowOf(rows, 'body') ?? JSON.stringify({ registrationId: scenario.ids(name).deviceId })
  const client = await side.amqp(name)
  const ids = [
    ['correlation_id', rowOf(rows, 'correlation id')],
    ['message_id', rowOf(rows, 'message id')],
  ] as const
  const more = Object.fromEntries(ids.filter(([, id]) => id !== undefined))
  if (BODIES.has(cell))
    await client.request(rowOf(rows, 'operation'), undefined, { ...more, body: BODIES.get(cell) })
  else await client.request(rowOf(rows, 'operation'), cell, more)
}

When('{string} registers over AMQP', async function (this: ConformanceWorld, name: string) {
  await ask(this, name, [])
})

When(
  '{string} sends the provisioning service a request over AMQP with:',
  async function (this: ConformanceWorld, name: string, table: DataTable) {
    await provisioning(this)
    await ask(this, name, rowsOf(table, await hubScenarioOf(this)))
  },
)

/** Rows: `retry-after`, `correlation id`, or a path in the JSON body. */
Then(
  '{string} is answered by the provisioning service over AMQP:',
  async function (this: ConformanceWorld, name: string, table: DataTable) {
    const side = await provisioning(this)
    const { body, retryAfter, correlationId } = await (await side.amqp(name)).answer()
    side.heard(body, retryAfter)
    const view = new Map<string, unknown>([
      ['retry-after', retryAfter],
      ['correlation id', correlationId],
    ])
    const wrong = rowsOf(table, await hubScenarioOf(this)).flatMap(([path, cell]) => {
      const difference = mismatch(view.has(path) ? view.get(path) : valueAt(body, path), cell)
      return difference === undefined ? [] : [`${path} ${difference}`]
    })
    assert.deepEqual(wrong, [], `The answer is ${JSON.stringify({ body, retryAfter, correlationId })}`)
  },
)

/** The description is the error in JSON; rows are paths in it. */
Then(
  '{string} is refused by the provisioning service over AMQP with {string} and:',
  async function (this: ConformanceWorld, name: string, condition: string, table: DataTable) {
    const { refusal } = await (await provisioning(this)).amqp(name)
    assert.ok(refusal !== undefined, 'Nothing was refused')
    assert.equal(refusal.condition, condition, refusal.description)
    const wrong = rowsOf(table, await hubScenarioOf(this)).flatMap(([path, cell]) => {
      const difference = mismatch(valueAt(jsonOf(refusal.description), path), cell)
      return difference === undefined ? [] : [`${path} ${difference}`]
    })
    assert.deepEqual(wrong, [], `The description is ${refusal.description}`)
  },
)
