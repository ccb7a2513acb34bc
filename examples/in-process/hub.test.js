import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startMockHub } from 'mock-iot-hub'
import { IoTHubDeviceClient } from 'mock-iot-hub-client' // or any SDK

const thermostat = { deviceId: 'thermostat' }
let hub
before(async () => {
  hub = await startMockHub({ seed: { devices: [thermostat] } })
})
after(() => hub.stop())

test('telemetry survives a connection that breaks, and a token that expires', async (t) => {
  const device = IoTHubDeviceClient.createFromConnectionString(hub.connectionString(thermostat), {
    serverVerificationCert: hub.caPem,
    extensions: { endpoint: { mqttPort: hub.mqttPort }, clock: hub.clock },
  })
  t.after(() => device.shutdown())

  hub.faults.arm({ name: 'mqtt.puback.close' }) // closes the connection instead of acknowledging the next message
  await device.sendMessage('hello') // the client connects again and sends it again
  hub.faults.assertAllFired()
  assert.ok(hub.telemetry.messages.length >= 1) // QoS 1: at least once

  hub.clock.advance('2h') // an instant later: the client, on the same clock, has renewed its token
  await device.sendMessage('two hours later')
  assert.equal(hub.telemetry.messages.at(-1).body.toString(), 'two hours later')
})
