import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { IoTHubDeviceClient, MethodResponse, type MethodRequest, type ReceivedMessage } from '../index.ts'
import { TestHub } from '../testing/test-hub.ts'

const KEY = Buffer.from('a key of the tests').toString('base64')
const CONNECTION_STRING = `HostName=localhost;DeviceId=d1;SharedAccessKey=${KEY}`

let hub: TestHub
let client: IoTHubDeviceClient

beforeEach(async () => {
  hub = await TestHub.start()
  client = IoTHubDeviceClient.createFromConnectionString(CONNECTION_STRING, {
    serverVerificationCert: hub.ca,
    extensions: { endpoint: { host: '127.0.0.1', mqttPort: hub.port } },
  })
})

afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await hub.stop()
})

describe('a device client end to end', () => {
  it('connects and disconnects (BOTH-CONNECT-01, BOTH-DISC-01, BOTH-CONNECTED-01)', async () => {
    expect(client.connected).toBe(false)
    await client.connect()
    expect(client.connected).toBe(true)
    const connect = await hub.nth('connect', 1)
    expect(connect).toMatchObject({ clientId: 'd1', clean: false, keepalive: 60, protocolVersion: 4 })
    expect(connect.password?.toString()).toMatch(/^SharedAccessSignature sr=localhost%2Fdevices%2Fd1&sig=/)
    await client.disconnect()
    expect(client.connected).toBe(false)
    expect(hub.packets('disconnect')).toHaveLength(1)
  })

  it('opens the connection for a message and waits for the acknowledgement (BOTH-SEND-02, BOTH-SEND-03)', async () => {
    await client.sendMessage('hello')
    expect(hub.seen.map(({ packet }) => packet.cmd)).toEqual(['connect', 'publish'])
    expect(hub.packets('publish')[0]).toMatchObject({ topic: 'devices/d1/messages/events/', qos: 1 })
  })

  it('gets the twin and patches it (BOTH-TWIN-01, BOTH-PATCH-02)', async () => {
    expect(await client.getTwin()).toEqual(hub.twin)
    await client.patchTwinReportedProperties({ fan: 'on' })
    expect(hub.packets('publish')[1]?.payload.toString()).toBe('{"fan":"on"}')
    expect(hub.packets('subscribe')).toHaveLength(1)
  })

  it('passes messages and methods to handlers (DEV-ONMSG-01, BOTH-ONMETH-01)', async () => {
    const messages = new Promise<ReceivedMessage>((resolve) => {
      client.onMessageReceived = resolve
    })
    client.onMethodRequestReceived = async (request: MethodRequest) => {
      await client.sendMethodResponse(MethodResponse.createFromMethodRequest(request, 200, { ok: true }))
    }
    await client.handlersReady()
    hub.newest.publish('devices/d1/messages/devicebound/%24.mid=m1&a=b', 'hi', 1)
    hub.newest.publish('$iothub/methods/POST/reboot/?$rid=5', '{"now":true}')
    const message = await messages
    expect(message.data.toString()).toBe('hi')
    expect(message.messageId).toBe('m1')
    expect(message.customProperties).toEqual({ a: 'b' })
    const response = await hub.nth('publish', 1)
    expect(response.topic).toBe('$iothub/methods/res/200/?$rid=5')
    expect(response.payload.toString()).toBe('{"ok":true}')
  })
})
