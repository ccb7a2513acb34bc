/** Trials of clients: any message, any payload, any patch, any order of events. */

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { Then } from '@cucumber/cucumber'
import fc from 'fast-check'
import type { Json, JsonObject } from '../driver/client-driver.ts'
import { publishes, telemetryFacts } from '../world/wire.ts'
import type { ConformanceWorld } from '../world/world.ts'
import { clearing, merged } from './twin-model.ts'
import { trial, TRIAL_LIMIT } from './trial.ts'
import { bytes, json, patch, properties, text } from './values.ts'

Then('any message that it sends is stored as it is', TRIAL_LIMIT, async function (this: ConformanceWorld) {
  const { session } = this.client.current
  const message = fc.record({ body: bytes, properties, messageId: fc.option(text.filter((id) => id !== '')) })
  await trial(this, message, async ({ body, properties: given, messageId }) => {
    await this.client.must({
      do: 'sendTelemetry',
      session,
      message: {
        body: body.toString('base64'),
        properties: Object.entries(given),
        ...(messageId === null ? {} : { messageId }),
      },
    })
    const stored = this.hub.started?.telemetry.messages.at(-1)
    deepStrictEqual(
      {
        body: stored?.body.toString('hex'),
        properties: { ...stored?.properties },
        id: stored?.system.messageId,
      },
      { body: body.toString('hex'), properties: given, id: messageId ?? undefined },
    )
  })
})

Then('any message to it is told of as it is', TRIAL_LIMIT, async function (this: ConformanceWorld) {
  await trial(this, fc.record({ body: text, properties }), async ({ body, properties: given }) => {
    const before = this.client.eventData('message').length
    const backend = await this.backend()
    backend.send(this.client.current.identity, { text: body, properties: given })
    await this.activity.eventually(() => this.client.eventData('message').length > before, 'The message')
    await this.time.settle()
    const told = this.client.eventData('message').slice(before)
    deepStrictEqual(
      told.map((data) => ({ text: data['text'], properties: data['properties'] })),
      [{ text: body, properties: given }],
    )
  })
})

Then('any call and its answer arrive as they are', TRIAL_LIMIT, async function (this: ConformanceWorld) {
  const status = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  await trial(
    this,
    fc.record({ asked: json, status, answered: json }),
    async ({ asked, answered, ...rest }) => {
      const before = this.client.eventData('method').length
      ;(await this.backend()).invoke(this.client.current.identity, 'trial', asked)
      await this.activity.eventually(() => this.client.eventData('method').length > before, 'The request')
      const request = this.client.eventData('method').at(-1)
      deepStrictEqual(request?.['payload'], asked)
      await this.client.must({
        do: 'respondMethod',
        session: this.client.current.session,
        requestId: request['requestId'] as string, // its type in the driver protocol
        ...{ status: rest.status, payload: answered, fromRequest: true },
      })
      const result = await (await this.backend()).resultOf('trial')
      deepStrictEqual([result.status, result.payload], [rest.status, answered])
    },
  )
})

Then('any patches that it reports add up', TRIAL_LIMIT, async function (this: ConformanceWorld) {
  const { session } = this.client.current
  const read = async (): Promise<JsonObject> => {
    const { reported } = (await this.client.must({ do: 'getTwin', session })) as {
      readonly reported: JsonObject
    }
    return Object.fromEntries(Object.entries(reported).filter(([name]) => !name.startsWith('$')))
  }
  await trial(this, fc.array(patch, { minLength: 1, maxLength: 4 }), async (patches) => {
    await this.client.must({ do: 'patchReported', session, patch: clearing(await read()) })
    let wanted: JsonObject = {}
    for (const one of patches) {
      await this.client.must({ do: 'patchReported', session, patch: one })
      wanted = merged(wanted, one)
      deepStrictEqual(await read(), wanted)
    }
  })
})

/** What happens to a client that lives: it sends, loses its connection, waits, goes and comes back. */
type Event = 'send' | 'cut' | 'refuse' | 'minute' | 'hour' | 'disconnect' | 'connect' | 'renewal'

