/** A device at the wire: it sends packets as a scenario says, and what the hub sends is looked at one by one. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type DataTable, Given, Then, When } from '@cucumber/cucumber'
import type { Packet } from 'mqtt-packet'
import { certificateFiles } from '../world/certificates.ts'
import { mismatch, valueAt } from '../raw-clients/expectations.ts'
import type { RawPacket } from '../raw-clients/mqtt-client.ts'
import { connectPacket, packetOf, viewOf } from '../raw-clients/packets.ts'
import { type DialOptions, hubScenarioOf, type HubScenario } from '../raw-clients/hub-scenario.ts'
import { rowOf, rowsOf, type Rows } from '../raw-clients/tables.ts'
import type { ConformanceWorld } from '../world/world.ts'

async function connect(stage: HubScenario, name: string, rows: Rows): Promise<void> {
  const certificate = rowOf(rows, 'certificate')
  const road: DialOptions = {
    over: (rowOf(rows, 'over') ?? 'TLS') as DialOptions['over'], // of the scenario's making
    path: rowOf(rows, 'path'),
    protocols: rowOf(rows, 'subprotocol')?.split(' '),
    tls: rowOf(rows, 'tls'),
    certificate: certificate === undefined ? undefined : await certificatePair(certificate === 'its own'),
  }
  const opened = await stage.open(name, road).catch((error: unknown) => {
    if (road.over !== 'WebSocket') throw error
    stage.upgradeError = error instanceof Error ? error.message : String(error)
  })
  // Who proves himself by a certificate shows no token.
  opened?.send(connectPacket(stage, name, certificate === undefined ? rows : [...rows, ['password', 'none']]))
}

/** What a client shows: the certificate that scenarios register, or one that nobody knows. */
async function certificatePair(own: boolean): Promise<{ cert: string; key: string }> {
  const { certFile, keyFile, otherCertFile, otherKeyFile } = await certificateFiles()
  const [cert, key] = own ? [certFile, keyFile] : [otherCertFile, otherKeyFile]
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

async function accepted(stage: HubScenario, name: string): Promise<void> {
  stage.packet = await stage.link(name).take('connack')
  assert.equal(stage.packet.returnCode, 0, `"${name}" was refused with ${String(stage.packet.returnCode)}`)
}

When('{string} connects', async function (this: ConformanceWorld, name: string) {
  await connect(await hubScenarioOf(this), name, [])
})

When('{string} connects with:', async function (this: ConformanceWorld, name: string, table: DataTable) {
  const stage = await hubScenarioOf(this)
  await connect(stage, name, rowsOf(table, stage))
})

When('{string} opens a connection', async function (this: ConformanceWorld, name: string) {
  await (await hubScenarioOf(this)).open(name)
})

Given('{string} is online', async function (this: ConformanceWorld, name: string) {
  const stage = await hubScenarioOf(this)
  await connect(stage, name, [])
  await accepted(stage, name)
})

Given('{string} is online with:', async function (this: ConformanceWorld, name: string, table: DataTable) {
  const stage = await hubScenarioOf(this)
  await connect(stage, name, rowsOf(table, stage))
  await accepted(stage, name)
})

Then('{string} is accepted', async function (this: ConformanceWorld, name: string) {
  await accepted(await hubScenarioOf(this), name)
})

Then(
  '{string} is refused with return code {int}',
  async function (this: ConformanceWorld, name: string, returnCode: number) {
    const link = (await hubScenarioOf(this)).link(name)
    const answer = await link.take('connack')
    assert.equal(answer.returnCode, returnCode)
    assert.equal(answer.sessionPresent, false)
    await link.closing()
  },
)

When(
  '{string} subscribes to {string}',
  async function (this: ConformanceWorld, name: string, filters: string) {
    const stage = await hubScenarioOf(this)
    const link = stage.link(name)
    const messageId = link.nextId()
    const subscriptions = filters.split(' ').map((topic) => ({ topic: stage.fill(topic), qos: 1 as const }))
    link.send({ cmd: 'subscribe', messageId, subscriptions })
    await link.take('suback', (packet) => packet.messageId === messageId)
  },
)

When('{string} sends {packet}', async function (this: ConformanceWorld, name: string, cmd: Packet['cmd']) {
  const stage = await hubScenarioOf(this)
  stage.link(name).send(packetOf(stage, name, cmd, []))
})

When(
  '{string} sends {packet} with:',
  async function (this: ConformanceWorld, name: string, cmd: Packet['cmd'], table: DataTable) {
    const stage = await hubScenarioOf(this)
    stage.link(name).send(packetOf(stage, name, cmd, rowsOf(table, stage)))
  },
)

When('{string} sends the bytes {string}', async function (this: ConformanceWorld, name: string, hex: string) {
  const link = (await hubScenarioOf(this)).link(name)
  link.send(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
})

When('{string} publishes to {string}', async function (this: ConformanceWorld, name: string, topic: string) {
  const stage = await hubScenarioOf(this)
  stage.link(name).send(packetOf(stage, name, 'publish', [['topic', stage.fill(topic)]]))
})

/** Answers a direct method call that came last, with `status` and `payload`. */
When(
  '{string} answers the method with:',
  async function (this: ConformanceWorld, name: string, table: DataTable) {
    const stage = await hubScenarioOf(this)
    const rows = rowsOf(table, stage)
    const topic = `$iothub/methods/res/${rowOf(rows, 'status') ?? '200'}/?$rid=${stage.fill('{rid}')}`
    const payload = rowOf(rows, 'payload') ?? ''
    stage.link(name).send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false })
  },
)

