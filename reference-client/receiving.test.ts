import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ClientError,
  CredentialError,
  type GenericIoTHubClient,
  InboxEmpty,
  type MethodRequest,
  NoConnectionError,
  OperationCancelled,
  type TwinPatch,
  ValueError,
} from './index.ts'
import { deviceOn, moduleOn, nextCall } from './testing/clients.ts'
import { ManualClock } from './testing/manual-clock.ts'
import { TestHub } from './testing/test-hub.ts'

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

let warnings: ReturnType<typeof vi.spyOn>

beforeEach(async () => {
  hub = await TestHub.start()
  warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client[Symbol.asyncDispose]()
  await hub.stop()
  vi.restoreAllMocks()
})

describe('receive calls', () => {
  it('wait for what comes (DEV-RMSG-01, DEV-RMSG-03)', async () => {
    const client = device()
    const receiving = client.receiveMessage()
    await hub.nth('subscribe', 1)
    hub.newest.publish(`${C2D}a=b`, 'hi', 1)
    expect((await receiving)?.customProperties).toEqual({ a: 'b' })
    expect((await hub.nth('puback', 1)).messageId).toBe(7)
  })

  it('are deprecated, each time (DEV-RMSG-02, BOTH-RMETH-02, BOTH-RPATCH-09)', async () => {
    const client = device()
    await client.receiveMessage(false)
    await client.receiveMessage(false)
    await client.receiveMethodRequest(null, false)
    await client.receiveTwinDesiredPropertiesPatch(false).catch(() => undefined)
    expect(warnings.mock.calls.map((call: unknown[]) => (call[1] as { type: string }).type)).toEqual(
      Array(4).fill('DeprecationWarning'),
    )
  })

  it('give null at once without block, also with a time-out (DEV-RMSG-05, BOTH-RMETH-06)', async () => {
    const client = device()
    expect(await client.receiveMessage(false, 100)).toBeNull()
    expect(await client.receiveMessage(true, 0)).toBeNull()
    expect(await client.receiveMethodRequest(undefined, false)).toBeNull()
  })

  it('give null when the time is up (DEV-RMSG-04, BOTH-RMETH-07)', async () => {
    const clock = new ManualClock()
    const client = device({ extensions: { clock } })
    await client.receiveMethodRequest(null, false)
    const receiving = client.receiveMethodRequest(null, true, 1)
    await client.sendMessage('x')
    clock.advance(999)
    let over = false
    void receiving.then(() => (over = true))
    await client.sendMessage('y')
    expect(over).toBe(false)
    clock.advance(1)
    expect(await receiving).toBeNull()
  })

  it('of patches end in InboxEmpty (BOTH-RPATCH-04, BOTH-RPATCH-06)', async () => {
    const client = device({ ensureDesiredProperties: false })
    await expect(client.receiveTwinDesiredPropertiesPatch(false)).rejects.toBeInstanceOf(InboxEmpty)
    await expect(client.receiveTwinDesiredPropertiesPatch(true, 0)).rejects.toBeInstanceOf(InboxEmpty)
  })

  it('give one item each (BOTH-RPATCH-05)', async () => {
    const client = device({ ensureDesiredProperties: false })
    await client.receiveTwinDesiredPropertiesPatch(false).catch(() => undefined)
    hub.newest.publish(DESIRED, '{"a":1,"$version":2}')
    hub.newest.publish(DESIRED, '{"a":2,"$version":3}')
    expect(await client.receiveTwinDesiredPropertiesPatch()).toEqual({ a: 1, $version: 2 })
    await client.sendMessage('x') // both have arrived
    expect(await client.receiveTwinDesiredPropertiesPatch(false)).toEqual({ a: 2, $version: 3 })
  })

  it('refuse a negative time-out', async () => {
    await expect(device().receiveMessage(true, -1)).rejects.toBeInstanceOf(ValueError)
  })

  it('for a named method get that method only (BOTH-RMETH-03, BOTH-RMETH-04, SRC-17)', async () => {
    const client = device()
    const a = client.receiveMethodRequest('A')
    const any = client.receiveMethodRequest()
    await client.sendMessage('x')
    hub.newest.publish(method('B', '1'), '')
    hub.newest.publish(method('A', '2'), '{"x":1}')
    expect(await a).toMatchObject({ name: 'A', requestId: '2', payload: { x: 1 } })
    expect(await any).toMatchObject({ name: 'B', payload: null })
  })

  it('for an input get that input only; others are dropped (MOD-IN-03, SRC-18)', async () => {
    const client = module()
    const one = client.receiveMessageOnInput('one')
    await hub.nth('subscribe', 1)
    hub.newest.publish(input('two'), 'for two')
    hub.newest.publish(input('one'), 'for one')
    const message = await one
    expect([message?.data.toString(), message?.inputName]).toEqual(['for one', 'one'])
    expect(await client.receiveMessageOnInput('two', false)).toBeNull()
  })

  it('are cancelled by disconnect and by shutdown', async () => {
    const client = device()
    await client.receiveMessage(false)
    const first = expect(client.receiveMessage()).rejects.toBeInstanceOf(OperationCancelled)
    await client.disconnect()
    await first
    await client.connect()
    const second = expect(client.receiveMessage()).rejects.toBeInstanceOf(OperationCancelled)
    await client.shutdown()
    await second
  })

  it('fail with the errors of connecting (DEV-RMSG-06)', async () => {
    hub.script = (packet, peer) => {
      if (packet.cmd === 'connect') peer.send({ cmd: 'connack', returnCode: 5, sessionPresent: false })
      return packet.cmd === 'connect'
    }
    await expect(device().receiveMessage()).rejects.toBeInstanceOf(CredentialError)
  })

  it('and handlers exclude each other, also after a failing call (DEV-RMSG-10, SRC-16)', async () => {
    const first = device({ autoConnect: false })
    await expect(first.receiveMessage()).rejects.toBeInstanceOf(NoConnectionError)
    expect(() => {
      first.onMessageReceived = () => undefined
    }).toThrow(ClientError)
    const second = device()
    second.onMethodRequestReceived = null
    await expect(second.receiveMessage()).rejects.toBeInstanceOf(ClientError)
  })

  it('lose the method requests that wait when the connection drops, but no message (SRC-08)', async () => {
    const client = device()
    await client.receiveMessage(false)
    await client.receiveMethodRequest(null, false)
    hub.newest.publish(C2D, 'kept', 1)
    hub.newest.publish(method('M', '1'), '')
    await client.sendMessage('x')
    await client.disconnect()
    await client.connect()
    expect((await client.receiveMessage(false))?.data.toString()).toBe('kept')
    expect(await client.receiveMethodRequest(null, false)).toBeNull()
  })

  it('come as iterators too, without a notice', async () => {
    const client = device()
    const seen: string[] = []
    const reading = (async () => {
      for await (const message of client.messages()) {
        seen.push(message.data.toString())
        if (seen.length === 2) await client.shutdown()
      }
    })()
    await hub.nth('subscribe', 1)
    hub.newest.publish(C2D, 'one', 1)
    hub.newest.publish(C2D, 'two', 1)
    await reading
    expect(seen).toEqual(['one', 'two'])
    expect(warnings).not.toHaveBeenCalled()
  })

  it('as iterators end with their signal', async () => {
    const controller = new AbortController()
    const items = device().methodRequests(null, { signal: controller.signal })
    const next = items.next()
    await hub.nth('subscribe', 1)
    controller.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })
})

