// A device: telemetry, its twin, a direct method, a message from the cloud, a file upload.
import { once } from 'node:events'
import { BlockBlobClient } from '@azure/storage-blob'
import device from 'azure-iot-device'
import { Mqtt } from 'azure-iot-device-mqtt'

const client = device.Client.fromConnectionString(process.env.IOTHUB_DEVICE_CONNECTION_STRING, Mqtt)

// What the cloud asks for. Handlers come before open(), so that nothing is missed.
const rebooted = new Promise((resolve) => {
  client.onDeviceMethod('reboot', (request, response) => {
    console.log('method reboot', JSON.stringify(request.payload))
    response.send(200, { rebooting: true }, resolve)
  })
})
const told = once(client, 'message').then(async ([message]) => {
  console.log('message from the cloud:', message.data.toString())
  await client.complete(message)
})
await client.open()

// Telemetry.
const message = new device.Message(JSON.stringify({ temperature: 21.5 }))
message.contentType = 'application/json'
message.contentEncoding = 'utf-8'
message.properties.add('alert', 'false')
await client.sendEvent(message)
console.log('telemetry sent')

// The twin: what the cloud desires, what the device reports.
const twin = await client.getTwin()
const configured = new Promise((resolve) => {
  twin.on('properties.desired', ({ interval }) => {
    if (interval === undefined) return
    console.log('desired interval', interval)
    twin.properties.reported.update({ interval }, resolve)
  })
})

// A file: the hub names the blob, the storage takes it, the hub is told.
const upload = await client.getBlobSharedAccessSignature('log.txt')
const { hostName, containerName, blobName, sasToken, correlationId } = upload
const blob = new BlockBlobClient(`https://${hostName}/${containerName}/${blobName}${sasToken}`)
await blob.uploadData(Buffer.from('a line of the log\n'))
await client.notifyBlobUploadStatus(correlationId, true, 200, 'done')
console.log('file uploaded')

await Promise.all([rebooted, told, configured])
await client.close()
console.log('device: done')
