/** The good device as a program. It is given what a device is given: a connection string, a CA, and where the name leads. */

import { readFileSync } from 'node:fs'
import { HubClock } from 'mock-iot-hub'
import { Device } from './device.ts'
import { anyNumber } from './values.ts'

const {
  IOTHUB_DEVICE_CONNECTION_STRING = '',
  IOTHUB_CA_FILE = '',
  IOTHUB_ADDRESS = '127.0.0.1',
} = process.env
const { IOTHUB_MQTT_PORT = '8883', IOTHUB_HTTPS_PORT = '443', TELEMETRY_SECONDS = '5' } = process.env
const fields = new Map(
  IOTHUB_DEVICE_CONNECTION_STRING.split(';').map((part) => {
    const equals = part.indexOf('=')
    return [part.slice(0, equals), part.slice(equals + 1)] as const
  }),
)
const device = new Device({
  clock: new HubClock(),
  ...{ host: fields.get('HostName') ?? '', deviceId: fields.get('DeviceId') ?? '' },
  keys: [fields.get('SharedAccessKey') ?? ''],
  caPem: readFileSync(IOTHUB_CA_FILE, 'utf8'),
  ...{ port: Number(IOTHUB_MQTT_PORT), httpsPort: Number(IOTHUB_HTTPS_PORT) },
  resolve: () => IOTHUB_ADDRESS,
  random: anyNumber,
  telemetrySeconds: Number(TELEMETRY_SECONDS),
})
device.start()
// Timers of its clock keep no process alive: this server does, as a device that is switched on.
const { createServer } = await import('node:net')
createServer().listen(0, '127.0.0.1')
