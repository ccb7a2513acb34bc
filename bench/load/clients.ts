/** The compared clients: ours, the official Node SDK, mqtt.js alone and a bare socket. Each sends and reads its twin over TLS. */
import { createRequire } from 'node:module'
import mqtt from 'mqtt'
import { IoTHubDeviceClient, Message } from 'mock-iot-hub-client'
import { MqttDevice, type Target } from './mqtt-device.ts'
import { closeAll } from './offered-load.ts'
import { telemetryTopic } from './publish-load.ts'
import { DEVICE_KEY, sasToken } from './token.ts'

export interface BenchClient {
  /** Settles with the acknowledgement. */
  send(body: Buffer): Promise<void>
  readTwin(): Promise<void>
  close(): Promise<void>
}

const DEVICE = 'bench-0'

export async function openOurs({ mqttPort, caPem }: Target): Promise<BenchClient> {
  const client = IoTHubDeviceClient.createFromConnectionString(
    `HostName=localhost;DeviceId=${DEVICE};SharedAccessKey=${DEVICE_KEY}`,
    { serverVerificationCert: caPem, extensions: { endpoint: { host: '127.0.0.1', mqttPort } } },
  )
  await client.connect()
  return {
    send: (body) => client.sendMessage(new Message(body)),
    readTwin: async () => {
      await client.getTwin()
    },
    close: () => client.shutdown(),
  }
}

/** The part of the official SDK that is used here; it is a CommonJS module. */
interface OfficialClient {
  setOptions(options: { ca: string }): Promise<void>
  open(): Promise<void>
  close(): Promise<void>
  sendEvent(message: object): Promise<void>
  getTwin(): Promise<{ get(done: (error?: Error | null) => void): void }>
}

/** The official SDK, if `npm run oracle` has installed it. */
function official():
  | {
      Client: { fromConnectionString(text: string, protocol: unknown): OfficialClient }
      Message: new (body: Buffer) => object
      Mqtt: unknown
    }
  | undefined {
  try {
    const require = createRequire(new URL('../../drivers/package.json', import.meta.url))
    const { Client, Message: OfficialMessage } = require('azure-iot-device') as {
      Client: { fromConnectionString(text: string, protocol: unknown): OfficialClient }
      Message: new (body: Buffer) => object
    }
    const { Mqtt } = require('azure-iot-device-mqtt') as { Mqtt: unknown }
    return { Client, Message: OfficialMessage, Mqtt }
  } catch {
    return undefined
  }
}

export const OFFICIAL_IS_MISSING = 'the official Node SDK is not installed (npm run oracle installs it)'

/** @returns undefined when it is not installed. */
export async function openOfficial({ mqttPort, caPem }: Target): Promise<BenchClient | undefined> {
  const sdk = official()
  if (sdk === undefined) return undefined
  const client = sdk.Client.fromConnectionString(
    `HostName=localhost:${mqttPort};DeviceId=${DEVICE};SharedAccessKey=${DEVICE_KEY}`,
    sdk.Mqtt,
  )
  await client.setOptions({ ca: caPem })
  await client.open()
  let twin: Awaited<ReturnType<OfficialClient['getTwin']>> | undefined
  return {
    send: (body) => client.sendEvent(new sdk.Message(body)),
    readTwin: async () => {
      twin ??= await client.getTwin()
      const known = twin
      await new Promise<void>((resolve, reject) => {
        known.get((error) => {
          if (!error) resolve()
          else reject(error)
        })
      })
    },
    close: () => client.close(),
  }
}

export async function openBare({ mqttPort, caPem }: Target): Promise<BenchClient> {
  const client = await mqtt.connectAsync(`mqtts://localhost:${mqttPort}`, {
    clientId: DEVICE,
    username: `localhost/${DEVICE}/?api-version=2021-04-12`,
    password: sasToken(`localhost/devices/${DEVICE}`, DEVICE_KEY),
    ca: caPem,
    clean: false,
  })
  return {
    send: async (body) => {
      await client.publishAsync(`devices/${DEVICE}/messages/events/`, body, { qos: 1 })
    },
    readTwin: () => Promise.reject(new Error('mqtt.js has no twins')),
    close: () => client.endAsync(),
  }
}

/** What the round trips alone take: a socket that sends the packets of our client, each when the answer to the last is there. */
export async function openSocket(target: Target): Promise<BenchClient> {
  const device = await MqttDevice.open(target, DEVICE)
  const { socket } = device
  let answered = (): void => undefined
  let acknowledgement = 0
  const roundTrip = (topic: string, body: Buffer): Promise<void> =>
    new Promise((resolve) => {
      answered = resolve
      socket.cork()
      if (acknowledgement !== 0) device.puback(acknowledgement)
      device.send(MqttDevice.frame(topic, body), 1, () => undefined)
      socket.uncork()
    })
  let reads = 0
  return {
    send: (body) => {
      device.onAcknowledged(() => {
        answered()
      })
      return roundTrip(telemetryTopic(DEVICE), body)
    },
    readTwin: async () => {
      if (reads++ === 0) {
        await device.subscribe('$iothub/twin/res/#', 1)
        device.onPublished(({ packetId }) => {
          acknowledgement = packetId
          answered()
        })
      }
      await roundTrip(`$iothub/twin/GET/?$rid=${String(reads)}`, Buffer.alloc(0))
    },
    close: () => closeAll([device]),
  }
}
