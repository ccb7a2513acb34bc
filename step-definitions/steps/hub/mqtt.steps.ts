/** Steps of a device that sends single MQTT packets and reads single packets of the hub. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type DataTable, Given, Then, When } from '@cucumber/cucumber'
import type { Packet } from 'mqtt-packet'
import { certificateFiles } from '../../world/environment/certificates.ts'
import { mismatch, valueAt } from '../../raw-clients/expectations.ts'
import type { RawPacket } from '../../raw-clients/mqtt-client.ts'
import { connectPacket, packetOf, viewOf } from '../../raw-clients/packets.ts'
import { type DialOptions, hubScenarioOf, type HubScenario } from '../../raw-clients/hub-scenario.ts'
import { rowOf, rowsOf, type Rows } from '../../raw-clients/tables.ts'
import type { ConformanceWorld } from '../../world/world.ts'

async function connect(scenario: HubScenario, name: string, rows: Rows): Promise<void> {
  const certificate = rowOf(rows, 'certificate')
  const dial: DialOptions = {
    over: (rowOf(rows, 'over') ?? 'TLS') as DialOptions['over'], // a value from the scenario
    path: rowOf(rows, 'path'),
    protocols: rowOf(rows, 'subprotocol')?.split(' '),
    tls: rowOf(rows, 'tls'),
    cipher: rowOf(rows, 'cipher'),
    certificate: certificate === undefined ? undefined : await certificatePair(certificate === 'its own'),
  }
  const opened = await scenario.open(name, dial).catch((error: unknown) => {
    if (dial.over !== 'WebSocket') throw error
    scenario.upgradeError = error instanceof Error ? error.message : String(error)
  })
  // A device with a certificate sends no token.
  opened?.send(
    connectPacket(scenario, name, certificate === undefined ? rows : [...rows, ['password', 'none']]),
  )
}

/** The certificate that scenarios register, or one that the hub does not know. */
async function certificatePair(own: boolean): Promise<{ cert: string; key: string }> {
  const { certFile, keyFile, otherCertFile, otherKeyFile } = await certificateFiles()
  const [cert, key] = own ? [certFile, keyFile] : [otherCertFile, otherKeyFile]
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

async function accepted(scenario: HubScenario, name: string): Promise<void> {
  scenario.packet = await scenario.link(name).take('connack')
  assert.equal(
    scenario.packet.returnCode,
    0,
    `"${name}" was refused with ${String(scenario.packet.returnCode)}`,
  )
}

When('{string} connects', async function (this: ConformanceWorld, name: string) {
  await connect(await hubScenarioOf(this), name, [])
})

When('{string} connects with:', async function (this: ConformanceWorld, name: string, table: DataTable) {
  const scenario = await hubScenarioOf(this)
  await connect(scenario, name, rowsOf(table, scenario))
})

When(
  '{string} fails to connect with:',
  async function (this: ConformanceWorld, name: string, table: DataTable) {
    const scenario = await hubScenarioOf(this)
    await assert.rejects(connect(scenario, name, rowsOf(table, scenario)), { code: /HANDSHAKE_FAILURE/ })
  },
)

When('{string} opens a connection', async function (this: ConformanceWorld, name: string) {
  await (await hubScenarioOf(this)).open(name)
})

Given('{string} is online', async function (this: ConformanceWorld, name: string) {
  const scenario = await hubScenarioOf(this)
  await connect(scenario, name, [])
  await accepted(scenario, name)
})

Given('{string} is online with:', async function (this: ConformanceWorld, name: string, table: DataTable) {
  const scenario = await hubScenarioOf(this)
  await connect(scenario, name, rowsOf(table, scenario))
  await accepted(scenario, name)
})

Then('{string} is accepted', async function (this: ConformanceWorld, name: string) {
  await accepted(await hubScenarioOf(this), name)
})

Then(
  '{string} is refused with return code {int}',
  async function (this: ConformanceWorld, name: string, returnCode: number) {
    const link = (await hubScenarioOf(this)).link(name)
    const connack = await link.take('connack')
    assert.equal(connack.returnCode, returnCode)
    assert.equal(connack.sessionPresent, false)
    await link.closing()
  },
)

When(
  '{string} subscribes to {string}',
  async function (this: ConformanceWorld, name: string, filters: string) {
    const scenario = await hubScenarioOf(this)
    const link = scenario.link(name)
    const messageId = link.nextId()
    const subscriptions = filters
      .split(' ')
      .map((topic) => ({ topic: scenario.fill(topic), qos: 1 as const }))
    link.send({ cmd: 'subscribe', messageId, subscriptions })
    await link.take('suback', (packet) => packet.messageId === messageId)
  },
)

When('{string} sends {packet}', async function (this: ConformanceWorld, name: string, cmd: Packet['cmd']) {
  const scenario = await hubScenarioOf(this)
  scenario.link(name).send(packetOf(scenario, name, cmd, []))
})

When(
  '{string} sends {packet} with:',
  async function (this: ConformanceWorld, name: string, cmd: Packet['cmd'], table: DataTable) {
    const scenario = await hubScenarioOf(this)
    scenario.link(name).send(packetOf(scenario, name, cmd, rowsOf(table, scenario)))
  },
)

When('{string} sends the bytes {string}', async function (this: ConformanceWorld, name: string, hex: string) {
  const link = (await hubScenarioOf(this)).link(name)
  link.send(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
})

When('{string} publishes to {string}', async function (this: ConformanceWorld, name: string, topic: string) {
  const scenario = await hubScenarioOf(this)
  scenario.link(name).send(packetOf(scenario, name, 'publish', [['topic', scenario.fill(topic)]]))
})

/** Responds to the last method call with `status` and `payload`. */
When(
  '{string} answers the method with:',
  async function (this: ConformanceWorld, name: string, table: DataTable) {
    const scenario = await hubScenarioOf(this)
    const rows = rowsOf(table, scenario)
    const topic = `$iothub/methods/res/${rowOf(rows, 'status') ?? '200'}/?$rid=${scenario.fill('{rid}')}`
    const payload = rowOf(rows, 'payload') ?? ''
    scenario.link(name).send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false })
  },
)

