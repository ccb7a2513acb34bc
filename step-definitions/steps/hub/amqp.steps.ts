/** Steps over AMQP: back ends that send and hear, devices, readers of the events of a hub. */

import assert from 'node:assert/strict'
import { type DataTable, Given, Then, When } from '@cucumber/cucumber'
import {
  dataSection,
  type Message,
  type RawAmqpClient,
  type Received,
} from '../../raw-clients/amqp-client.ts'
import { mismatch, valueAt } from '../../raw-clients/expectations.ts'
import { jsonOf } from '../../raw-clients/https-client.ts'
import {
  type EventHub,
  findEventHub,
  partitionNode,
  readFrom,
  readMessage,
} from '../../raw-clients/event-hub.ts'
import { hubScenarioOf, type HubScenario, SERVICE } from '../../raw-clients/hub-scenario.ts'
import { rowOf, rowsOf, under, type Rows } from '../../raw-clients/tables.ts'
import type { ConformanceWorld } from '../../world/world.ts'

/** What the last step received, and the outcome of what it sent. */
const lasts = new WeakMap<HubScenario, { received?: Received; outcome?: string }>()

function last(scenario: HubScenario): { received?: Received; outcome?: string } {
  const known = lasts.get(scenario) ?? {}
  lasts.set(scenario, known)
  return known
}

async function service(world: ConformanceWorld): Promise<RawAmqpClient> {
  return (await hubScenarioOf(world)).amqp(SERVICE)
}

Given('the service is connected over AMQP', async function (this: ConformanceWorld) {
  const scenario = await hubScenarioOf(this)
  const client = await service(this)
  const { status, description } = await client.putToken(scenario.hub.hostName, scenario.serviceToken())
  assert.equal(status, 200, description)
})

Given('{string} is connected over AMQP', async function (this: ConformanceWorld, name: string) {
  const scenario = await hubScenarioOf(this)
  const client = await scenario.amqp(name)
  const { status, description } = await client.putToken(scenario.resource(name), scenario.tokenOf(name))
  assert.equal(status, 200, description)
})

Then(
  'the token of {string} for {string} is answered with {int} over AMQP',
  async function (this: ConformanceWorld, of: string, name: string, wanted: number) {
    const scenario = await hubScenarioOf(this)
    const client = await scenario.amqp(name)
    const { status, description } = await client.putToken(scenario.resource(name), scenario.tokenOf(of))
    assert.equal(status, wanted, description)
    assert.notEqual(description, '')
  },
)

// ------------------------------------------------------------------ sending

/** Rows: `to`, `message id`, `ack`, `expiry` (a time), `content type`, `property x`. */
function messageOf(scenario: HubScenario, text: string, rows: Rows): Message {
  const expiry = rowOf(rows, 'expiry')
  const properties = { ...Object.fromEntries(under(rows, 'property')) }
  const ack = rowOf(rows, 'ack')
  const optional = {
    message_id: rowOf(rows, 'message id'),
    content_type: rowOf(rows, 'content type'),
    to: rowOf(rows, 'to'),
    absolute_expiry_time: expiry === undefined ? undefined : new Date(expiry),
  }
  const given = Object.entries(optional).filter(([, value]) => value !== undefined)
  return {
    ...(Object.fromEntries(given) as Partial<Message>),
    application_properties: { ...properties, ...(ack === undefined ? {} : { 'iothub-ack': ack }) },
    body: dataSection(Buffer.from(scenario.fill(text))),
  }
}

async function sendDown(world: ConformanceWorld, name: string, text: string, rows: Rows): Promise<void> {
  const scenario = await hubScenarioOf(world)
  const { deviceId, moduleId } = scenario.ids(name)
  const to = `/devices/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}/messages/devicebound`
  const client = await service(world)
  last(scenario).outcome = await client.send(
    '/messages/devicebound',
    messageOf(scenario, text, [...rows, ['to', to]]),
  )
}

When(
  'the service sends {string} the message {string} over AMQP',
  async function (this: ConformanceWorld, name: string, text: string) {
    await sendDown(this, name, text, [])
  },
)

When(
  'the service sends {string} the message {string} over AMQP with:',
  async function (this: ConformanceWorld, name: string, text: string, table: DataTable) {
    await sendDown(this, name, text, rowsOf(table, await hubScenarioOf(this)))
  },
)

