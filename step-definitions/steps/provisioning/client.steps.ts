/** Steps of clients that ask the provisioning service for the hub of their device. */

import assert from 'node:assert/strict'
import { type DataTable, Given, Then, When } from '@cucumber/cucumber'
import type { JournalEntry } from 'mock-iot-hub'
import type { Json, ProvisioningFactory } from '../../driver/client-driver.ts'
import { jsonOf } from '../../raw-clients/https-client.ts'
import { readFailure } from '../../neutral/failures.ts'
import { describeReply } from '../../world/clients/replies.ts'
import { startWebhook } from '../../world/environment/webhook.ts'
import { packets, publishes } from '../../world/wire.ts'
import type { ConformanceWorld } from '../../world/world.ts'
import { createClient, settingsOf } from '../../world/clients/client-factory.ts'
import { assertRows } from '../client/expectations.ts'
import type { Outcome } from '../client/parameter-types.ts'
import {
  createProvisioningClient,
  enroll,
  FACTORIES,
  provisioningCreation,
  sessionOf,
} from '../../world/clients/provisioning-factory.ts'

Given(
  /^a provisioning client(?: from an? (symmetric key|X\.509 certificate))?$/,
  async function (this: ConformanceWorld, factory: string | null) {
    await createProvisioningClient(this, FACTORIES.get(factory ?? 'symmetric key'))
  },
)

Given(
  /^a provisioning client(?: from an? (symmetric key|X\.509 certificate))? with:$/,
  async function (this: ConformanceWorld, factory: string | null, table: DataTable) {
    await createProvisioningClient(this, FACTORIES.get(factory ?? 'symmetric key'), table)
  },
)

When(
  'a provisioning client is made from a/an {factory} with:',
  async function (this: ConformanceWorld, factory: ProvisioningFactory, table: DataTable) {
    this.client.start(await provisioningCreation(this, factory, settingsOf(this, table), 'refused'))
  },
)

/** The payload in JSON. */
When(
  /^it registers(?: with the payload (.*))?$/,
  function (this: ConformanceWorld, payload: string | null | undefined) {
    const session = sessionOf(this)
    const given = payload ?? undefined
    this.client.start({
      do: 'provisionRegister',
      session,
      ...(given === undefined ? {} : { payload: jsonOf(given) as Json }),
    })
  },
)

Given(
  'the device is assigned by a webhook that answers with the payload {string}',
  async function (this: ConformanceWorld, payload: string) {
    const hub = await this.hub.start()
    const body = JSON.stringify({ iotHubHostName: hub.hostName, payload: jsonOf(payload) })
    const webhook = await startWebhook(this.address, 200, body)
    this.defer(() => webhook.stop())
    await enroll(this, {
      allocationPolicy: 'custom',
      customAllocationDefinition: { webhookUrl: webhook.url, apiVersion: '2019-03-31' },
    })
  },
)

Given('the device is enrolled as {string}', async function (this: ConformanceWorld, deviceId: string) {
  await enroll(this, { deviceId })
})

/** With the key of the device, by the factory of device clients. */
Then('the device of the result connects to the hub of the result', async function (this: ConformanceWorld) {
  const reply = await this.client.last.reply
  assert.ok('ok' in reply, describeReply(reply))
  const { registrationState } = reply.ok as {
    readonly registrationState: { readonly assignedHub: string; readonly deviceId: string }
  }
  this.names.set('host', registrationState.assignedHub).set('device', registrationState.deviceId)
  const { session } = await createClient(this, 'device')
  const call = this.client.start({ do: 'connect', session })
  const connected = await call.reply
  assert.ok('ok' in connected, describeReply(connected))
})

/** More seconds than any client waits for a connection or an answer. */
const MOST_SECONDS = 150

/**
 * Lets time pass until the call has settled; clients of another clock take their own time. Time must not pass while
 * something is on its way: a certificate that is made, or a packet that a relay holds back for an acknowledgement of TCP.
 */
async function settled(world: ConformanceWorld): Promise<void> {
  const call = world.client.last
  const still = (): Promise<void> =>
    world.activity
      .eventually(() => call.settled !== undefined)
      .catch((error: unknown) => {
        if (!(error instanceof assert.AssertionError)) throw error
      })
  await world.time.settle()
  if (packets(world.hub.journal, 'connect').length === 0) await still()
  for (let second = 0; second < MOST_SECONDS && call.settled === undefined; second++) {
    if (world.client.driver.hello.clock === 'real') break
    await world.time.pass(1)
    if (world.isRelayed && requests(world.hub.journal).length > 0) await still()
  }
}

Then('the registration {outcome}', async function (this: ConformanceWorld, outcome: Outcome) {
  await settled(this)
  const call = this.client.last
  try {
    const reply = await call.reply
    assert.ok(outcome(reply), describeReply(reply))
  } catch (error) {
    if (outcome.isFailure !== true) throw error
    await readFailure(this, call, error)
  }
})

const REQUEST = /^\$dps\/registrations\/(?:PUT\/iotdps-(register)|GET\/iotdps-get-operation(status))\//

/** Registrations and polls that the service has received, oldest first. */
function requests(
  entries: readonly JournalEntry[],
): readonly { readonly what: string; readonly at: number }[] {
  return packets(entries, 'publish').flatMap(({ packet, at }) => {
    const found = REQUEST.exec((packet as { readonly topic: string }).topic)
    return found === null ? [] : [{ what: found[1] === undefined ? 'poll' : 'register', at }]
  })
}

