import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ClientError,
  CredentialError,
  type GenericIoTHubClient,
  type MethodRequest,
  NoConnectionError,
} from '../index.ts'
import { deviceOn, moduleOn, nextCall } from '../testing/clients.ts'
import { TestHub } from '../testing/test-hub.ts'

let hub: TestHub
const clients: GenericIoTHubClient[] = []

function device(options?: Parameters<typeof deviceOn>[1]) {
  const client = deviceOn(hub, options)
  clients.push(client)
  return client
}

function module(options?: Parameters<typeof moduleOn>[1]) {
  const client = moduleOn(hub, options)
  clients.push(client)
  return client
}

const C2D = 'devices/d1/messages/devicebound/'
const input = (name: string) => `devices/d1/modules/m1/inputs/${name}/`
const method = (name: string, requestId: string) => `$iothub/methods/POST/${name}/?$rid=${requestId}`
const DESIRED = '$iothub/twin/PATCH/properties/desired/?$version=2'

beforeEach(async () => {
  hub = await TestHub.start()
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client[Symbol.asyncDispose]()
  await hub.stop()
})

describe('handlers', () => {
  it('can be read back', () => {
    const client = device({ autoConnect: false })
    const handler = () => undefined
    client.onConnectionStateChange = handler
    expect(client.onConnectionStateChange).toBe(handler)
    client.onConnectionStateChange = null
    expect(client.onConnectionStateChange).toBeNull()
    expect(() => {
      client.onBackgroundException = 5 as never
    }).toThrow(TypeError)
  })

  it('need a connection: an assignment fails without one when autoConnect is off, but is kept', async () => {
    const client = device({ autoConnect: false })
    const { handler, called } = nextCall<[unknown]>()
    expect(() => {
      client.onMessageReceived = handler
    }).toThrow(NoConnectionError)
    await client.connect()
    await hub.nth('subscribe', 1)
    hub.newest.publish(C2D, 'x', 1)
    await called
  })

  it('report a failed subscription in the background, and in handlersReady', async () => {
    hub.script = (packet, peer) => {
      if (packet.cmd === 'connect') peer.send({ cmd: 'connack', returnCode: 5, sessionPresent: false })
      return packet.cmd === 'connect'
    }
    const client = device()
    const { handler, called } = nextCall<[Error]>()
    client.onBackgroundException = handler
    client.onMessageReceived = () => undefined
    await expect(client.handlersReady()).rejects.toBeInstanceOf(CredentialError)
    expect((await called)[0]).toBeInstanceOf(CredentialError)
  })

  it('get the messages of every input (MOD-ONMSG-01, MOD-ONMSG-02)', async () => {
    const client = module()
    const names: (string | undefined)[] = []
    const both = new Promise<void>((resolve) => {
      client.onMessageReceived = (message) => {
        names.push(message.inputName)
        if (names.length === 2) resolve()
      }
    })
    await client.handlersReady()
    hub.newest.publish(input('one'), '')
    hub.newest.publish(input('two'), '')
    await both
    expect(names).toEqual(['one', 'two'])
  })

  it('run four at a time and lose nothing (SRC-07)', async () => {
    const client = device()
    const running: (() => void)[] = []
    let calls = 0
    let most = 0
    client.onMessageReceived = async () => {
      calls += 1
      await new Promise<void>((resolve) => {
        running.push(resolve)
        most = Math.max(most, running.length)
      })
    }
    await client.handlersReady()
    for (let index = 0; index < 10; index++) hub.newest.publish(C2D, `${index}`, 1)
    while (calls < 10) {
      await client.sendMessage('a turn')
      for (const release of running.splice(0)) release()
    }
    expect(most).toBe(4)
  })

  it('process what has arrived before disconnect settles (SRC-06)', async () => {
    const client = device()
    let handled = 0
    client.onMessageReceived = async () => {
      await client.getTwin().catch(() => undefined)
      handled += 1
    }
    await client.handlersReady()
    for (let index = 0; index < 6; index++) hub.newest.publish(C2D, `${index}`, 1)
    await client.sendMessage('a turn')
    await client.disconnect()
    expect(handled).toBe(6)
  })

  it('may disconnect and shut down (BOTH-DISC-01)', async () => {
    const client = device()
    const done = new Promise<void>((resolve) => {
      client.onMessageReceived = async () => {
        await client.disconnect()
        resolve()
      }
    })
    await client.handlersReady()
    hub.newest.publish(C2D, '', 1)
    await done
    const shut = new Promise<void>((resolve) => {
      client.onConnectionStateChange = async () => {
        if (client.connected) await client.shutdown().then(resolve)
      }
    })
    await client.connect()
    await shut
  })

  it('that throw are reported with their name and do not stop the others', async () => {
    const client = device()
    const { handler, called } = nextCall<[Error]>()
    client.onBackgroundException = handler
    let calls = 0
    client.onMessageReceived = () => {
      calls += 1
      throw new Error('mine')
    }
    await client.handlersReady()
    hub.newest.publish(C2D, '', 1)
    const [error] = await called
    expect(error.message).toBe('Error in handler onMessageReceived')
    expect((error.cause as Error).message).toBe('mine')
    hub.newest.publish(C2D, '', 1)
    while (calls < 2) await client.sendMessage('a turn')
  })

  it('that are cleared unsubscribe, also after a disconnect', async () => {
    const client = device()
    client.onMessageReceived = () => undefined
    await client.handlersReady()
    client.onMessageReceived = null
    await client.handlersReady()
    expect(hub.packets('unsubscribe')).toHaveLength(1)
    client.onMessageReceived = () => undefined
    await client.handlersReady()
    await client.disconnect()
    client.onMessageReceived = null
    await client.handlersReady()
    expect(hub.packets('connect')).toHaveLength(1)
    await client.connect()
    await hub.nth('unsubscribe', 2)
  })

  it('that are replaced cause no traffic', async () => {
    const client = device()
    client.onMessageReceived = () => undefined
    await client.handlersReady()
    const { handler, called } = nextCall<[unknown]>()
    client.onMessageReceived = handler
    await client.handlersReady()
    hub.newest.publish(C2D, '', 1)
    await called
    expect(hub.packets('subscribe')).toHaveLength(1)
  })

  it('get what arrived before they were set', async () => {
    const client = device()
    await client.connect()
    hub.newest.publish(method('early', '1'), '')
    await client.sendMessage('a turn')
    const { handler, called } = nextCall<[MethodRequest]>()
    client.onMethodRequestReceived = handler
    expect((await called)[0].name).toBe('early')
  })
})

describe('a malformed message', () => {
  it.each([
    ['a desired patch', DESIRED, '{nonsense'],
    ['a desired patch that is no mapping', DESIRED, '5'],
    ['a method payload', method('m', '1'), '{nonsense'],
    ['a method topic', '$iothub/methods/POST/m/', ''],
    ['a foreign topic', 'devices/other/messages/devicebound/', ''],
  ])('%s is reported, and the connection stays (SRC-19)', async (_what, topic, payload) => {
    const client = device()
    const { handler, called } = nextCall<[Error]>()
    client.onBackgroundException = handler
    await client.connect()
    hub.newest.publish(topic, payload)
    expect((await called)[0]).toBeInstanceOf(ClientError)
    await client.sendMessage('still here')
    expect(hub.packets('connect')).toHaveLength(1)
  })
})