When(
  '{string} sends the telemetry {string} over AMQP with:',
  async function (this: ConformanceWorld, name: string, text: string, table: DataTable) {
    const scenario = await hubScenarioOf(this)
    const { deviceId, moduleId } = scenario.ids(name)
    const node = `/devices/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}/messages/events`
    const client = await scenario.amqp(name)
    last(scenario).outcome = await client.send(
      scenario.fill(rowOf(rowsOf(table, scenario), 'node') ?? node),
      messageOf(scenario, text, rowsOf(table, scenario)),
    )
  },
)

Then('the outcome over AMQP is {string}', async function (this: ConformanceWorld, outcome: string) {
  assert.equal(last(await hubScenarioOf(this)).outcome, outcome)
})

// ------------------------------------------------------------------ receiving

/** Rows: `content type`, `message id`, `text`, `body.x`, `property.x`, `annotation.x`. */
function assertHolds(scenario: HubScenario, { message, delivery }: Received, table: DataTable): void {
  const body: unknown = message.body
  const content = (body as { readonly content?: Buffer } | undefined)?.content ?? body
  const text = Buffer.isBuffer(content) ? content.toString() : String(content)
  const view = {
    'content type': message.content_type,
    'message id': message.message_id,
    'correlation id': message.correlation_id,
    'user id': Buffer.isBuffer(message.user_id) ? message.user_id.toString() : message.user_id,
    text,
    body: jsonOf(text),
    property: message.application_properties ?? {},
    annotation: message.message_annotations ?? {},
    'tag length': (delivery as unknown as { readonly tag: Buffer }).tag.length,
  }
  const wrong = rowsOf(table, scenario).flatMap(([path, cell]) => {
    const difference = mismatch(valueAt(view, path), cell)
    return difference === undefined ? [] : [`${path} ${difference}`]
  })
  assert.deepEqual(wrong, [], `The message is ${JSON.stringify(view)}`)
}

async function assertReceives(
  world: ConformanceWorld,
  who: string,
  node: string,
  table: DataTable,
): Promise<void> {
  const scenario = await hubScenarioOf(world)
  const received = await (await scenario.amqp(who)).take(scenario.fill(node))
  last(scenario).received = received
  assertHolds(scenario, received, table)
}

Given('the service listens at {string} over AMQP', async function (this: ConformanceWorld, node: string) {
  assert.equal(await (await service(this)).opened(node), undefined)
})

Then(
  'the service receives from {string} over AMQP:',
  async function (this: ConformanceWorld, node: string, table: DataTable) {
    await assertReceives(this, SERVICE, node, table)
  },
)

Then('{string} receives over AMQP:', async function (this: ConformanceWorld, name: string, table: DataTable) {
  const { deviceId } = (await hubScenarioOf(this)).ids(name)
  await assertReceives(this, name, `/devices/${deviceId}/messages/devicebound`, table)
})

When(
  /^(?:the service|"(.*?)") (accepts|releases|rejects|abandons) it over AMQP$/,
  async function (this: ConformanceWorld, name: string | null, outcome: string) {
    const scenario = await hubScenarioOf(this)
    const { received } = last(scenario)
    if (outcome === 'accepts') received?.delivery.accept()
    else if (outcome === 'rejects') received?.delivery.reject()
    else if (outcome === 'abandons')
      received?.delivery.modified({ delivery_failed: true, undeliverable_here: false })
    else received?.delivery.release({ delivery_failed: false, undeliverable_here: false })
    // `$cbs` answers after everything that was sent before.
    const who = name ?? SERVICE
    const token = name === null ? scenario.serviceToken() : scenario.tokenOf(name)
    await (
      await scenario.amqp(who)
    ).putToken(name === null ? scenario.hub.hostName : scenario.resource(who), token)
  },
)

When(
  /^(?:the service|"(.*?)") closes the (link|session) that it receives on over AMQP$/,
  async function (this: ConformanceWorld, name: string | null, what: string) {
    const { received } = last(await hubScenarioOf(this))
    assert.ok(received !== undefined, 'Nothing was received over AMQP')
    const { link } = received.delivery
    if (what === 'link') link.close()
    else link.session.close()
    await this.time.settle()
    const { isOpen } = await (await hubScenarioOf(this)).amqp(name ?? SERVICE)
    assert.ok(isOpen, 'The hub has closed the connection')
  },
)

When('{string} loses its connection over AMQP', async function (this: ConformanceWorld, name: string) {
  ;(await (await hubScenarioOf(this)).amqp(name)).drop()
  await this.time.settle()
})

