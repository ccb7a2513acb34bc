/** Steps about long lives: what happens again and again, in an order, or at the same time. */

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { type DataTable, Given, Then, When } from '@cucumber/cucumber'
import type { Happening, Json, JsonObject } from '../../driver/client-driver.ts'
import { NotSupported } from '../../world/errors.ts'
import { publishes, telemetryFacts } from '../../world/wire.ts'
import type { ConformanceWorld } from '../../world/world.ts'
import { messageFrom } from './client-actions.ts'
import { tokenFor, valueOf } from '../../world/clients/client-factory.ts'
import { at } from './expectations.ts'

const BY_HANDLERS = 'handlers.disconnect'
const UNAVAILABLE = { name: 'mqtt.connack.code', parameters: { code: 3 } } as const
const INTERVAL_S = 10

// ------------------------------------------------------------------ again and again

async function giveToken(world: ConformanceWorld, lifetimeSeconds: number): Promise<void> {
  const { session, kind } = world.client.current
  const token = tokenFor(world, kind, lifetimeSeconds)
  world.names.set('freshToken', token)
  await world.client.ask({ do: 'updateSasToken', session, token })
}

When(
  'the application is asked {int} times for a new token, every {seconds}, and gives one that lives {seconds}',
  async function (this: ConformanceWorld, times: number, every: number, lifetimeSeconds: number) {
    const asked = (): number => this.client.eventData('newSasToken').length
    for (let time = 1; time <= times; time++) {
      await this.time.pass(every - 1)
      strictEqual(asked(), time - 1, `asked too early, the time ${String(time)}`)
      await this.time.pass(1)
      strictEqual(asked(), time)
      await giveToken(this, lifetimeSeconds)
    }
  },
)

When(
  'a minute passes and the application gives a token that lives {seconds}',
  async function (this: ConformanceWorld, lifetimeSeconds: number) {
    await this.time.pass(60)
    await giveToken(this, lifetimeSeconds)
  },
)

async function cut(world: ConformanceWorld): Promise<void> {
  const hub = await world.hub.start()
  await world.time.settle()
  world.hub.mark = hub.journal.seq
  hub.faults.arm({ name: 'tcp.drop_now' })
  await world.time.settle()
  await world.time.settle()
}

async function isBack(world: ConformanceWorld, time: number): Promise<void> {
  const { session } = world.client.current
  const state = (await world.client.ask({ do: 'state', session })) as { readonly connected: boolean } // the protocol
  ok(state.connected, `not back after loss ${String(time)}`)
}

When(
  'the connection is cut {int} times, and {seconds} pass(es) each time',
  async function (this: ConformanceWorld, times: number, seconds: number) {
    for (let time = 1; time <= times; time++) {
      await cut(this)
      await this.time.pass(seconds)
      await isBack(this, time)
    }
  },
)

/** The first attempt comes at once, the others an interval apart. */
When(
  'the connection is cut {int} times, and the hub is unavailable for {int} attempts each time',
  async function (this: ConformanceWorld, times: number, attempts: number) {
    const { faults } = await this.hub.start()
    for (let time = 1; time <= times; time++) {
      faults.arm({ ...UNAVAILABLE, count: attempts })
      await cut(this)
      await this.time.pass(attempts * INTERVAL_S + 1)
      await isBack(this, time)
    }
  },
)

When(
  '{int} times the desired properties change while the connection is lost',
  async function (this: ConformanceWorld, times: number) {
    const { faults } = await this.hub.start()
    for (let number = 1; number <= times; number++) {
      faults.arm({ ...UNAVAILABLE, count: 1 })
      await cut(this)
      ;(await this.backend()).desire(this.client.current.identity, { number })
      await this.time.pass(INTERVAL_S + 1)
      strictEqual(this.client.eventData('desired').length, number)
    }
  },
)

// ------------------------------------------------------------------ handlers and calls

Given(
  'the application disconnects at {happening}',
  async function (this: ConformanceWorld, happening: Happening) {
    if (!this.client.driver.hello.capabilities.includes(BY_HANDLERS))
      throw new NotSupported(`${BY_HANDLERS}: the handlers of the driver make no calls`)
    const { session } = this.client.current
    const behaviour = { disconnect: true }
    await this.client.ask({ do: 'handle', session, happening, kind: 'function', behaviour })
    await this.client.ask({ do: 'sync', session })
  },
)

async function call(world: ConformanceWorld, name: string, payload?: Json): Promise<void> {
  ;(await world.backend()).invoke(world.client.current.identity, name, payload)
  await world.time.settle()
}

