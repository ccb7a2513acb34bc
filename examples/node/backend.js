// A back end: reads events, sets desired properties, calls a method, sends a message to the device.
import { earliestEventPosition, EventHubConsumerClient } from '@azure/event-hubs'
import iothub from 'azure-iothub'

const { IOTHUB_CONNECTION_STRING, EVENTHUB_CONNECTION_STRING } = process.env
const deviceId = /DeviceId=([^;]*)/.exec(process.env.IOTHUB_DEVICE_CONNECTION_STRING)[1]

// Events of the Event Hubs-compatible endpoint, from the first one on.
const reader = new EventHubConsumerClient('$Default', EVENTHUB_CONNECTION_STRING)
await new Promise((resolve, reject) => {
  reader.subscribe(
    {
      processEvents: async (events) => {
        for (const { body, systemProperties } of events) {
          console.log('event of', systemProperties['iothub-connection-device-id'], JSON.stringify(body))
          if (body.temperature !== undefined) resolve()
        }
      },
      processError: async (error) => reject(error),
    },
    { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 },
  )
})
await reader.close()

const registry = iothub.Registry.fromConnectionString(IOTHUB_CONNECTION_STRING)
await registry.updateTwin(deviceId, { properties: { desired: { interval: 5 } } }, '*')

const service = iothub.Client.fromConnectionString(IOTHUB_CONNECTION_STRING)
await service.open()
const { result } = await service.invokeDeviceMethod(deviceId, {
  methodName: 'reboot',
  payload: { delay: 1 },
  connectTimeoutInSeconds: 30,
})
console.log('method answered', result.status, JSON.stringify(result.payload))
await service.send(deviceId, 'hello from the cloud')
await service.close()
console.log('back end: done')