const EVENTS: readonly Event[] = [
  'send',
  'cut',
  'refuse',
  'minute',
  'hour',
  'disconnect',
  'connect',
  'renewal',
]
const ONE_HOUR_S = 3_600

Then(
  'nothing that it sends is lost in any order of events',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld) {
    const { session } = this.client.current
    const events = fc.array(fc.constantFrom(...EVENTS), { minLength: 1, maxLength: 8 })
    let number = 0
    const isConnected = async (): Promise<boolean> => {
      await this.time.settle()
      const state = (await this.client.ask({ do: 'state', session })) as { readonly connected: boolean } // the protocol
      return state.connected
    }
    const happen: Readonly<Record<Exclude<Event, 'send'>, () => Promise<unknown>>> = {
      cut: async () => {
        if (!(await isConnected())) return
        ;(await this.hub.start()).faults.arm({ name: 'tcp.drop_now' })
        await this.time.settle()
      },
      refuse: async () => {
        if (!(await isConnected())) return
        ;(await this.hub.start()).faults.arm({ name: 'mqtt.connack.code', parameters: { code: 3 } })
        ;(await this.hub.start()).faults.arm({ name: 'tcp.drop_now' })
        await this.time.pass(11)
      },
      minute: () => this.time.pass(60),
      hour: () => this.time.pass(ONE_HOUR_S),
      renewal: () => this.time.pass(ONE_HOUR_S - 120),
      disconnect: () => this.client.must({ do: 'disconnect', session }),
      connect: () => this.client.must({ do: 'connect', session }),
    }
    await trial(this, events, async (given) => {
      await this.client.must({ do: 'connect', session })
      const sent: string[] = []
      const mark = this.hub.journalSeq()
      for (const event of given) {
        if (event === 'send') {
          const name = `trial ${String(++number)}`
          sent.push(name)
          const body = Buffer.from(name).toString('base64')
          await this.client.must({ do: 'sendTelemetry', session, message: { body } })
        } else await happen[event]()
      }
      ;(await this.hub.start()).faults.disarm()
      await this.client.must({ do: 'connect', session })
      ok(await isConnected(), 'not connected at the end')
      const arrived = telemetryFacts(this).map((message) => String(message['text']))
      deepStrictEqual([...new Set(arrived.filter((one) => sent.includes(one)))], sent)
      // Each was acknowledged while nothing was lost under way: once is enough.
      const recent = this.hub.journal.filter(({ seq }) => seq > mark)
      strictEqual(
        publishes(recent).filter(({ payload }) => sent.includes(payload.toString())).length,
        sent.length,
      )
    })
  },
)

/** The order of patches is that of their versions, also when reading comes between them. */
Then(
  'any changes of its desired properties are told of in order',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld) {
    const { identity, session } = this.client.current
    const changes = fc.array(fc.record({ value: json, reads: fc.boolean() }), { minLength: 1, maxLength: 5 })
    await trial(this, changes, async (given) => {
      const wanted = given.filter(({ value }) => value !== null && isStorable(value))
      const before = this.client.eventData('desired').length
      for (const { value, reads } of wanted) {
        ;(await this.backend()).desire(identity, { trial: value })
        if (reads) await this.client.must({ do: 'getTwin', session })
      }
      await this.activity.eventually(
        () => this.client.eventData('desired').length >= before + wanted.length,
        'A patch',
      )
      await this.time.settle()
      const told = this.client.eventData('desired').slice(before)
      deepStrictEqual(
        told.map((data) => (data['patch'] as JsonObject)['trial']),
        wanted.map(({ value }) => value),
      )
      const versions = told.map((data) => Number((data['patch'] as JsonObject)['$version']))
      deepStrictEqual(
        versions,
        versions.map((_version, index) => (versions[0] ?? 0) + index),
      )
    })
  },
)

/** A twin holds no null in arrays, and no object is told of as it is once it deletes. */
function isStorable(value: Json): boolean {
  return !JSON.stringify(value).includes('null')
}