When(
  /^the back end calls the method "(.*?)" (?:without a payload|with the payload (.*))$/,
  async function (this: ConformanceWorld, name: string, payload?: string | null) {
    await call(this, name, typeof payload === 'string' ? (JSON.parse(payload) as Json) : undefined)
  },
)

When(
  'the back end calls the method {string} {int} times',
  async function (this: ConformanceWorld, name: string, times: number) {
    for (let number = 1; number <= times; number++) await call(this, name, { number })
  },
)

When(
  'the application answers the {int} requests in reverse order with their numbers',
  async function (this: ConformanceWorld, count: number) {
    await this.activity.eventually(() => this.client.eventData('method').length >= count)
    for (const request of [...this.client.eventData('method')].reverse())
      await this.client.ask({
        do: 'respondMethod',
        session: this.client.current.session,
        requestId: request['requestId'] as string, // its type in the driver protocol
        status: 200,
        payload: at(request['payload'], 'number') as Json, // what the back end sent
        fromRequest: true,
      })
  },
)

Then(
  'each of the {int} callers gets the number of its own call',
  async function (this: ConformanceWorld, count: number) {
    const { invocations } = await this.backend()
    await this.activity.eventually(() => invocations.every(({ settled }) => settled !== undefined))
    deepStrictEqual(
      invocations.map(({ settled }) => settled && 'payload' in settled && [settled.status, settled.payload]),
      Array.from({ length: count }, (_none, index) => [200, index + 1]),
    )
  },
)

When(
  /^it answers the method "(.*?)" with (-?\d+) and the payload (.*)$/,
  function (this: ConformanceWorld, name: string, status: string, payload: string) {
    const request = this.client.eventData('method').findLast((data) => data['name'] === name)
    this.client.start({
      do: 'respondMethod',
      session: this.client.current.session,
      requestId: request?.['requestId'] as string, // its type in the driver protocol
      status: Number(status),
      payload: JSON.parse(payload) as Json,
      fromRequest: true,
    })
  },
)

Then(
  /^the caller of "(.*?)" gets (-?\d+) and the payload (.*)$/,
  async function (this: ConformanceWorld, name: string, status: string, payload: string) {
    const result = await (await this.backend()).resultOf(name)
    deepStrictEqual([result.status, result.payload], [Number(status), JSON.parse(payload)])
  },
)

// ------------------------------------------------------------------ sizes

function send(world: ConformanceWorld, rows: Readonly<Record<string, string>>): void {
  const { session } = world.client.current
  world.client.start({ do: 'sendTelemetry', session, message: messageFrom(rows) })
}

When(
  'it sends a message of {int} times {string}',
  function (this: ConformanceWorld, times: number, text: string) {
    send(this, { text: text.repeat(times) })
  },
)

When(
  'it sends a message with {int} properties of {int} bytes',
  function (this: ConformanceWorld, count: number, bytes: number) {
    const properties = Array.from({ length: count }, (_none, index) => [
      `property p${String(index)}`,
      'x'.repeat(bytes),
    ])
    send(this, { text: 'small', ...(Object.fromEntries(properties) as Record<string, string>) })
  },
)

When(
  'it sends a message whose {string} has {int} letters',
  function (this: ConformanceWorld, property: string, count: number) {
    send(this, { text: 'small', [property]: 'x'.repeat(count) })
  },
)

// ------------------------------------------------------------------ orders

/** Rows: the text of a message, and `duplicate` or `new`. */
Then(
  'since the cut the hub has received in order:',
  async function (this: ConformanceWorld, table: DataTable) {
    await this.time.settle()
    deepStrictEqual(
      publishes(this.hub.recent)
        .filter(({ topic }) => topic.includes('/messages/events/'))
        .map(({ payload, dup }) => [payload.toString(), dup ? 'duplicate' : 'new']),
      table.raw(),
    )
  },
)

/** Rows: the text of a message, and its application properties. */
Then('the hub has stored the messages:', async function (this: ConformanceWorld, table: DataTable) {
  await this.activity.eventually(() => telemetryFacts(this).length >= table.raw().length)
  await this.time.settle()
  deepStrictEqual(
    telemetryFacts(this).map(({ text, properties }) => ({
      text,
      properties: { ...(properties as JsonObject) },
    })),
    table.raw().map(([text, properties = '{}']) => ({ text, properties: JSON.parse(properties) as Json })),
  )
})

Then(
  'the application is told of {happening} in the order of {string}:',
  async function (this: ConformanceWorld, happening: Happening, path: string, table: DataTable) {
    const wanted = table.raw().map(([value = '']) => valueOf(value))
    await this.activity.eventually(() => this.client.eventData(happening).length >= wanted.length)
    await this.time.settle()
    deepStrictEqual(
      this.client.eventData(happening).map((data) => at(data, path)),
      wanted,
    )
  },
)
