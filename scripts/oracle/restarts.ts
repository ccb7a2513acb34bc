/**
 * Official device SDKs whose hub is killed with SIGKILL under load and started again over its directory: they connect again
 * by themselves and go on, and nothing that was acknowledged is lost.
 */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClientDriver, JsonObject } from '../../step-definitions/driver/client-driver.ts'
import { call, partsOf } from '../crash/clients.ts'
import { kill, startHub, type HubCommand, type RunningHub } from '../crash/hub-process.ts'
import type { Checks } from './checks.ts'
import { SdkClient } from './sdk-client.ts'

export interface RestartSetting {
  /** Its process dials this hub alone: it is led to its ports. */
  readonly driver: ClientDriver
  readonly checks: Checks
  readonly name: string
}

const KILLS = 3
/** Messages that are under way when the hub is killed. */
const UNDER_WAY = 20
/** Messages that are acknowledged before the others are sent. */
const BEFORE = 5
const DEVICE = 'survivor'

/** Each kill is a check of its own. */
export async function checkRestarts({ driver, checks, name }: RestartSetting): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-restarts-'))
  const command: HubCommand = {
    ...{ command: [process.execPath, 'scripts/hub.js'], directory: join(folder, 'data') },
    durability: 'process',
  }
  let hub = await startHub(command)
  const ports = { mqttPort: hub.mqttPort, httpsPort: hub.httpsPort, amqpPort: hub.amqpPort }
  const client = new SdkClient(driver, 'survivor')
  /** Bodies of messages that the SDK says have arrived. */
  const acknowledged: string[] = []
  const send = async (body: string): Promise<boolean> => {
    const message = { body: Buffer.from(body).toString('base64') }
    const reply = await client.reply('sendTelemetry', { message })
    if ('ok' in reply) acknowledged.push(body)
    return 'ok' in reply
  }
  try {
    await checks.run(name, 'connects to a hub that keeps its state', async () => {
      await client.ask('create', {
        kind: 'device',
        factory: 'connectionString',
        arguments: { connectionString: await newDevice(hub) },
        options: { serverVerificationCert: hub.ca },
        endpoint: { host: hub.address, mqttPort: hub.mqttPort, httpsPort: hub.httpsPort },
      })
      await client.ask('connect', {})
      await client.ask('handle', { happening: 'desired', kind: 'function' })
      await client.ask('handle', { happening: 'message', kind: 'function' })
      await client.ask('sync', {})
    })
    for (let time = 1; time <= KILLS; time++)
      await checks.run(
        name,
        `goes on when the hub is killed for the ${ORDINALS[time - 1] ?? ''} time`,
        async () => {
          for (let number = 1; number <= BEFORE; number++)
            assert.ok(await send(`${String(time)} before ${String(number)}`))
          let [arrived, told] = [0, 0]
          for (let number = 1; number <= UNDER_WAY; number++)
            send(`${String(time)} under way ${String(number)}`).then(
              (isAcknowledged) => {
                told++
                if (isAcknowledged) arrived++
              },
              // The driver ends before its SDK tells.
              () => undefined,
            )
          await kill(hub)
          hub = await startHub({ ...command, ports })
          const before = performance.now()
          while (!(await send(`${String(time)} after`)));
          const seconds = (performance.now() - before) / 1000
          await goesOn(hub, client, time)
          // An SDK may forget to tell what became of a message: that is its own affair.
          return `back after ${seconds.toFixed(1)} s; of ${String(UNDER_WAY)} messages under way ${String(arrived)} arrived, ${String(UNDER_WAY - told)} were never heard of`
        },
      )
    await checks.run(name, 'nothing that was acknowledged is lost', async () => {
      const events = (await control(hub, '/telemetry?after=0')) as readonly { readonly body: string }[]
      const stored = new Set(events.map(({ body }) => body))
      assert.deepEqual(
        acknowledged.filter((body) => !stored.has(body)),
        [],
      )
      assert.ok(acknowledged.length >= KILLS * (BEFORE + 1))
      return `${String(acknowledged.length)} acknowledged`
    })
    await client.end()
  } finally {
    await kill(hub)
    rmSync(folder, { recursive: true, force: true })
  }
}

const ORDINALS = ['first', 'second', 'third']

/** @returns the connection string of a new device. */
async function newDevice(hub: RunningHub): Promise<string> {
  const { body } = await call(hub, 'PUT', `/devices/${DEVICE}`, { deviceId: DEVICE })
  const { authentication } = JSON.parse(body) as {
    readonly authentication: { readonly symmetricKey: { readonly primaryKey: string } }
  }
  const host = partsOf(hub.serviceConnectionString).get('HostName') ?? ''
  return `HostName=${host};DeviceId=${DEVICE};SharedAccessKey=${authentication.symmetricKey.primaryKey}`
}

/** Reported and desired properties, and a message to the device. */
async function goesOn(hub: RunningHub, client: SdkClient, time: number): Promise<void> {
  await client.ask('patchReported', { patch: { time } })
  const { body } = await call(hub, 'GET', `/twins/${DEVICE}`)
  const { reported } = (JSON.parse(body) as { readonly properties: { readonly reported: JsonObject } })
    .properties
  assert.equal(reported['time'], time)
  await call(hub, 'PATCH', `/twins/${DEVICE}`, { properties: { desired: { time } } }, { 'if-match': '*' })
  await client.event('desired', ({ patch }) => (patch as JsonObject)['time'] === time)
  await control(hub, `/devices/${DEVICE}/messages`, { body: `message ${String(time)}` })
  await client.event('message', ({ text }) => text === `message ${String(time)}`)
}

/** Asks the control API. @throws Error for an answer that is no success. */
async function control(hub: RunningHub, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(new URL(path, hub.controlUrl), {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${String(answer.status)} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}
