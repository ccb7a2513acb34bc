// Tests that start a hub of their own, on ports of its own. The SDK dials 8883, so each hub has a loopback address.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import device from 'azure-iot-device'
import { Mqtt } from 'azure-iot-device-mqtt'
import { startMockHub } from 'mock-iot-hub'

let hub
before(async () => {
  hub = await startMockHub({
    address: process.env.EXAMPLE_ADDRESS ?? '127.0.0.2',
    mqttPort: 8883, // the port that SDKs dial
    amqpPort: false,
    controlPort: false,
    seed: { devices: [{ deviceId: 'thermostat' }] },
  })
})
after(() => hub.stop())
beforeEach(() => hub.reset())

/** In process there is no NODE_EXTRA_CA_CERTS: the client gets the CA. */
async function clientOf(make) {
  const client = make(Mqtt)
  await client.setOptions({ ca: hub.caPem })
  return client
}
const fromKey = () =>
  clientOf((transport) =>
    device.Client.fromConnectionString(hub.connectionString({ deviceId: 'thermostat' }), transport),
  )

test('telemetry survives a connection that breaks instead of an acknowledgement', async () => {
  const client = await fromKey()
  await client.open()
  hub.faults.arm({ name: 'mqtt.puback.close' })
  await client.sendEvent(new device.Message('hello'))
  hub.faults.assertAllFired()
  const bodies = hub.telemetry.messages.map(({ body }) => body.toString())
  assert.ok(bodies.length >= 1 && bodies.every((body) => body === 'hello')) // at least once
  await client.close()
})

/** A token as the application makes it, by the device's key. */
function token(ttlSeconds) {
  const { primaryKey } = hub.registry.get({ deviceId: 'thermostat' }).authentication.symmetricKey
  const resource = encodeURIComponent(`${hub.hostName}/devices/thermostat`)
  const expiry = Math.floor(hub.clock.now() / 1000) + ttlSeconds
  const signature = createHmac('sha256', Buffer.from(primaryKey, 'base64'))
    .update(`${resource}\n${expiry}`)
    .digest('base64')
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}`
}

test('an application that brings its own tokens comes back with a new one', async () => {
  const client = await clientOf((transport) =>
    device.Client.fromSharedAccessSignature(token(3600), transport),
  )
  await client.open()
  const lost = hub.journal.until(({ type }) => type === 'disconnected')
  hub.expireToken({ deviceId: 'thermostat' }) // no clock moves: the SDK's own timers stay as they are
  await lost
  await client.updateSharedAccessSignature(token(7200))
  await client.sendEvent(new device.Message('back again'))
  assert.equal(hub.telemetry.messages.at(-1).body.toString(), 'back again')
  await client.close()
})

test('a device that comes back hours later with its old token is refused', async () => {
  const old = token(3600)
  hub.clock.advance('2h') // the hub's clock, not the SDK's
  const client = await clientOf((transport) => device.Client.fromSharedAccessSignature(old, transport))
  await assert.rejects(client.open(), { name: 'UnauthorizedError' })
  assert.match(hub.lastRefusals[0].explanation.received, /clock is 2h ahead of the system clock/)
})
