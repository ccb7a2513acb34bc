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
  const id = fc.option(text.filter((one) => one !== ''))
  const message = fc.record({
    ...{ body: bytes, properties, messageId: id, correlationId: id, userId: id },
    ...{ contentType: id, contentEncoding: id },
  })
  await trial(this, message, async ({ body, properties: given, messageId, ...more }) => {
    const named = Object.fromEntries(Object.entries(more).filter(([, one]) => one !== null))
    await this.client.must({
      do: 'sendTelemetry',
      session,
      message: {
        body: body.toString('base64'),
        properties: Object.entries(given),
        ...(messageId === null ? {} : { messageId }),
        ...named,
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

async function connectedNow({ time, client }: ConformanceWorld): Promise<boolean> {
  await time.settle()
  const { session } = client.current
  const state = (await client.ask({ do: 'state', session })) as { readonly connected: boolean } // the protocol
  return state.connected
}

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
    const isConnected = (): Promise<boolean> => connectedNow(this)
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

/** What happens to a client with handlers: news of the back end among losses and calls of its own. */
type News = 'message' | 'wish' | 'call' | 'report' | 'read' | 'send' | 'cut' | 'minute' | 'leave' | 'return'

const NEWS: readonly News[] = [
  ...(['message', 'message', 'wish', 'wish', 'call', 'report', 'read', 'send'] as const),
  ...(['cut', 'minute', 'leave', 'return'] as const),
]

Then(
  'all news reaches the application once and in order, whatever happens between',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld) {
    const { session, identity, kind } = this.client.current
    const hub = await this.hub.start()
    const isConnected = (): Promise<boolean> => connectedNow(this)
    const events = fc.array(fc.constantFrom(...NEWS), { minLength: 3, maxLength: 10 })
    let number = 0
    await trial(this, events, async (given) => {
      await this.client.must({ do: 'connect', session })
      await this.time.settle()
      const told = (of: 'message' | 'desired' | 'method'): readonly JsonObject[] => this.client.eventData(of)
      const before = {
        message: told('message').length,
        desired: told('desired').length,
        method: told('method').length,
      }
      const sent = { message: [] as string[], desired: [] as number[], method: [] as number[] }
      let reported = -1
      const happen: Readonly<Record<News, () => Promise<unknown>>> = {
        message: async () => {
          // A message to a module has no handler of its own.
          if (kind === 'module') return
          const text = `news ${String(++number)}`
          sent.message.push(text)
          ;(await this.backend()).send(identity, { text })
        },
        wish: async () => {
          if (!(await isConnected())) return
          sent.desired.push(++number)
          ;(await this.backend()).desire(identity, { trial: number })
        },
        call: async () => {
          if (!(await isConnected())) return
          sent.method.push(++number)
          ;(await this.backend()).invoke(identity, `call ${String(number)}`, { number })
          await this.time.settle()
          await this.client.must({
            do: 'respondMethod',
            session,
            status: 200,
            payload: { number },
            fromRequest: true,
          })
          const { status, payload } = await (await this.backend()).resultOf(`call ${String(number)}`)
          deepStrictEqual([status, payload], [200, { number }], 'The answer')
        },
        report: async () => {
          reported = ++number
          await this.client.must({ do: 'patchReported', session, patch: { trial: reported } })
        },
        read: async () => {
          await this.client.must({ do: 'getTwin', session })
        },
        send: async () => {
          const body = Buffer.from('x').toString('base64')
          await this.client.must({ do: 'sendTelemetry', session, message: { body } })
        },
        cut: async () => {
          if (!(await isConnected())) return
          hub.faults.arm({ name: 'tcp.drop_now' })
          await this.time.settle()
          await this.time.settle()
        },
        minute: () => this.time.pass(60),
        leave: async () => {
          await this.client.must({ do: 'disconnect', session })
        },
        return: async () => {
          await this.client.must({ do: 'connect', session })
        },
      }
      for (const event of given) {
        await happen[event]()
        await this.time.settle()
      }
      await this.client.must({ do: 'connect', session })
      await this.time.settle()
      deepStrictEqual(
        told('message')
          .slice(before.message)
          .map((one) => one['text']),
        sent.message,
        'The messages',
      )
      deepStrictEqual(
        told('method')
          .slice(before.method)
          .map((one) => (one['payload'] as JsonObject)['number']),
        sent.method,
        'The calls',
      )
      const wishes = told('desired')
        .slice(before.desired)
        .map((one) => (one['patch'] as JsonObject)['trial'])
      deepStrictEqual(
        wishes.filter((one) => sent.desired.includes(Number(one))),
        sent.desired,
        'The wishes',
      )
      if (reported >= 0)
        strictEqual(hub.twins.get(identity).reported.properties['trial'], reported, 'The report')
      strictEqual(hub.c2d.count(identity), 0, 'What is not acknowledged')
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
    let number = 0
    await trial(this, changes, async (given) => {
      const wanted = given.filter(({ value }) => value !== null && isStorable(value))
      const before = this.client.eventData('desired').length
      for (const { value, reads } of wanted) {
        // A patch that changes nothing is not told of.
        ;(await this.backend()).desire(identity, { trial: value, number: ++number })
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
