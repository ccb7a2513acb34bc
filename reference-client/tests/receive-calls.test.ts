/* oxlint-disable typescript/no-deprecated -- the deprecated calls are under test */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ClientError,
  CredentialError,
  type GenericIoTHubClient,
  InboxEmpty,
  NoConnectionError,
  OperationCancelled,
  ValueError,
} from '../index.ts'
import { deviceOn, moduleOn } from '../testing/clients.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { TestHub } from '../testing/test-hub.ts'

let hub: TestHub
const warnings: string[] = []
const note = (warning: Error & { code?: string }) => {
  if (warning.code === 'IOTHUB_DEPRECATED') warnings.push(warning.name)
}

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
  process.on('warning', note)
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client[Symbol.asyncDispose]()
  await hub.stop()
  process.off('warning', note)
  warnings.length = 0
})

describe('receive calls', () => {
  it('wait for an item (DEV-RMSG-01, DEV-RMSG-03)', async () => {
    const client = device()
    const receiving = client.receiveMessage()
    await hub.nth('subscribe', 1)
    hub.newest.publish(`${C2D}a=b`, 'hi', 1)
    expect((await receiving)?.customProperties).toEqual({ a: 'b' })
    expect((await hub.nth('puback', 1)).messageId).toBe(7)
  })

  it('warn that they are deprecated, each time (DEV-RMSG-02, BOTH-RMETH-02, BOTH-RPATCH-09)', async () => {
    const client = device()
    await client.receiveMessage(false)
    await client.receiveMessage(false)
    await client.receiveMethodRequest(null, false)
    await client.receiveTwinDesiredPropertiesPatch(false).catch(() => undefined)
    await new Promise((resolve) => process.nextTick(resolve)) // Node emits warnings in a later tick
    expect(warnings).toEqual(Array(4).fill('DeprecationWarning'))
  })

  it('return null at once without block, also with a timeout (DEV-RMSG-05, BOTH-RMETH-06)', async () => {
    const client = device()
    expect(await client.receiveMessage(false, 100)).toBeNull()
    expect(await client.receiveMessage(true, 0)).toBeNull()
    expect(await client.receiveMethodRequest(undefined, false)).toBeNull()
  })

  it('return null after the timeout (DEV-RMSG-04, BOTH-RMETH-07)', async () => {
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

  it('for patches throw InboxEmpty (BOTH-RPATCH-04, BOTH-RPATCH-06)', async () => {
    const client = device({ ensureDesiredProperties: false })
    await expect(client.receiveTwinDesiredPropertiesPatch(false)).rejects.toBeInstanceOf(InboxEmpty)
    await expect(client.receiveTwinDesiredPropertiesPatch(true, 0)).rejects.toBeInstanceOf(InboxEmpty)
  })

  it('return one item each (BOTH-RPATCH-05)', async () => {
    const client = device({ ensureDesiredProperties: false })
    await client.receiveTwinDesiredPropertiesPatch(false).catch(() => undefined)
    hub.newest.publish(DESIRED, '{"a":1,"$version":2}')
    hub.newest.publish(DESIRED, '{"a":2,"$version":3}')
    expect(await client.receiveTwinDesiredPropertiesPatch()).toEqual({ a: 1, $version: 2 })
    await client.sendMessage('x') // both have arrived
    expect(await client.receiveTwinDesiredPropertiesPatch(false)).toEqual({ a: 2, $version: 3 })
  })

  it('refuse a negative timeout', async () => {
    await expect(device().receiveMessage(true, -1)).rejects.toBeInstanceOf(ValueError)
  })

  it('for a named method receive only that method (BOTH-RMETH-03, BOTH-RMETH-04, SRC-17)', async () => {
    const client = device()
    const a = client.receiveMethodRequest('A')
    const any = client.receiveMethodRequest()
    await client.sendMessage('x')
    hub.newest.publish(method('B', '1'), '')
    hub.newest.publish(method('A', '2'), '{"x":1}')
    expect(await a).toMatchObject({ name: 'A', requestId: '2', payload: { x: 1 } })
    expect(await any).toMatchObject({ name: 'B', payload: null })
  })

  it('for an input receive only that input; others are dropped (MOD-IN-03, SRC-18)', async () => {
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

  it('lose waiting method requests when the connection is lost, but no message (SRC-08)', async () => {
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

  it('also exist as iterators, without a warning', async () => {
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
    expect(warnings).toEqual([])
  })

  it('continue after a disconnect as iterators', async () => {
    const client = device()
    const items = client.messages()
    const next = items.next()
    await hub.nth('subscribe', 1)
    await client.disconnect()
    await client.connect()
    hub.newest.publish(C2D, 'later', 1)
    expect(String((await next).value)).toBe('later')
  })

  it('end with their signal as iterators', async () => {
    const controller = new AbortController()
    const items = device().methodRequests(null, { signal: controller.signal })
    const next = items.next()
    await hub.nth('subscribe', 1)
    controller.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })
})