Then(
  'the service receives nothing more from {string} over AMQP',
  async function (this: ConformanceWorld, node: string) {
    const scenario = await hubScenarioOf(this)
    const client = await service(this)
    await client.putToken(scenario.hub.hostName, scenario.serviceToken())
    assert.equal(client.left(node), 0)
  },
)

Then(
  'a link of {string} to {string} is refused over AMQP with {string}',
  async function (this: ConformanceWorld, name: string, node: string, condition: string) {
    const scenario = await hubScenarioOf(this)
    const client = await scenario.amqp(name === SERVICE ? SERVICE : name)
    assert.equal(await client.opened(scenario.fill(node)), condition)
  },
)

// ------------------------------------------------------------------ events

const eventHubs = new WeakMap<HubScenario, Promise<EventHub>>()

async function eventHub(scenario: HubScenario): Promise<EventHub> {
  const client = await scenario.amqp(SERVICE)
  const known =
    eventHubs.get(scenario) ?? findEventHub(client, scenario.hub.hostName, scenario.serviceToken())
  eventHubs.set(scenario, known)
  return known
}

/** Opens all partitions for what comes from now on. */
Given('a reader of the event hub', async function (this: ConformanceWorld) {
  const scenario = await hubScenarioOf(this)
  await readFrom(await service(this), await eventHub(scenario), scenario.hub.now() - 1_000)
})

Then('the event hub has partitions', async function (this: ConformanceWorld) {
  const { partitions } = await eventHub(await hubScenarioOf(this))
  assert.deepEqual(
    partitions,
    partitions.map((_id, index) => String(index)),
  )
  assert.ok(partitions.length > 0)
})

/** The next event of a device of the scenario, and the partition that it was in. */
async function nextOwn(
  world: ConformanceWorld,
  scenario: HubScenario,
  nodes: readonly string[],
): Promise<readonly [string, Received]> {
  const client = await service(world)
  for (;;) {
    await world.activity.eventually(() => nodes.some((node) => client.left(node) > 0), 'An event')
    const node = nodes.find((one) => client.left(one) > 0) ?? ''
    const received = await client.take(node)
    if (scenario.owns(readMessage(received.message).deviceId)) return [node, received]
  }
}

/** The next event of any partition that no step has read. */
Then('the reader gets an event with:', async function (this: ConformanceWorld, table: DataTable) {
  const scenario = await hubScenarioOf(this)
  const hub = await eventHub(scenario)
  const nodes = hub.partitions.map((partition) => partitionNode(hub, '$Default', partition))
  const [node, received] = await nextOwn(this, scenario, nodes)
  last(scenario).received = received
  places.set(scenario, node)
  assertHolds(scenario, received, table)
})

Then('the reader gets no further event', async function (this: ConformanceWorld) {
  const scenario = await hubScenarioOf(this)
  const client = await service(this)
  await client.putToken(scenario.hub.hostName, scenario.serviceToken())
  const hub = await eventHub(scenario)
  assert.deepEqual(
    hub.partitions.map((partition) => client.left(partitionNode(hub, '$Default', partition))),
    hub.partitions.map(() => 0),
  )
})

/** The partition of the last event. */
const places = new WeakMap<HubScenario, string>()

/** Reads the partition of the last event again, from a position of that event, in a consumer group of its own. */
Then(
  /^a reader from the (offset|sequence number|enqueued time) of it( on)? gets "(.*)"$/,
  async function (this: ConformanceWorld, what: string, inclusive: string | null, texts: string) {
    const scenario = await hubScenarioOf(this)
    const client = await service(this)
    const name =
      { offset: 'x-opt-offset', 'sequence number': 'x-opt-sequence-number' }[what] ?? 'x-opt-enqueued-time'
    const annotations = (last(scenario).received?.message.message_annotations ?? {}) as Readonly<
      Record<string, unknown>
    >
    const at = annotations[name]
    const position = at instanceof Date ? at.getTime() : at
    const group = `g${String(what.length)}${inclusive === null ? 'x' : 'i'}`
    const node = (places.get(scenario) ?? '').replace('$Default', group)
    client.receive(node, `amqp.annotation.${name} >${inclusive === null ? '' : '='} '${String(position)}'`)
    const wanted = texts.split(' ')
    const found: string[] = []
    while (found.length < wanted.length) {
      const [, { message }] = await nextOwn(this, scenario, [node])
      found.push(readMessage(message).body.toString())
    }
    assert.deepEqual(found, wanted)
  },
)
