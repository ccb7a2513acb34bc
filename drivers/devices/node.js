// A device with the official SDK: telemetry in a loop, messages, methods, and its twin.
import { readFileSync } from 'node:fs'
import device from 'azure-iot-device'
import { Mqtt } from 'azure-iot-device-mqtt'

const client = device.Client.fromConnectionString(process.env.IOTHUB_DEVICE_CONNECTION_STRING, Mqtt)
await client.setOptions({ ca: readFileSync(process.env.IOTHUB_CA_FILE, 'utf8') })
let led = 'off'
let n = 0

function send() {
  const message = new device.Message(JSON.stringify({ n: ++n, led }))
  message.contentType = 'application/json'
  message.contentEncoding = 'utf-8'
  client.sendEvent(message).catch(complain)
}

function complain(error) {
  console.log(error.name, error.message)
}

function answer(response, status, payload) {
  response.send(status, payload, (error) => {
    if (error) complain(error)
  })
}

client.on('error', complain)
client.on('message', (message) => {
  try {
    led = JSON.parse(message.data.toString()).led ?? led
  } catch {
    // Not for this device.
  }
  client.complete(message).catch(complain)
  send()
})
client.onDeviceMethod('setLed', ({ payload }, response) => {
  led = payload?.on === true ? 'on' : 'off'
  answer(response, 200, { led })
})
client.onDeviceMethod('sendNow', (_request, response) => {
  send()
  answer(response, 200, null)
})
await client.open()
const twin = await client.getTwin()
const report = (properties) => {
  twin.properties.reported.update(properties, (error) => {
    if (error) complain(error)
  })
}
report({ firmware: '1.0' })
twin.on('properties.desired', ({ interval }) => {
  if (interval !== undefined && interval !== null) report({ interval: { value: interval } })
})
setInterval(send, 5_000)
