import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ClientError,
  DIAGNOSTIC_CHANNELS,
  type GenericIoTHubClient,
  Message,
  type MessageData,
  MethodResponse,
  NoConnectionError,
  ValueError,
} from '../index.ts'
import { deviceOn, moduleOn } from '../testing/clients.ts'
import { TestHub } from '../testing/test-hub.ts'

let hub: TestHub
const clients: GenericIoTHubClient[] = []

function keep<C extends GenericIoTHubClient>(client: C): C {
  clients.push(client)
  return client
}

beforeEach(async () => {
  hub = await TestHub.start()
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client[Symbol.asyncDispose]()
  await hub.stop()
})

const sent = () => hub.packets('publish').map(({ topic, payload }) => [topic, payload.toString()])
const EVENTS = 'devices/d1/messages/events/'

describe('messages', () => {
  it.each<[string, MessageData, string]>([
    ['text', 'grüß', 'grüß'],
    ['bytes', Buffer.from('bytes'), 'bytes'],
    ['other bytes', new Uint8Array([104, 105]), 'hi'],
    ['a number', 21.5, '21.5'],
    ['a truth value', true, 'true'],
    ['nothing', null, ''],
  ])('may be %s (BOTH-SEND-04)', async (_what, data, payload) => {
    await keep(deviceOn(hub)).sendMessage(data)
    expect(sent()).toEqual([[EVENTS, payload]])
  })

  it('have their properties in the topic (BOTH-SEND-05)', async () => {
    const message = new Message('x', 'id', 'utf-8', 'application/json')
    message.customProperties = { 'a b': 'c/d' }
    await keep(deviceOn(hub)).sendMessage(message)
    expect(sent()[0]?.[0]).toBe(`${EVENTS}%24.mid=id&%24.ct=application%2Fjson&%24.ce=utf-8&a%20b=c%2Fd`)
  })

  it.each([{ a: 1 }, [1], () => undefined, Symbol('x'), Object.create(null)])(
    'cannot be %s (BOTH-SEND-11)',
    async (data: unknown) => {
      const error = await keep(deviceOn(hub))
        .sendMessage(data as MessageData)
        .catch((caught: unknown) => caught)
      expect((error as Error).constructor).toBe(ClientError)
      expect((error as Error).cause).toBeInstanceOf(TypeError)
      expect(hub.seen).toEqual([])
    },
  )

  it('may have 262144 bytes with their properties, but not more (BOTH-SEND-12, BOTH-SEND-13)', async () => {
    const client = keep(deviceOn(hub))
    const message = new Message(Buffer.alloc(262_140), 'four')
    await client.sendMessage(message)
    message.messageId = 'five5'
    await expect(client.sendMessage(message)).rejects.toBeInstanceOf(ValueError)
    expect(hub.packets('publish')).toHaveLength(1)
  })

  it('cannot be sent when the client id contains a wildcard', async () => {
    const { IoTHubDeviceClient } = await import('../index.ts')
    const client = keep(IoTHubDeviceClient.createFromSymmetricKey('YQ==', 'localhost', 'd+'))
    await expect(client.sendMessage('x')).rejects.toMatchObject({ cause: { name: 'ValueError' } })
  })
})

describe('messages to an output', () => {
  it('name it (MOD-OUT-01, MOD-OUT-04, MOD-OUT-05, MOD-OUT-06)', async () => {
    const client = keep(moduleOn(hub))
    const message = new Message('x')
    await client.sendMessageToOutput(message, 'out 1')
    await client.sendMessageToOutput('text', 'two')
    expect(sent()).toEqual([
      ['devices/d1/modules/m1/messages/events/%24.on=out%201', 'x'],
      ['devices/d1/modules/m1/messages/events/%24.on=two', 'text'],
    ])
    expect(message.outputName).toBe('out 1')
  })

  it('are checked like others (MOD-OUT-11, MOD-OUT-12, MOD-OUT-13)', async () => {
    const client = keep(moduleOn(hub, { autoConnect: false }))
    const send = (data: unknown, output = 'o') => client.sendMessageToOutput(data as string, output)
    await expect(send('x'.repeat(262_145))).rejects.toBeInstanceOf(ValueError)
    await expect(send('x', null as unknown as string)).rejects.toBeInstanceOf(TypeError)
    await expect(send('x')).rejects.toBeInstanceOf(NoConnectionError)
    await expect(send({})).rejects.toMatchObject({ constructor: ClientError })
  })
})

describe('method responses', () => {
  it.each([
    [{ a: [1] }, '{"a":[1]}'],
    [undefined, 'null'],
    [null, 'null'],
    ['text', '"text"'],
  ])('carry %j as JSON (BOTH-RESP-01, BOTH-RESP-03)', async (payload, text) => {
    await keep(deviceOn(hub)).sendMethodResponse(new MethodResponse('r/1', 201, payload))
    expect(sent()).toEqual([['$iothub/methods/res/201/?$rid=r%2F1', text]])
  })

  it.each([
    ['a payload JSON cannot write', new MethodResponse('r', 200, 5n as never)],
    ['what is no response', { status: 200 } as unknown as MethodResponse],
    ['nothing', undefined as unknown as MethodResponse],
  ])('fail for %s (BOTH-RESP-10)', async (_what, response) => {
    await expect(keep(deviceOn(hub)).sendMethodResponse(response)).rejects.toMatchObject({
      constructor: ClientError,
    })
  })
})

describe('reported patches', () => {
  it('fail when they cannot be serialized (BOTH-PATCH-10)', async () => {
    const loop: Record<string, never> = {}
    loop['self'] = loop as never
    await expect(keep(deviceOn(hub)).patchTwinReportedProperties(loop)).rejects.toMatchObject({
      constructor: ClientError,
    })
  })
})

describe('beyond the documentation', () => {
  it('await using shuts the client down', async () => {
    const client = deviceOn(hub)
    {
      await using used = client
      await used.connect()
    }
    expect(client.connected).toBe(false)
    await expect(client.connect()).rejects.toBeInstanceOf(ClientError)
    await client[Symbol.asyncDispose]() // may be called again
  })

  it('diagnostics channels report what happens, without a token', async () => {
    const events: [string, unknown][] = []
    const listen = (event: unknown, name: string | symbol) => events.push([String(name), event])
    for (const name of Object.values(DIAGNOSTIC_CHANNELS)) subscribe(name, listen)
    try {
      const client = keep(deviceOn(hub))
      await client.getTwin()
      hub.newest.publish('devices/foreign/x', '')
      await client.sendMessage('hello')
      await client.disconnect()
    } finally {
      for (const name of Object.values(DIAGNOSTIC_CHANNELS)) unsubscribe(name, listen)
    }
    expect(new Set(events.map(([name]) => name))).toEqual(new Set(Object.values(DIAGNOSTIC_CHANNELS)))
    expect(events).toContainEqual([DIAGNOSTIC_CHANNELS.sent, { topic: EVENTS, sizeBytes: 5 }])
    expect(events[0]).toEqual([
      DIAGNOSTIC_CHANNELS.state,
      { from: 'disconnected', to: 'connecting', epoch: 1 },
    ])
    expect(JSON.stringify(events)).not.toContain('SharedAccessSignature')
  })
})