When('{string} acknowledges the message', async function (this: ConformanceWorld, name: string) {
  const scenario = await hubScenarioOf(this)
  const messageId = scenario.packet?.messageId
  assert.ok(messageId !== undefined, 'The packet of the last step has no packet id')
  scenario.link(name).send({ cmd: 'puback', messageId })
  await scenario.link(name).fence()
})

When('{string} loses its connection', async function (this: ConformanceWorld, name: string) {
  ;(await hubScenarioOf(this)).link(name).drop()
})

Then('{string} receives {packet}', async function (this: ConformanceWorld, name: string, cmd: Packet['cmd']) {
  const scenario = await hubScenarioOf(this)
  scenario.packet = await scenario.link(name).take(cmd)
})

Then(
  '{string} receives {packet} with:',
  async function (this: ConformanceWorld, name: string, cmd: Packet['cmd'], table: DataTable) {
    const scenario = await hubScenarioOf(this)
    const packet: RawPacket = await scenario.link(name).take(cmd)
    scenario.packet = packet
    const view = viewOf(packet)
    const wrong = rowsOf(table, scenario).flatMap(([path, cell]) => {
      const difference = mismatch(valueAt(view, path), cell)
      return difference === undefined ? [] : [`${path} ${difference}`]
    })
    assert.deepEqual(wrong, [], `The ${cmd} is ${JSON.stringify(view)}`)
  },
)

Then(
  '{string} receives {packet} before {packet}',
  async function (this: ConformanceWorld, name: string, first: Packet['cmd'], second: Packet['cmd']) {
    const link = (await hubScenarioOf(this)).link(name)
    const packets = [await link.take(first), await link.take(second)].map((packet) =>
      link.received.indexOf(packet),
    )
    assert.ok((packets[0] ?? 0) < (packets[1] ?? 0), link.summary())
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
    const scenario = await hubScenarioOf(this)
    const link = scenario.link(name)
    for (let i = 0; i < count; i++) scenario.packet = await link.take(cmd)
    await link.fence()
    assert.deepEqual(link.left(cmd).map(viewOf), [])
  },
)

/** Does not wait for CONNACK before SUBSCRIBE. */
When(
  '{string} sends CONNECT and SUBSCRIBE to {string} at once',
  async function (this: ConformanceWorld, name: string, topic: string) {
    const scenario = await hubScenarioOf(this)
    const link = await scenario.open(name)
    const subscriptions = [{ topic: scenario.fill(topic), qos: 1 as const }]
    link.send(connectPacket(scenario, name, []), {
      cmd: 'subscribe',
      messageId: link.nextId(),
      subscriptions,
    })
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
