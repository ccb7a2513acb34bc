/** Trials of hubs: any property bag, any order of twin writes, any order of deliveries, sizes around limits. */

import assert from 'node:assert/strict'
import { Then } from '@cucumber/cucumber'
import fc from 'fast-check'
import type { Json, JsonObject } from '../driver/client-driver.ts'
import { valueAt } from '../raw-clients/expectations.ts'
import { hubScenarioOf, type HubScenario } from '../raw-clients/hub-scenario.ts'
import { jsonOf, type RawResponse } from '../raw-clients/https-client.ts'
import type { RawMqttClient } from '../raw-clients/mqtt-client.ts'
import { connectPacket } from '../raw-clients/packets.ts'
import type { ConformanceWorld } from '../world/world.ts'
import { clearing, merged } from './twin-model.ts'
import { trial, TRIAL_LIMIT } from './trial.ts'
import { patch, properties } from './values.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

Then(
  'any property bag that {string} publishes is read as it was meant',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld, name: string) {
    const scenario = await hubScenarioOf(this)
    const { deviceId } = scenario.ids(name)
    const link = scenario.link(name)
    await trial(this, properties, async (given) => {
      const bag = Object.entries(given)
        .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
        .join('&')
      const messageId = link.nextId()
      link.send({
        ...{ cmd: 'publish', topic: `devices/${deviceId}/messages/events/${bag}`, payload: 'x' },
        ...{ qos: 1, dup: false, retain: false, messageId },
      })
      await link.take('puback', (packet) => packet.messageId === messageId)
      const all = await scenario.messages(++scenario.read)
      assert.deepEqual({ ...all.at(-1)?.properties }, given)
    })
  },
)

async function asService(
  scenario: HubScenario,
  method: string,
  path: string,
  body?: Json,
): Promise<RawResponse> {
  scenario.response = scenario.asService({
    ...{ method, path, headers: JSON_TYPE },
    body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
  })
  return scenario.settled()
}

/** A section of the twin without what the service adds. */
function section(response: RawResponse, name: 'desired' | 'reported'): JsonObject {
  const all = (valueAt(jsonOf(response.body), `properties.${name}`) ?? {}) as JsonObject
  return Object.fromEntries(Object.entries(all).filter(([key]) => !key.startsWith('$')))
}

type Write = { readonly by: 'service' | 'device'; readonly patch: JsonObject }

Then(
  'any patches of the twin of {string}, by service and device, add up',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld, name: string) {
    const scenario = await hubScenarioOf(this)
    const { deviceId } = scenario.ids(name)
    const path = `/twins/${deviceId}`
    const link = scenario.link(name)
    const report = async (reported: JsonObject): Promise<void> => {
      const rid = String(link.nextId())
      link.send({
        ...{ cmd: 'publish', topic: `$iothub/twin/PATCH/properties/reported/?$rid=${rid}` },
        ...{ payload: JSON.stringify(reported), qos: 0, dup: false, retain: false },
      })
      const { topic, messageId } = await link.take(
        'publish',
        (packet) => packet.topic?.includes(`$rid=${rid}&`) ?? false,
      )
      if (messageId !== undefined) link.send({ cmd: 'puback', messageId })
      assert.match(topic ?? '', /^\$iothub\/twin\/res\/204\//)
    }
    const write = fc.record<Write>(
      { by: fc.constantFrom('service', 'device'), patch },
      { noNullPrototype: true },
    )
    await trial(this, fc.array(write, { minLength: 1, maxLength: 5 }), async (writes) => {
      const before = await asService(scenario, 'GET', path)
      await report(clearing(section(before, 'reported')))
      await asService(scenario, 'PATCH', path, {
        properties: { desired: clearing(section(before, 'desired')) },
      })
      let model: { desired: JsonObject; reported: JsonObject } = { desired: {}, reported: {} }
      for (const { by, patch: given } of writes) {
        if (by === 'device') {
          await report(given)
          model = { ...model, reported: merged(model.reported, given) }
        } else {
          const answer = await asService(scenario, 'PATCH', path, { properties: { desired: given } })
          assert.equal(answer.status, 200, answer.body.toString())
          model = { ...model, desired: merged(model.desired, given) }
        }
        const now = await asService(scenario, 'GET', path)
        assert.deepEqual({ desired: section(now, 'desired'), reported: section(now, 'reported') }, model)
      }
    })
  },
)

type Delivery = 'send' | 'receive' | 'complete' | 'abandon' | 'reject'

