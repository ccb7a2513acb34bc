/** The independent Rust SDK against this hub: the program in `drivers/rust` prints what its device sees. */

import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { MockHub } from 'mock-iot-hub'
import type { Checks } from './checks.ts'

const CLIENT = 'azure_iot_sdk 0.8.0 (Rust)'
const DEVICE = { deviceId: 'ferris' }

/** What the device has seen, for example `{ saw: 'message', text: 'hello' }`. */
interface Seen {
  readonly saw: string
  readonly text?: string
}

/** @param built the program, or why there is none. */
export async function checkRust(
  hub: MockHub,
  checks: Checks,
  built: { readonly program: string } | { readonly missing: string },
): Promise<void> {
  if ('missing' in built) {
    checks.add(CLIENT, 'everything', 'skipped', built.missing)
    return
  }
  const check = (what: string, run: () => Promise<void>): Promise<void> => checks.run(CLIENT, what, run)
  const key = hub.registry.create(DEVICE, {}).authentication.symmetricKey.primaryKey ?? ''
  const device = new Device(hub, built.program, key)
  await check('connects', async () => {
    await device.sees('connection')
    const link = await hub.journal.until(
      (entry) => entry.type === 'connected' && entry.identity === DEVICE.deviceId,
    )
    assert.equal('transport' in link && link.transport, 'mqtt')
  })
  await check('sends telemetry with properties', async () => {
    const mine = ({ deviceId }: { readonly deviceId?: string }): boolean => deviceId === DEVICE.deviceId
    await hub.journal.until(
      (entry) =>
        entry.type === 'operation' && entry.operation === 'telemetry' && entry.identity === DEVICE.deviceId,
    )
    const message = hub.telemetry.messages.find(mine)
    assert.deepEqual(
      [message?.body.toString(), message?.properties, message?.system.messageId],
      ['warm', { color: 'red' }, 'm-1'],
    )
  })
  await check('reports a property', async () => {
    await hub.journal.until(
      (entry) =>
        entry.type === 'operation' && entry.operation === 'twinPatch' && entry.identity === DEVICE.deviceId,
    )
    assert.deepEqual(hub.twins.get(DEVICE).reported.properties, { t: 21.5 })
  })
  await check('receives a cloud-to-device message', async () => {
    hub.c2d.send(DEVICE, { body: Buffer.from('hello'), system: {}, properties: {} })
    assert.equal((await device.sees('message')).text, 'hello')
  })
  await check('is told of desired properties', async () => {
    hub.twins.patch(DEVICE, { desired: { limit: 40 } }, undefined)
    assert.deepEqual(JSON.parse((await device.sees('desired')).text ?? ''), { limit: 40, $version: 2 })
  })
  await check('answers a direct method', async () => {
    const { status, body } = await hub.methods.invoke(DEVICE, { methodName: 'dim', payload: '{"to":3}' })
    assert.deepEqual([status, String(body)], [207, '{"ok":true}'])
    assert.equal((await device.sees('dim')).text, '{"to":3}')
  })
  device.stop()
  await check('is refused with a wrong key, and the hub explains it', async () => {
    const stranger = new Device(hub, built.program, 'd3Jvbmc=')
    await stranger.sees('refusal')
    assert.equal(hub.lastRefusals[0]?.error, 'IotHubUnauthorizedAccess')
    stranger.stop()
  })
}

/** The program while it runs. */
class Device {
  readonly #child: ChildProcess
  readonly #seen: Seen[] = []
  readonly #lines

  constructor(hub: MockHub, program: string, key: string) {
    this.#child = spawn(program, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...hub.environment, DEVICE_ID: DEVICE.deviceId, DEVICE_KEY: key },
    })
    if (this.#child.stdout === null) throw new Error('the program has no output')
    this.#lines = createInterface(this.#child.stdout)
    this.#lines.on('line', (line) => this.#seen.push(JSON.parse(line) as Seen)) // our own program's
  }

  async sees(what: string): Promise<Seen> {
    for (;;) {
      const found = this.#seen.find(({ saw }) => saw === what)
      if (found !== undefined) return found
      await once(this.#lines, 'line')
    }
  }

  stop(): void {
    this.#child.kill()
  }
}
