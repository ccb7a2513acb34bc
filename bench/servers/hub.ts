/** The hub under load, as users start it from their own code, with `devices` registered devices, and a group of devices that may register. */
import { startMockHub } from 'mock-iot-hub'
import { DEVICE_KEY } from '../load/token.ts'
import { serve } from './server.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as {
  devices?: number
  amqp?: boolean
  /** Whether it has a control listener, and so a dashboard. */
  control?: boolean
  dataDirectory?: string
  durability?: 'disk' | 'process'
}
const hub = await startMockHub({
  mqttPort: 0,
  httpsPort: 0,
  controlPort: options.control === true ? 0 : false,
  dataDirectory: options.dataDirectory,
  durability: options.durability,
  ...(options.amqp === false ? { amqpPort: false } : {}),
})
for (let i = 0; i < (options.devices ?? 1); i++) {
  hub.registry.create(
    { deviceId: `bench-${i}` },
    { authentication: { type: 'sas', symmetricKey: { primaryKey: DEVICE_KEY, secondaryKey: DEVICE_KEY } } },
  )
}
hub.provisioning?.enrollmentGroups.put('bench', {
  attestation: {
    type: 'symmetricKey',
    symmetricKey: { primaryKey: DEVICE_KEY, secondaryKey: DEVICE_KEY },
  },
})
serve({
  ...(hub.provisioning === undefined ? {} : { idScope: hub.provisioning.idScope }),
  mqttPort: hub.mqttPort,
  httpsPort: hub.httpsPort,
  caPem: hub.caPem,
  serviceConnectionString: hub.serviceConnectionString,
  ...(hub.controlUrl === undefined ? {} : { controlUrl: hub.controlUrl }),
  ...(hub.eventHubConnectionString === undefined
    ? {}
    : { eventHubConnectionString: hub.eventHubConnectionString }),
  ...(hub.amqpPort === undefined ? {} : { amqpPort: hub.amqpPort }),
})