Then(
  'any order of sending to {string}, receiving and settling keeps its queue',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld, name: string) {
    const scenario = await hubScenarioOf(this)
    const { deviceId } = scenario.identity(name)
    const path = `/devices/${deviceId}/messages/devicebound`
    const asDevice = async (method: string, rest = ''): Promise<RawResponse> => {
      scenario.response = scenario.asDevice(name, { method, path: `${path}${rest}`, headers: {} })
      return scenario.settled()
    }
    const steps = fc.array(fc.constantFrom<Delivery>('send', 'receive', 'complete', 'abandon', 'reject'), {
      minLength: 1,
      maxLength: 10,
    })
    let number = 0
    await trial(this, steps, async (given) => {
      await asService(scenario, 'DELETE', `/devices/${deviceId}/commands`)
      const waiting: string[] = []
      const held: { readonly text: string; readonly lock: string }[] = []
      for (const step of given) {
        if (step === 'send') {
          const text = `message ${String(++number).padStart(6, '0')}`
          const { status } = await scenario.send(name, {}, Buffer.from(text))
          assert.equal(status, 204)
          waiting.push(text)
        } else if (step === 'receive') {
          const next = waiting.shift()
          const answer = await asDevice('GET')
          assert.deepEqual(
            [answer.status, answer.body.toString()],
            next === undefined ? [204, ''] : [200, next],
          )
          if (next !== undefined)
            held.push({ text: next, lock: (answer.headers.etag ?? '').replaceAll('"', '') })
        } else {
          const one = held.shift()
          if (one === undefined) continue
          const answer =
            step === 'abandon'
              ? await asDevice('POST', `/${one.lock}/abandon`)
              : await asDevice('DELETE', `/${one.lock}${step === 'reject' ? '?reject' : ''}`)
          assert.equal(answer.status, 204, answer.body.toString())
          // What is given back takes its place in the order of sending.
          if (step === 'abandon') waiting.splice(0, waiting.length, ...[...waiting, one.text].sort())
        }
      }
      const { body } = await asService(scenario, 'GET', `/devices/${deviceId}`)
      assert.equal(valueAt(jsonOf(body), 'cloudToDeviceMessageCount'), waiting.length + held.length)
    })
  },
)

const C2D_LIMIT = 65_536

Then(
  'a message to {string} of any size around the limit is taken up to it',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld, name: string) {
    const scenario = await hubScenarioOf(this)
    const { deviceId } = scenario.ids(name)
    const size = fc.record({ over: fc.integer({ min: -3, max: 3 }), letter: fc.constantFrom('x', 'é', '€') })
    await trial(this, size, async ({ over, letter }) => {
      await asService(scenario, 'DELETE', `/devices/${deviceId}/commands`)
      const bytes = C2D_LIMIT + over
      const width = Buffer.byteLength(letter)
      const body = Buffer.from(letter.repeat(Math.floor(bytes / width)) + 'x'.repeat(bytes % width))
      assert.equal(body.length, bytes)
      const { status } = await scenario.send(name, {}, body)
      assert.equal(status, over <= 0 ? 204 : 413)
    })
  },
)

// ------------------------------------------------------------------ deliveries over MQTT

type Life = 'send' | 'acknowledge' | 'lose' | 'connect' | 'listen'

Then(
  'any order of sending to {string}, losing its connection and acknowledging delivers each message until it is settled',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld, name: string) {
    const scenario = await hubScenarioOf(this)
    const { deviceId } = scenario.identity(name)
    const filter = `devices/${deviceId}/messages/devicebound/#`
    const lives = fc.array(
      fc.constantFrom<Life>('send', 'send', 'acknowledge', 'acknowledge', 'lose', 'connect', 'listen'),
      { minLength: 3, maxLength: 12 },
    )
    let number = 0
    await trial(this, lives, async (given) => {
      await asService(scenario, 'DELETE', `/devices/${deviceId}/commands`)
      let link: RawMqttClient | undefined
      let listens = false
      /** What was sent and not acknowledged, and what of it this connection has received. */
      const waiting: string[] = []
      const held = new Map<string, number>()

      const connect = async (clean: boolean): Promise<void> => {
        const before = link
        link = await scenario.open(name)
        held.clear()
        link.send(connectPacket(scenario, name, [['clean', String(clean)]]))
        assert.equal((await link.take('connack')).returnCode, 0)
        await before?.closing()
        if (clean) listens = false
      }
      const subscribe = async (): Promise<void> => {
        const messageId = link?.nextId() ?? 0
        link?.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic: filter, qos: 1 }] })
        await link?.take('suback', (packet) => packet.messageId === messageId)
        // What was sent before the subscription is rejected (WIRE-SESS-06).
        if (!listens) waiting.splice(0)
        listens = true
      }
      /** Takes what came: all that waits, each once, in the order of sending. */
      const look = async (): Promise<void> => {
        if (link === undefined) return
        const due = listens ? waiting.filter((text) => !held.has(text)) : []
        for (const text of due) {
          const { payload, messageId = 0 } = await link.take('publish')
          assert.equal(payload?.toString(), text, 'The next message')
          held.set(text, messageId)
        }
        await link.fence()
        assert.deepEqual(
          link.left('publish').map(({ payload }) => payload?.toString()),
          [],
          'What came besides',
        )
      }

      // A clean session ends an earlier one; the next is kept.
      await connect(true)
      await connect(false)
      for (const one of given) {
        if (one === 'send') {
          const text = `message ${String(++number).padStart(6, '0')}`
          assert.equal((await scenario.send(name, {}, Buffer.from(text))).status, 204)
          waiting.push(text)
        } else if (one === 'lose') {
          link?.drop()
          await link?.closing()
          await this.time.settle()
          link = undefined
          held.clear()
        } else if (one === 'connect') await connect(false)
        else if (one === 'listen' && link !== undefined) await subscribe()
        else if (one === 'acknowledge') {
          const [first] = [...held]
          if (first === undefined || link === undefined) continue
          link.send({ cmd: 'puback', messageId: first[1] })
          held.delete(first[0])
          waiting.splice(waiting.indexOf(first[0]), 1)
        }
        await look()
        const { body } = await asService(scenario, 'GET', `/devices/${deviceId}`)
        assert.equal(valueAt(jsonOf(body), 'cloudToDeviceMessageCount'), waiting.length, 'What waits')
      }
      link?.drop()
      await link?.closing()
      await this.time.settle()
    })
  },
)