describe('handlers', () => {
  it('read back what was set', () => {
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

  it('need a connection: refused without one when autoConnect is off, but kept', async () => {
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

  it('report a failed subscription in the background, and to those who ask', async () => {
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

  it('run four at a time, and none is lost (SRC-07)', async () => {
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

  it('see what has arrived before disconnect is done (SRC-06)', async () => {
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

  it('that throw are reported with their name, and stop nothing', async () => {
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

  it('that are cleared are unsubscribed, also after a disconnect', async () => {
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

  it('that are replaced make no traffic', async () => {
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

  it('get what came before they were set', async () => {
    const client = device()
    await client.connect()
    hub.newest.publish(method('early', '1'), '')
    await client.sendMessage('a turn')
    const { handler, called } = nextCall<[MethodRequest]>()
    client.onMethodRequestReceived = handler
    expect((await called)[0].name).toBe('early')
  })
})

describe('what cannot be read', () => {
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

describe('desired properties after a re-connection', () => {
  async function dropAndReturn(client: GenericIoTHubClient): Promise<void> {
    const back = new Promise<void>((resolve) => {
      client.onConnectionStateChange = () => {
        if (client.connected) resolve()
      }
    })
    hub.newest.drop()
    await back
  }
  const asked = () => hub.packets('publish').filter(({ topic }) => topic.includes('twin/GET')).length

  it('are delivered when they changed while away (BOTH-ENSURE-01, SRC-20)', async () => {
    const client = device()
    hub.twin = { desired: { a: 1, $version: 5 }, reported: { $version: 1 } }
    await client.connect()
    const { handler, called } = nextCall<[TwinPatch]>()
    client.onTwinDesiredPropertiesPatchReceived = handler
    await client.handlersReady()
    while (asked() < 1) await client.sendMessage('a turn')
    await client.getTwin()
    hub.twin = { desired: { a: 2, $version: 3 }, reported: { $version: 1 } }
    await dropAndReturn(client)
    expect((await called)[0]).toEqual({ a: 2, $version: 3 })
  })

  it('are not delivered when nothing changed (BOTH-ENSURE-02)', async () => {
    const client = device()
    await client.connect()
    let calls = 0
    client.onTwinDesiredPropertiesPatchReceived = () => {
      calls += 1
    }
    await client.handlersReady()
    await client.getTwin()
    const before = asked()
    await dropAndReturn(client)
    while (asked() === before) await client.sendMessage('a turn')
    await client.getTwin()
    expect(calls).toBe(0)
  })

  it('are not asked for when the option is off (BOTH-ENSURE-03)', async () => {
    const client = device({ ensureDesiredProperties: false })
    client.onTwinDesiredPropertiesPatchReceived = () => undefined
    await client.handlersReady()
    await dropAndReturn(client)
    await client.sendMessage('a turn')
    expect(asked()).toBe(0)
  })

  it('are asked for after subscribing to the answer', async () => {
    const client = device()
    const { handler, called } = nextCall<[TwinPatch]>()
    client.onTwinDesiredPropertiesPatchReceived = handler
    expect((await called)[0]).toEqual({ $version: 1 })
    const filters = hub
      .packets('subscribe')
      .flatMap((packet) => packet.subscriptions.map(({ topic }) => topic))
    expect(filters.sort()).toEqual(['$iothub/twin/PATCH/properties/desired/#', '$iothub/twin/res/#'])
  })
})
