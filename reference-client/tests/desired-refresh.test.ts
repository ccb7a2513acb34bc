import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GenericIoTHubClient, type TwinPatch } from '../index.ts'
import { deviceOn, nextCall } from '../testing/clients.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { TestHub } from '../testing/test-hub.ts'

let hub: TestHub
const clients: GenericIoTHubClient[] = []

function device(options?: Parameters<typeof deviceOn>[1]) {
  const client = deviceOn(hub, options)
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

describe('desired properties after a reconnection', () => {
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

  it('are not read when the option is off (BOTH-ENSURE-03)', async () => {
    const client = device({ ensureDesiredProperties: false })
    client.onTwinDesiredPropertiesPatchReceived = () => undefined
    await client.handlersReady()
    await dropAndReturn(client)
    await client.sendMessage('a turn')
    expect(asked()).toBe(0)
  })

  it('are read after subscribing to the response', async () => {
    const client = device()
    const { handler, called } = nextCall<[TwinPatch]>()
    client.onTwinDesiredPropertiesPatchReceived = handler
    expect((await called)[0]).toEqual({ $version: 1 })
    const filters = hub
      .packets('subscribe')
      .flatMap((packet) => packet.subscriptions.map(({ topic }) => topic))
    expect(filters.sort()).toEqual(['$iothub/twin/PATCH/properties/desired/#', '$iothub/twin/res/#'])
  })

  it('that cannot be read are reported and read again after the interval', async () => {
    const clock = new ManualClock()
    const client = device({ extensions: { clock }, connectionRetryInterval: 3 })
    hub.script = (packet, peer) => {
      if (packet.cmd !== 'publish') return false
      peer.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
      peer.publish(`$iothub/twin/res/500/?$rid=${/rid=(.*)/.exec(packet.topic)?.[1] ?? ''}`, '')
      return true
    }
    const reported = nextCall<[Error]>()
    client.onBackgroundException = reported.handler
    const delivered = nextCall<[TwinPatch]>()
    client.onTwinDesiredPropertiesPatchReceived = delivered.handler
    expect((await reported.called)[0]).toMatchObject({ cause: { status: 500 } })
    hub.script = () => false
    clock.advance(3_000)
    expect((await delivered.called)[0]).toEqual({ $version: 1 })
  })
})
