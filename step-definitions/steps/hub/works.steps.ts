/**
 * What a hub must do for an identity whatever came before: one look at all of it. A hub that has kept something of a
 * refused write, of a lost connection or of a deleted identity shows it here.
 */

import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { Then } from '@cucumber/cucumber'
import { valueAt } from '../../raw-clients/expectations.ts'
import { jsonOf, type RawResponse } from '../../raw-clients/https-client.ts'
import { hubScenarioOf, type HubScenario } from '../../raw-clients/hub-scenario.ts'
import type { RawMqttClient, RawPacket } from '../../raw-clients/mqtt-client.ts'
import { connectPacket, viewOf } from '../../raw-clients/packets.ts'
import type { ConformanceWorld } from '../../world/world.ts'

/** The number of looks in a scenario: each has texts of its own. */
const looks = new WeakMap<HubScenario, number>()

/** Without metadata, as a device sees a twin. */
type Section = Readonly<Record<string, unknown>>

/** An identity on a connection of its own. */
interface Looked {
  readonly scenario: HubScenario
  readonly name: string
  readonly link: RawMqttClient
  readonly number: number
  /** `devices/d` or `devices/d/modules/m`. */
  readonly root: string
  /** The same for paths of twins. */
  readonly twin: string
}

Then('the hub serves {string} in every way', async function (this: ConformanceWorld, name: string) {
  const scenario = await hubScenarioOf(this)
  const number = (looks.get(scenario) ?? 0) + 1
  looks.set(scenario, number)
  const { deviceId, moduleId } = scenario.identity(name)
  const below = moduleId === undefined ? '' : `/modules/${moduleId}`
  const link = await scenario.open(name)
  const looked = {
    ...{ scenario, name, link, number },
    root: `devices/${deviceId}${below}`,
    twin: `/twins/${encodeURIComponent(deviceId)}${below}`,
  }
  link.send(connectPacket(scenario, name, []))
  strictEqual((await link.take('connack')).returnCode, 0, 'The return code of CONNACK')
  await subscribe(looked)
  await storesTelemetry(looked)
  await mergesReported(looked)
  await notifiesDesired(looked)
  await callsMethods(looked)
  await deliversMessages(looked)
  await showsIdentity(looked)
})

async function asService(
  { scenario }: Looked,
  method: string,
  path: string,
  body?: object,
): Promise<RawResponse> {
  const response = await scenario.asService({
    ...{ method, path },
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
  })
  strictEqual(response.status, 200, `${method} ${path}: ${response.body.toString()}`)
  return response
}

async function subscribe({ link, root }: Looked): Promise<void> {
  const filters = ['twin/res/#', 'twin/PATCH/properties/desired/#', 'methods/POST/#'].map(
    (at) => `$iothub/${at}`,
  )
  const messageId = link.nextId()
  const subscriptions = [...filters, `${root}/messages/devicebound/#`].map((topic) => ({
    topic,
    qos: 1 as const,
  }))
  link.send({ cmd: 'subscribe', messageId, subscriptions })
  const { granted } = await link.take('suback', (packet) => packet.messageId === messageId)
  deepStrictEqual([...(granted ?? [])], [1, 1, 1, 1], 'What SUBACK grants')
}

/** @returns the packet id. */
function publish({ link }: Looked, topic: string, payload: string): number {
  const messageId = link.nextId()
  link.send({ cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false, messageId })
  return messageId
}

async function storesTelemetry(looked: Looked): Promise<void> {
  const { scenario, link, root, number, name } = looked
  const before = (await scenario.messages(0)).length
  const body = `look ${String(number)}`
  const id = publish(looked, `${root}/messages/events/%24.mid=m${String(number)}&rate=50%2525&empty=`, body)
  await link.take('puback', ({ messageId }) => messageId === id)
  const stored = (await scenario.messages(before + 1)).slice(before)
  scenario.read = before + 1
  const { deviceId, moduleId } = scenario.identity(name)
  deepStrictEqual(
    stored.map((one) => ({
      ...{ deviceId: one.deviceId, moduleId: one.moduleId ?? undefined, body: one.body.toString() },
      ...{ id: one.system['messageId'], properties: { ...one.properties } },
    })),
    [{ deviceId, moduleId, body, id: `m${String(number)}`, properties: { rate: '50%25', empty: '' } }],
    'What the service reads',
  )
}

/** The twin as the service has it, without metadata. */
async function twinOf(looked: Looked): Promise<{ readonly desired: Section; readonly reported: Section }> {
  const { properties } = jsonOf((await asService(looked, 'GET', looked.twin)).body) as {
    readonly properties: { readonly desired: Section; readonly reported: Section }
  }
  const plain = ({ $metadata: _, ...section }: Section): Section => section
  return { desired: plain(properties.desired), reported: plain(properties.reported) }
}