When('{string} acknowledges the message', async function (this: ConformanceWorld, name: string) {
  const stage = await hubScenarioOf(this)
  const messageId = stage.packet?.messageId
  assert.ok(messageId !== undefined, 'The last packet looked at has no packet identifier')
  stage.link(name).send({ cmd: 'puback', messageId })
  await stage.link(name).fence()
})

When('{string} loses its connection', async function (this: ConformanceWorld, name: string) {
  ;(await hubScenarioOf(this)).link(name).drop()
})

Then('{string} receives {packet}', async function (this: ConformanceWorld, name: string, cmd: Packet['cmd']) {
  const stage = await hubScenarioOf(this)
  stage.packet = await stage.link(name).take(cmd)
})

Then(
  '{string} receives {packet} with:',
  async function (this: ConformanceWorld, name: string, cmd: Packet['cmd'], table: DataTable) {
    const stage = await hubScenarioOf(this)
    const packet: RawPacket = await stage.link(name).take(cmd)
    stage.packet = packet
    const view = viewOf(packet)
    const wrong = rowsOf(table, stage).flatMap(([path, cell]) => {
      const fault = mismatch(valueAt(view, path), cell)
      return fault === undefined ? [] : [`${path} ${fault}`]
    })
    assert.deepEqual(wrong, [], `The ${cmd} is ${JSON.stringify(view)}`)
  },
)

Then(
  '{string} receives no {packet}',
  async function (this: ConformanceWorld, name: string, cmd: Packet['cmd']) {
    const link = (await hubScenarioOf(this)).link(name)
    if (!link.closed) await link.fence()
    assert.deepEqual(link.left(cmd).map(viewOf), [])
  },
)

Then(
  '{string} receives {int} {packet} packets and no more',
  async function (this: ConformanceWorld, name: string, count: number, cmd: Packet['cmd']) {
    const stage = await hubScenarioOf(this)
    const link = stage.link(name)
    for (let i = 0; i < count; i++) stage.packet = await link.take(cmd)
    await link.fence()
    assert.deepEqual(link.left(cmd).map(viewOf), [])
  },
)

/** Before the hub has said whether it lets anybody in. */
When(
  '{string} sends CONNECT and SUBSCRIBE to {string} at once',
  async function (this: ConformanceWorld, name: string, topic: string) {
    const stage = await hubScenarioOf(this)
    const link = await stage.open(name)
    const subscriptions = [{ topic: stage.fill(topic), qos: 1 as const }]
    link.send(connectPacket(stage, name, []), { cmd: 'subscribe', messageId: link.nextId(), subscriptions })
  },
)

Then('the upgrade is refused with {int}', async function (this: ConformanceWorld, status: number) {
  assert.match((await hubScenarioOf(this)).upgradeError, new RegExp(`\\b${String(status)}\\b`))
})

Then('the hub closes the connection of {string}', async function (this: ConformanceWorld, name: string) {
  await (await hubScenarioOf(this)).link(name).closing()
})

Then(
  'the hub closes the connection of {string} without a packet',
  async function (this: ConformanceWorld, name: string) {
    const link = (await hubScenarioOf(this)).link(name)
    await link.closing()
    assert.deepEqual(
      [...link.left('connack'), ...link.left('puback'), ...link.left('suback')].map(viewOf),
      [],
    )
  },
)

Then('{string} is still online', async function (this: ConformanceWorld, name: string) {
  await (await hubScenarioOf(this)).link(name).fence()
})
