// A device without an SDK: mqtt.js, and what IoT Hub asks of MQTT 3.1.1.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import mqtt from 'mqtt'

const { IOTHUB_DEVICE_CONNECTION_STRING = '', IOTHUB_CA_FILE, IOTHUB_MQTT_PORT } = process.env
const parts = Object.fromEntries(
  IOTHUB_DEVICE_CONNECTION_STRING.split(';').map((part) => {
    const at = part.indexOf('=')
    return [part.slice(0, at), part.slice(at + 1)]
  }),
)
const { HostName: host, DeviceId: id, SharedAccessKey: key } = parts
const bound = `devices/${id}/messages/devicebound/`
let [led, n, rid] = ['off', 0, 0]

function token() {
  const resource = encodeURIComponent(`${host}/devices/${id}`)
  const expiry = Math.floor(Date.now() / 1000) + 3600
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${resource}\n${expiry}`)
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature.digest('base64'))}&se=${expiry}`
}

const client = mqtt.connect(`mqtts://${host}:${IOTHUB_MQTT_PORT}`, {
  clientId: id,
  clean: false,
  keepalive: 30,
  username: `${host}/${id}/?api-version=2021-04-12`,
  password: token(),
  ca: readFileSync(IOTHUB_CA_FILE),
  reconnectPeriod: 5_000,
  reconnectOnConnackError: true,
})
const send = () => {
  const topic = `devices/${id}/messages/events/$.ct=application%2Fjson&$.ce=utf-8`
  client.publish(topic, JSON.stringify({ n: ++n, led }), { qos: 1 })
}
const ask = (topic, body = '') => client.publish(`${topic}?$rid=${++rid}`, body)
const report = (properties) => ask('$iothub/twin/PATCH/properties/reported/', JSON.stringify(properties))
const parsed = (payload) => {
  try {
    return JSON.parse(payload.toString()) ?? {}
  } catch {
    return {}
  }
}
const take = ({ interval }) => {
  if (interval !== undefined && interval !== null) report({ interval: { value: interval } })
}

client.on('reconnect', () => {
  client.options.password = token()
})
client.on('error', (error) => console.log(error.message))
client.on('connect', () => {
  const filters = ['$iothub/twin/res/#', '$iothub/twin/PATCH/properties/desired/#', '$iothub/methods/POST/#']
  client.subscribe([...filters, `${bound}#`], { qos: 1 }, () => {
    ask('$iothub/twin/GET/')
    report({ firmware: '1.0' })
  })
})
client.on('message', (topic, payload) => {
  if (topic.startsWith(bound)) {
    led = parsed(payload).led ?? led
    send()
  } else if (topic.startsWith('$iothub/methods/POST/')) {
    const [, , , name] = topic.split('/')
    if (name === 'setLed') led = parsed(payload).on === true ? 'on' : 'off'
    if (name === 'sendNow') send()
    const [status, body] =
      name === 'setLed'
        ? [200, { led }]
        : name === 'sendNow'
          ? [200, null]
          : [404, { error: 'no such method' }]
    client.publish(`$iothub/methods/res/${status}/?$rid=${topic.split('$rid=')[1]}`, JSON.stringify(body))
  } else if (topic.startsWith('$iothub/twin/PATCH/properties/desired/')) take(parsed(payload))
  else if (topic.startsWith('$iothub/twin/res/200/')) take(parsed(payload).desired ?? {})
})
setInterval(send, 5_000)