/** Sends a twin request and takes its answer. */
async function ask(looked: Looked, topic: string, payload: string): Promise<RawPacket> {
  const rid = `look-${String(looked.number)}-${String(looked.link.nextId())}`
  publish(looked, `${topic}?$rid=${rid}`, payload)
  return looked.link.take('publish', (packet) => packet.topic?.includes(`$rid=${rid}`) ?? false)
}

async function mergesReported(looked: Looked): Promise<void> {
  const { reported } = await twinOf(looked)
  const version = Number(reported['$version']) + 1
  const patch = { look: looked.number, gone: null, list: [looked.number, [looked.number]] }
  const { topic } = await ask(looked, '$iothub/twin/PATCH/properties/reported/', JSON.stringify(patch))
  strictEqual(topic?.replace(/\?\$rid=[^&]*/, ''), `$iothub/twin/res/204/&$version=${String(version)}`)
  const after = await twinOf(looked)
  const { gone: _, ...rest } = patch
  deepStrictEqual(after.reported, { ...reported, ...rest, $version: version }, 'The reported properties')
  const read = await ask(looked, '$iothub/twin/GET/', '')
  deepStrictEqual(jsonOf(read.payload?.toString() ?? ''), after, 'The twin that the device reads')
}

async function notifiesDesired(looked: Looked): Promise<void> {
  const { link, number, twin } = looked
  const { desired } = await twinOf(looked)
  const patch = { look: number, no: false, gone: null }
  await asService(looked, 'PATCH', twin, { properties: { desired: patch } })
  const told = await link.take('publish', ({ topic }) => topic?.startsWith('$iothub/twin/PATCH/') ?? false)
  const version = Number(desired['$version']) + 1
  strictEqual(told.topic, `$iothub/twin/PATCH/properties/desired/?$version=${String(version)}`)
  deepStrictEqual(jsonOf(told.payload?.toString() ?? ''), { ...patch, $version: version }, 'The patch')
}

async function callsMethods(looked: Looked): Promise<void> {
  const { link, number, twin } = looked
  const called = asService(looked, 'POST', `${twin}/methods`, { methodName: 'look', payload: { number } })
  called.catch(() => undefined) // it is awaited below
  const { topic = '', payload } = await link.take(
    'publish',
    (packet) => packet.topic?.startsWith('$iothub/methods/POST/look/') ?? false,
  )
  deepStrictEqual(jsonOf(payload?.toString() ?? ''), { number }, 'The request')
  const rid = /\?\$rid=([^&]+)/.exec(topic)?.[1] ?? ''
  publish(looked, `$iothub/methods/res/${String(200 + number)}/?$rid=${rid}`, JSON.stringify({ number }))
  deepStrictEqual(jsonOf((await called).body), { status: 200 + number, payload: { number } }, 'The answer')
}

async function deliversMessages(looked: Looked): Promise<void> {
  const { scenario, link, name, number } = looked
  const text = `for you ${String(number)}`
  const { status } = await scenario.send(
    name,
    { 'iothub-messageid': text, 'iothub-app-rate': '50%25' },
    Buffer.from(text),
  )
  strictEqual(status, 204, 'The answer to the sender')
  const packet = await link.take('publish', ({ topic }) => topic?.includes('/messages/devicebound/') ?? false)
  const { qos, dup, properties, text: body } = viewOf(packet)
  deepStrictEqual(
    { qos, dup, body, id: valueAt(properties, '"$.mid"'), rate: valueAt(properties, 'rate') },
    { qos: 1, dup: false, body: text, id: text, rate: '50%25' },
    'The message',
  )
  link.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
  await link.fence()
  deepStrictEqual(link.left('publish').map(viewOf), [], 'What came besides')
}

async function showsIdentity(looked: Looked): Promise<void> {
  const { scenario, name, twin } = looked
  const { deviceId, moduleId } = scenario.identity(name)
  const { connectionState, status, cloudToDeviceMessageCount } = jsonOf(
    (await asService(looked, 'GET', twin.replace('/twins/', '/devices/'))).body,
  ) as Section
  deepStrictEqual([connectionState, cloudToDeviceMessageCount], ['Connected', 0], 'The identity')
  if (moduleId !== undefined) return
  strictEqual(status, 'enabled')
  const query = `SELECT deviceId, properties.reported.look AS look FROM devices WHERE deviceId = '${deviceId}'`
  const rows = jsonOf((await asService(looked, 'POST', '/devices/query', { query })).body)
  deepStrictEqual(rows, [{ deviceId, look: looked.number }], 'The row')
}
