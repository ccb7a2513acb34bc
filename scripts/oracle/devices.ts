/** Calls of official device SDKs, and checks of what the hub received. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Identity, MockHub } from 'mock-iot-hub'
import type { ClientDriver, IdentityKind, JsonObject } from '../../step-definitions/driver/client-driver.ts'
import type { Checks } from './checks.ts'
import { SdkClient } from './sdk-client.ts'

export interface Setting {
  readonly hub: MockHub
  readonly driver: ClientDriver
  readonly checks: Checks
  /** Of the checks. */
  readonly name: string
  readonly websockets: boolean
}

let sessions = 0

/** Telemetry, twin, methods and messages of one identity, each checked on both sides. */
export async function checkIdentity(setting: Setting, kind: IdentityKind): Promise<void> {
  const { hub, driver, checks, websockets } = setting
  const deviceId = `dev-${String(++sessions)}`
  const identity: Identity = kind === 'device' ? { deviceId } : { deviceId, moduleId: 'mod' }
  hub.registry.create({ deviceId }, {})
  if (kind === 'module') hub.registry.create(identity, {})
  const client = new SdkClient(driver, `s${String(sessions)}`)
  const check = (what: string, run: () => unknown): Promise<void> =>
    checks.run(setting.name, `${kind} ${what}`, run)

  await check('connects', async () => {
    await client.ask('create', {
      kind,
      factory: 'connectionString',
      arguments: { connectionString: hub.connectionString(identity) },
      options: { serverVerificationCert: hub.caPem, websockets },
    })
    await client.ask('connect', {})
    const link = await hub.journal.until(
      (entry) => entry.type === 'connected' && entry.identity.startsWith(deviceId),
    )
    assert.equal('transport' in link && link.transport, websockets ? 'mqtt-ws' : 'mqtt')
  })
  await check('sends telemetry with properties', async () => {
    const body = JSON.stringify({ from: deviceId })
    const message = {
      body: Buffer.from(body).toString('base64'),
      messageId: 'm-1',
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      properties: [['a b', 'x&y=1/é']] as const,
    }
    await client.ask('sendTelemetry', { message })
    const arrived = hub.telemetry.messages.filter((each) => each.body.toString() === body)
    assert.equal(arrived.length, 1)
    assert.equal(arrived[0]?.properties['a b'], 'x&y=1/é')
    assert.equal(arrived[0].system.messageId, 'm-1')
  })
  await check('reads its twin', async () => {
    hub.twins.patch(identity, { desired: { level: 3 } }, undefined)
    const twin = await client.ask('getTwin', {})
    assert.deepEqual((twin as { desired: JsonObject }).desired['level'], 3)
  })
  await check('patches reported properties', async () => {
    await client.ask('patchReported', { patch: { fan: { speed: 7 } } })
    assert.deepEqual(hub.twins.get(identity).reported.properties['fan'], { speed: 7 })
  })
  await check('sees a patch of desired properties', async () => {
    await client.ask('handle', { happening: 'desired', kind: 'function' })
    await client.ask('sync', {})
    hub.twins.patch(identity, { desired: { level: 4 } }, undefined)
    await client.event('desired', ({ patch }) => (patch as JsonObject)['level'] === 4)
  })
  await check('answers a direct method', async () => {
    await client.ask('handle', {
      happening: 'method',
      kind: 'function',
      behaviour: { answer: { status: 207, payload: { ok: [1, null] } } },
    })
    const call = {
      methodName: 'measure',
      payload: '{"unit":"C"}',
      responseTimeoutInSeconds: 20,
      connectTimeoutInSeconds: 10,
    }
    const result = await hub.methods.invoke(identity, call, new AbortController().signal)
    assert.equal(result.status, 207)
    assert.deepEqual(result.payload, { ok: [1, null] })
    const { payload } = await client.event('method', () => true)
    assert.deepEqual(payload, { unit: 'C' })
  })
  if (kind === 'device') {
    await check('receives a cloud-to-device message and completes it', async () => {
      await client.ask('handle', { happening: 'message', kind: 'function' })
      await client.ask('sync', {})
      hub.c2d.send(identity, {
        body: Buffer.from('hello'),
        system: { messageId: 'c-1' },
        properties: { room: 'a&b' },
      })
      const { properties } = await client.event('message', ({ text }) => text === 'hello')
      assert.deepEqual(properties, { room: 'a&b' })
      await settled(hub, identity)
    })
  } else {
    await check('sends to an output', async () => {
      await client.ask('sendOutput', {
        output: 'out1',
        message: { body: Buffer.from('to out1').toString('base64') },
      })
      const arrived = hub.telemetry.messages.find((each) => each.body.toString() === 'to out1')
      assert.ok(arrived, 'nothing has arrived')
    })
  }
  await check('leaves', async () => {
    await client.end()
    await hub.journal.until((entry) => entry.type === 'disconnected' && entry.identity.startsWith(deviceId))
  })
}

/** The device has acknowledged everything. */
async function settled(hub: MockHub, identity: Identity): Promise<void> {
  while (hub.c2d.count(identity) > 0) await hub.journal.until(() => true, { after: hub.journal.seq })
}

/** Bad credentials: the SDK reports an error, and the hub explains it. */
export async function checkRefusals({ hub, driver, checks, name, websockets }: Setting): Promise<void> {
  const deviceId = `dev-${String(++sessions)}`
  hub.registry.create({ deviceId }, {})
  const disabled = `dev-${String(++sessions)}`
  hub.registry.create({ deviceId: disabled }, { status: 'disabled' })
  const wrong = randomBytes(32).toString('base64')
  const cases: Readonly<Record<string, string>> = {
    'a wrong key': `HostName=${hub.hostName};DeviceId=${deviceId};SharedAccessKey=${wrong}`,
    'an unknown device': `HostName=${hub.hostName};DeviceId=nobody;SharedAccessKey=${wrong}`,
    'a disabled device': hub.connectionString({ deviceId: disabled }),
  }
  for (const [what, connectionString] of Object.entries(cases)) {
    await checks.run(name, `device is refused with ${what}, and the hub explains it`, async () => {
      const client = new SdkClient(driver, `s${String(++sessions)}`)
      await client.ask('create', {
        kind: 'device',
        factory: 'connectionString',
        arguments: { connectionString },
        options: { serverVerificationCert: hub.caPem, websockets },
      })
      const before = hub.journal.seq
      const reply = await client.reply('connect', {})
      assert.equal('error' in reply && reply.error.kind, 'credential', JSON.stringify(reply))
      const refusal = hub.lastRefusals[0]
      assert.ok(refusal && refusal.seq > before, 'the hub has explained nothing')
      assert.ok(refusal.explanation.rule)
      await client.end()
    })
  }
}
