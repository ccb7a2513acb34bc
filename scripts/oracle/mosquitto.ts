/** The command-line clients of Mosquitto against this hub, with tokens made by hand. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import type { MockHub } from 'mock-iot-hub'
import type { Checks } from './checks.ts'

const CLIENT = 'mosquitto_pub, mosquitto_sub, mosquitto_rr'
const SECONDS = 3_600

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Checks each that a command can do alone. Skipped where the commands are not installed. */
export async function checkMosquitto(hub: MockHub, checks: Checks): Promise<void> {
  const missing = (await Promise.all(['pub', 'sub', 'rr'].map(isInstalled))).includes(false)
  if (missing) {
    checks.add(CLIENT, 'everything', 'skipped', 'the package mosquitto-clients is not installed')
    return
  }
  const device = { deviceId: 'mosquitto' }
  const { authentication } = hub.registry.create(device, {})
  const key = authentication.symmetricKey.primaryKey ?? ''
  const run = (command: string, given: readonly string[], password = token(hub, key)): Promise<Ended> =>
    commandOf(hub, command, given, password)
  const check = (what: string, made: () => Promise<void>): Promise<void> => checks.run(CLIENT, what, made)
  const subscribed = (after: number): Promise<unknown> =>
    hub.journal.until((entry) => entry.type === 'packet' && entry.cmd === 'suback', { after })

  await check('pub sends telemetry with properties', async () => {
    const topic = 'devices/mosquitto/messages/events/color=red&%24.mid=m-1'
    const { code, err } = await run('pub', ['-q', '1', '-t', topic, '-m', 'warm'])
    assert.deepEqual([code, err], [0, ''])
    const message = hub.telemetry.messages.find(({ deviceId }) => deviceId === 'mosquitto')
    assert.deepEqual(
      [message?.body.toString(), message?.properties, message?.system.messageId],
      ['warm', { color: 'red' }, 'm-1'],
    )
  })
  await check('sub receives a cloud-to-device message', async () => {
    const given = [
      '-q',
      '1',
      '-C',
      '1',
      '-W',
      '20',
      '-F',
      '%t %p',
      '-t',
      'devices/mosquitto/messages/devicebound/#',
    ]
    const waits = subscribed(hub.journal.seq)
    const received = run('sub', given)
    await waits
    hub.c2d.send(device, {
      body: Buffer.from('hello'),
      system: { messageId: 'c-1' },
      properties: { mode: 'eco' },
    })
    const { code, out } = await received
    assert.equal(code, 0)
    assert.match(out, /^devices\/mosquitto\/messages\/devicebound\/\S*%24\.mid=c-1\S*&mode=eco\S* hello\n$/)
  })
  await check('rr reads the twin', async () => {
    const answer = '$iothub/twin/res/200/?$rid=1'
    const { code, out, err } = await run('rr', ['-t', '$iothub/twin/GET/?$rid=1', '-e', answer, '-n'])
    assert.deepEqual([code, err], [0, ''])
    assert.deepEqual(JSON.parse(out), { desired: { $version: 1 }, reported: { $version: 1 } })
  })
  await check('rr reports a property', async () => {
    const [patch, answer] = [
      '$iothub/twin/PATCH/properties/reported/?$rid=2',
      '$iothub/twin/res/204/?$rid=2&$version=2',
    ]
    const { code, out, err } = await run('rr', ['-t', patch, '-e', answer, '-m', '{"t":21.5}', '-F', '%t'])
    assert.deepEqual([code, err, out.trim()], [0, '', answer])
    assert.deepEqual(hub.twins.get(device).reported.properties, { t: 21.5 })
  })
  await check('sub is told of desired properties', async () => {
    const waits = subscribed(hub.journal.seq)
    const told = run('sub', ['-C', '1', '-W', '20', '-t', '$iothub/twin/PATCH/properties/desired/#'])
    await waits
    hub.twins.patch(device, { desired: { limit: 40 } }, undefined)
    assert.deepEqual(JSON.parse((await told).out), { limit: 40, $version: 2 })
  })
  await check('pub is refused with a wrong key, and the hub explains it', async () => {
    const { code, err } = await run('pub', ['-t', 'x', '-m', 'x'], token(hub, 'd3Jvbmc='))
    assert.equal(code, 5)
    assert.match(err, /not authorised/i)
    assert.equal(hub.lastRefusals[0]?.error, 'IotHubUnauthorizedAccess')
  })
}

async function isInstalled(name: string): Promise<boolean> {
  const child = spawn(`mosquitto_${name}`, ['--help'], { stdio: 'ignore' })
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve(false)
    })
    child.once('close', () => {
      resolve(true)
    })
  })
}

async function commandOf(
  hub: MockHub,
  command: string,
  given: readonly string[],
  password: string,
): Promise<Ended> {
  const { hostName, caPath = '' } = hub
  const link = ['-h', hostName, '-p', '8883', '--cafile', caPath, '-V', 'mqttv311', '-i', 'mosquitto']
  const user = ['-u', `${hostName}/mosquitto/?api-version=2021-04-12`, '-P', password]
  const child = spawn(`mosquitto_${command}`, [...link, ...user, ...given], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** A shared access signature: HMAC-SHA256 over the quoted resource and the expiry. */
function token({ hostName }: MockHub, key: string): string {
  const resource = encodeURIComponent(`${hostName}/devices/mosquitto`)
  const expiry = String(Math.floor(Date.now() / 1_000) + SECONDS)
  const signature = createHmac('sha256', Buffer.from(key, 'base64'))
    .update(`${resource}\n${expiry}`)
    .digest('base64')
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}`
}