Then('the service was asked to {string}', async function (this: ConformanceWorld, words: string) {
  await this.time.settle()
  assert.equal(
    requests(this.hub.journal)
      .map(({ what }) => what)
      .join(' '),
    words,
  )
})

Then(
  'the last {int} requests to the service are {seconds} apart',
  async function (this: ConformanceWorld, count: number, seconds: number) {
    await this.time.settle()
    const at = requests(this.hub.journal)
      .slice(-count)
      .map((request) => request.at / 1_000)
    assert.equal(at.length, count)
    assert.deepEqual(
      at.slice(1).map((later, index) => Math.round(later - (at[index] ?? 0))),
      Array.from({ length: count - 1 }, () => seconds),
    )
  },
)

Then('the registration request holds:', async function (this: ConformanceWorld, table: DataTable) {
  await this.time.settle()
  const request = publishes(this.hub.journal).find(({ topic }) => topic.includes('/iotdps-register/'))
  assert.ok(request !== undefined, 'The service was not asked to register')
  assertRows(this, jsonOf(request.payload), table)
})

/** Absent, or null: the service cannot tell them apart. */
Then('the registration request has no payload', async function (this: ConformanceWorld) {
  await this.time.settle()
  const request = publishes(this.hub.journal).find(({ topic }) => topic.includes('/iotdps-register/'))
  assert.ok(request !== undefined, 'The service was not asked to register')
  const { payload = null } = jsonOf(request.payload) as { readonly payload?: unknown }
  assert.equal(payload, null)
})

Then(
  'the last request to the service was {seconds} ago',
  async function (this: ConformanceWorld, seconds: number) {
    await this.client.last.reply
    const { settledAt } = this.client.last
    const { at } = requests(this.hub.journal).at(-1) ?? { at: NaN }
    assert.equal(Math.round((settledAt - at) / 1_000), seconds)
  },
)

/** The service had sent SUBACK for its answers before the first request came. */
Then('the answers were subscribed to before the first request', function (this: ConformanceWorld) {
  const { journal } = this.hub
  const [subscribe] = packets(journal, 'subscribe')
  const [suback] = packets(journal, 'suback', 'out')
  const [request] = packets(journal, 'publish')
  assert.match(JSON.stringify(subscribe?.packet), /"\$dps\/registrations\/res\/#"/)
  assert.ok(suback !== undefined && request !== undefined && suback.seq < request.seq)
})

interface SentAnswer {
  readonly operationId?: string
  readonly status?: string
  readonly registrationState?: Readonly<Record<string, unknown>>
}

/** What the service has published, oldest first. */
function answers(world: ConformanceWorld): readonly SentAnswer[] {
  return packets(world.hub.journal, 'publish', 'out').map(
    ({ packet }) => jsonOf((packet as { readonly payload: Buffer }).payload) as SentAnswer, // the service's own
  )
}

Then('every poll names the operation of the answer before it', async function (this: ConformanceWorld) {
  await this.time.settle()
  const polls = publishes(this.hub.journal).filter(({ topic }) => topic.includes('get-operationstatus'))
  assert.ok(polls.length > 0, 'The client has not polled')
  assert.deepEqual(
    polls.map(({ topic }) => /[?&]operationId=([^&]*)/.exec(topic)?.[1]),
    answers(this)
      .slice(0, polls.length)
      .map(({ operationId = '' }) => encodeURIComponent(operationId)),
  )
})

/** The documented names, against the names of the wire. */
Then('the call gives what the service has answered', async function (this: ConformanceWorld) {
  const reply = await this.client.last.reply
  assert.ok('ok' in reply, describeReply(reply))
  const { registrationState: sent = {} } = answers(this).at(-1) ?? {}
  const { registrationState: state } = reply.ok as Readonly<Record<string, unknown>>
  const { responsePayload: _, ...told } = state as Readonly<Record<string, unknown>>
  assert.deepEqual(told, {
    deviceId: sent['deviceId'],
    assignedHub: sent['assignedHub'],
    subStatus: sent['substatus'],
    createdDateTime: sent['createdDateTimeUtc'],
    lastUpdateDateTime: sent['lastUpdatedDateTimeUtc'],
    etag: sent['etag'],
  })
})

Then('the call names the operation that was polled', async function (this: ConformanceWorld) {
  const reply = await this.client.last.reply
  assert.ok('ok' in reply, describeReply(reply))
  const { operationId } = reply.ok as { readonly operationId?: unknown }
  assert.equal(operationId, answers(this).at(-1)?.operationId)
})

/** Otherwise a client that confuses the two would not be noticed. */
Then('the times of the result differ', function (this: ConformanceWorld) {
  const { registrationState: state = {} } = answers(this).at(-1) ?? {}
  assert.notEqual(state['createdDateTimeUtc'], state['lastUpdatedDateTimeUtc'])
})

Then('its response payload is the JSON {string}', async function (this: ConformanceWorld, payload: string) {
  const reply = await this.client.last.reply
  assert.ok('ok' in reply, describeReply(reply))
  const { registrationState } = reply.ok as {
    readonly registrationState?: { readonly responsePayload?: unknown }
  }
  const text = registrationState?.responsePayload
  assert.equal(typeof text, 'string')
  assert.deepEqual(jsonOf(String(text)), jsonOf(payload))
})
