/**
 * Calls of official Node SDKs over AMQP, and AMQP over WebSocket, to the hub named by IOTHUB_CONNECTION_STRING: the
 * device SDK (azure-iot-device-amqp), the service SDK (azure-iothub) and the Event Hubs reader (@azure/event-hubs). What one
 * sends another receives. Uses MOCK_IOT_HUB_CONTROL_URL to advance the hub's clock, so that feedback needs no waiting.
 */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import * as eventHubs from '@azure/event-hubs'
import device from 'azure-iot-device'
import transports from 'azure-iot-device-amqp'
import iothub from 'azure-iothub'
import serviceOverWebSocket from 'azure-iothub/dist/amqp_ws.js'
import { WebSocket } from 'ws'
import { row } from './rows.js'

const {
  IOTHUB_CONNECTION_STRING: hub,
  EVENTHUB_CONNECTION_STRING: eventHub,
  MOCK_IOT_HUB_CONTROL_URL: control,
} = process.env
const hostName = iothub.ConnectionString.parse(hub).HostName
const registry = iothub.Registry.fromConnectionString(hub)
const wind = (by) =>
  fetch(`${control}/clock/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ by }),
  })

/** Connection string of a new device, or of a new module on it. */
async function register(deviceId, moduleId) {
  if (moduleId === undefined) await registry.create({ deviceId })
  else await registry.addModule({ deviceId, moduleId })
  const made = await (moduleId === undefined
    ? registry.get(deviceId)
    : registry.getModule(deviceId, moduleId))
  const key = made.responseBody.authentication.symmetricKey.primaryKey
  const module = moduleId === undefined ? '' : `;ModuleId=${moduleId}`
  return `HostName=${hostName};DeviceId=${deviceId}${module};SharedAccessKey=${key}`
}

/**
 * Reads until `enough`. @param position where to begin.
 * @param then runs when the reader is attached, for events that are sent later.
 */
async function read({ position, group = '$Default', enough, options, then }) {
  const reader = new eventHubs.EventHubConsumerClient(group, eventHub, options)
  const events = []
  let ready
  const attached = new Promise((resolve) => (ready = resolve))
  try {
    const partitions = await reader.getPartitionIds()
    let waiting = partitions.length
    await new Promise((resolve, reject) => {
      reader.subscribe(
        {
          // If there is nothing to read, the reader reports an empty list.
          processEvents: async (batch) => {
            events.push(...batch)
            if (--waiting === 0) ready()
            if (enough(events)) resolve()
          },
          processError: async (error) => reject(error),
        },
        { startPosition: position, maxWaitTimeInSeconds: 1, maxBatchSize: 100 },
      )
      if (then !== undefined) void attached.then(then).catch(reject)
    })
    return events
  } finally {
    await reader.close()
  }
}
const saying = (text) => (events) => events.some(({ body }) => body?.say === text)
const find = (events, text) => events.find(({ body }) => body?.say === text)

async function telemetryOf(client, text) {
  const message = new device.Message(JSON.stringify({ say: text }))
  message.contentType = 'application/json'
  message.contentEncoding = 'utf-8'
  message.messageId = text
  message.properties.add('colour', 'blåbær & cream')
  if (client instanceof device.ModuleClient) await client.sendOutputEvent('out', message)
  else await client.sendEvent(message)
}

const TRANSPORTS = [
  { name: 'AMQP', onDevice: transports.Amqp, onService: undefined, options: {} },
  {
    name: 'AMQP over WebSocket',
    onDevice: transports.AmqpWs,
    onService: serviceOverWebSocket.AmqpWs,
    options: { webSocketOptions: { webSocket: WebSocket } },
  },
]

for (const [index, { name, onDevice, onService, options }] of TRANSPORTS.entries()) {
  const deviceId = `amqp-${index}`
  const client = device.Client.fromConnectionString(await register(deviceId), onDevice)
  const service = iothub.Client.fromConnectionString(hub, onService)
  const D = (call, run) => row(`azure-iot-device, ${name}`, call, run)
  const S = (call, run) => row(`azure-iothub, ${name}`, call, run)
  const E = (call, run) => row(`@azure/event-hubs, ${name}`, call, run)

  // -------------------------------------------------------------- the device, its telemetry, its readers
  await D('open', () => client.open())
  await D('sendEvent', () => telemetryOf(client, `one-${index}`))
  await E('getEventHubProperties, getPartitionProperties', async () => {
    const reader = new eventHubs.EventHubConsumerClient('$Default', eventHub, options)
    const { partitionIds } = await reader.getEventHubProperties()
    const last = await Promise.all(partitionIds.map((id) => reader.getPartitionProperties(id)))
    await reader.close()
    assert.ok(last.some(({ lastEnqueuedSequenceNumber }) => lastEnqueuedSequenceNumber >= 0))
  })
  let first
  await E('read from earliest: body, properties, annotations', async () => {
    const position = eventHubs.earliestEventPosition
    first = find(await read({ position, enough: saying(`one-${index}`), options }), `one-${index}`)
    assert.equal(first.properties.colour, 'blåbær & cream')
    assert.equal(first.messageId, `one-${index}`)
    assert.equal(first.contentType, 'application/json')
    assert.equal(first.systemProperties['iothub-connection-device-id'], deviceId)
    assert.equal(first.systemProperties['iothub-message-source'], 'Telemetry')
  })
  await E('read from earliest in another consumer group', () =>
    read({
      position: eventHubs.earliestEventPosition,
      group: 'audit',
      enough: saying(`one-${index}`),
      options,
    }),
  )
  await E('read from an offset', () =>
    read({ position: { offset: first.offset, isInclusive: true }, enough: saying(`one-${index}`), options }),
  )
  await E('read from a sequence number', async () => {
    const { sequenceNumber } = first
    await read({ position: { sequenceNumber, isInclusive: true }, enough: saying(`one-${index}`), options })
  })
  await E('read from a time', () =>
    read({
      position: { enqueuedOn: first.enqueuedTimeUtc.getTime() - 1 },
      enough: saying(`one-${index}`),
      options,
    }),
  )
  await E('read from latest: what was there before does not come', async () => {
    const events = await read({
      position: eventHubs.latestEventPosition,
      enough: saying(`late-${index}`),
      options,
      then: () => telemetryOf(client, `late-${index}`),
    })
    assert.equal(events.length, 1)
  })

  // -------------------------------------------------------------- cloud to device, feedback, uploads
  await S('open', () => service.open())
  await S('send, which the device receives and completes', async () => {
    // A listener must remain, or the SDK detaches the link.
    const received = new Promise((resolve) => client.on('message', resolve))
    // The response to this later twin request shows that the link for messages is attached.
    await client.getTwin()
    const message = new device.Message('hello')
    Object.assign(message, { messageId: `c2d-${index}`, ack: 'full' })
    message.properties.add('colour', 'green')
    await service.send(deviceId, message)
    const got = await received
    assert.equal(got.data.toString(), 'hello')
    assert.equal(got.messageId, `c2d-${index}`)
    await client.complete(got)
  })
  await S('getFeedbackReceiver', async () => {
    const receiver = await promisify(service.getFeedbackReceiver.bind(service))()
    const got = once(receiver, 'message')
    await wind('1m')
    const [record] = await got
    assert.equal(
      JSON.parse(record.getData?.() ?? record.data.toString())[0].originalMessageId,
      `c2d-${index}`,
    )
    await promisify(receiver.complete.bind(receiver))(record)
  })
  await S('getFileNotificationReceiver', async () => {
    const receiver = await promisify(service.getFileNotificationReceiver.bind(service))()
    const got = once(receiver, 'message')
    await client.uploadToBlob('notes.txt', Readable.from([Buffer.from('notes')]), 5)
    const [notice] = await got
    assert.equal(JSON.parse(notice.data.toString()).deviceId, deviceId)
    await promisify(receiver.complete.bind(receiver))(notice)
  })
  await S('send to a device that is not there: DeviceNotFoundError', () =>
    assert.rejects(service.send('nobody', 'x'), { name: 'DeviceNotFoundError' }),
  )

  // -------------------------------------------------------------- twins and methods
  await D('getTwin, a reported and a desired patch', async () => {
    const twin = await client.getTwin()
    const changed = new Promise((resolve) => twin.on('properties.desired.fan', resolve))
    await promisify(twin.properties.reported.update.bind(twin.properties.reported))({ fan: 1 })
    await registry.updateTwin(deviceId, { properties: { desired: { fan: 2 } } }, '*')
    assert.equal(await changed, 2)
    const { responseBody } = await registry.getTwin(deviceId)
    assert.equal(responseBody.properties.reported.fan, 1)
  })
  await D('onDeviceMethod', async () => {
    client.onDeviceMethod('measure', (request, response) =>
      response.send(201, request.payload, () => undefined),
    )
    const call = { methodName: 'measure', payload: { unit: 'C' }, connectTimeoutInSeconds: 20 }
    const { result } = await service.invokeDeviceMethod(deviceId, call)
    assert.deepEqual(result, { status: 201, payload: { unit: 'C' } })
  })

  // -------------------------------------------------------------- a module
  const M = (call, run) => row(`azure-iot-device, module, ${name}`, call, run)
  const module = device.ModuleClient.fromConnectionString(await register(deviceId, 'm1'), onDevice)
  await M('open', () => module.open())
  await M('sendOutputEvent', async () => {
    await telemetryOf(module, `module-${index}`)
    const position = eventHubs.earliestEventPosition
    const event = find(
      await read({ position, enough: saying(`module-${index}`), options }),
      `module-${index}`,
    )
    assert.equal(event.systemProperties['iothub-connection-module-id'], 'm1')
  })
  await M('close', () => module.close())
  await D('close', () => client.close())
  await S('close', () => service.close())
}

process.exit(0)
