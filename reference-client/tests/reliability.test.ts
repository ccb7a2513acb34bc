/* oxlint-disable typescript/no-deprecated -- the deprecated calls are under test */
import type { Packet } from 'mqtt-packet'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ClientError,
  ConnectionDroppedError,
  ConnectionFailedError,
  CredentialError,
  type IoTHubDeviceClient,
  NoConnectionError,
  OperationCancelled,
  OperationTimeout,
  ServiceError,
} from '../index.ts'
import { deviceOn, nextCall, type TestOptions } from '../testing/clients.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { type Script, TestHub } from '../testing/test-hub.ts'

let hub: TestHub
let client: IoTHubDeviceClient

function make(options?: TestOptions): IoTHubDeviceClient {
  client = deviceOn(hub, options)
  return client
}

/** Handles one packet of the type. */
function once(cmd: Packet['cmd'], deal: Script): Script {
  let done = false
  return (packet, peer) => {
    if (done || packet.cmd !== cmd) return false
    done = true
    return deal(packet, peer)
  }
}

const swallow: Script = () => true
const drop: Script = (_packet, peer) => {
  peer.drop()
  return true
}
const refuse =
  (returnCode: number): Script =>
  (packet, peer) => {
    if (packet.cmd !== 'connect') return false
    peer.send({ cmd: 'connack', returnCode, sessionPresent: false })
    peer.stream.end()
    return true
  }

beforeEach(async () => {
  hub = await TestHub.start()
})

afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await hub.stop()
})

describe('pending sends', () => {
  it('are resent with DUP after a loss, and complete (SRC-04)', async () => {
    hub.script = once('publish', drop)
    await make().sendMessage('x')
    const [first, second] = hub.packets('publish')
    expect(first).toMatchObject({ dup: false })
    expect(second).toMatchObject({ dup: true, messageId: first?.messageId })
    expect(hub.packets('connect')).toHaveLength(2)
    expect(hub.packets('subscribe')).toHaveLength(0)
  })

  it('fail with ConnectionDroppedError when retry is off (BOTH-SEND-08)', async () => {
    hub.script = once('publish', drop)
    await expect(make({ connectionRetry: false }).sendMessage('x')).rejects.toBeInstanceOf(
      ConnectionDroppedError,
    )
    await client.connect()
    await client.sendMessage('y')
    expect(hub.packets('publish').map((packet) => packet.payload.toString())).toEqual(['x', 'y'])
  })

  it('are cancelled by disconnect (SRC-05)', async () => {
    hub.script = once('publish', swallow)
    const sending = make().sendMessage('x')
    const refused = expect(sending).rejects.toBeInstanceOf(OperationCancelled)
    await hub.nth('publish', 1)
    await client.disconnect()
    await refused
    await client.sendMessage('y')
    expect(hub.packets('publish').map((packet) => packet.payload.toString())).toEqual(['x', 'y'])
  })

  it('are cancelled by disconnect also during a reconnection (SRC-05)', async () => {
    const clock = new ManualClock()
    make({ extensions: { clock } })
    await client.connect()
    hub.script = once('publish', drop)
    const lost = nextCall<[]>()
    client.onConnectionStateChange = lost.handler
    const sending = expect(client.sendMessage('x')).rejects.toBeInstanceOf(OperationCancelled)
    await lost.called
    await client.disconnect()
    await sending
    clock.advance(60_000)
    await client.connect()
    expect(hub.packets('publish')).toHaveLength(1)
    expect(hub.packets('connect')).toHaveLength(2)
  })

  it('wait when twenty are in flight (SRC-28)', async () => {
    const held: (() => void)[] = []
    hub.script = (packet, peer) => {
      if (packet.cmd !== 'publish') return false
      held.push(() => {
        peer.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
      })
      return true
    }
    await make().connect()
    const sends = Promise.all(Array.from({ length: 25 }, (_, index) => client.sendMessage(`m${index}`)))
    await hub.nth('publish', 20)
    await client.connect() // lets further packets arrive
    expect(hub.packets('publish')).toHaveLength(20)
    let full = true
    const room = client.readyToSend().then(() => {
      full = false
    })
    expect(full).toBe(true)
    for (const release of held.splice(0)) release()
    await hub.nth('publish', 25)
    for (const release of held.splice(0)) release()
    await sends
    await room
  })

  it('are refused without a connection when autoConnect is off, and not sent later (BOTH-SEND-10)', async () => {
    await expect(make({ autoConnect: false }).sendMessage('x')).rejects.toBeInstanceOf(NoConnectionError)
    await client.connect()
    await client.sendMessage('y')
    expect(hub.packets('publish').map((packet) => packet.payload.toString())).toEqual(['y'])
  })

  it('wait for a pending connection, also when autoConnect is off (SRC-01)', async () => {
    const connecting = make({ autoConnect: false }).connect()
    await client.sendMessage('x')
    await connecting
  })

  it('survive a re-authorization (SRC-15)', async () => {
    const clock = new ManualClock()
    hub.script = once('publish', swallow)
    make({ extensions: { clock }, sastokenTtl: 600 })
    const sending = client.sendMessage('x')
    await hub.nth('publish', 1)
    clock.advance(480_000)
    await sending
    const [before, after] = hub.packets('connect')
    expect(after?.password?.toString()).not.toBe(before?.password?.toString())
    expect(hub.packets('publish')[1]).toMatchObject({ dup: true })
  })

  it('are cancelled by a signal', async () => {
    hub.script = once('publish', swallow)
    const controller = new AbortController()
    const sending = make().sendMessage('x', { signal: controller.signal })
    const refused = expect(sending).rejects.toMatchObject({ code: 'IOTHUB_CANCELLED', cause: 'enough' })
    await hub.nth('publish', 1)
    controller.abort('enough')
    await refused
  })

  it('are cancelled after the operation timeout', async () => {
    const clock = new ManualClock()
    hub.script = once('publish', swallow)
    make({ extensions: { clock, operationTimeout: 5 } })
    const sending = client.sendMessage('x')
    const refused = expect(sending).rejects.toBeInstanceOf(OperationTimeout)
    await hub.nth('publish', 1)
    clock.advance(5_000)
    await refused
  })
})

describe('a lost connection', () => {
  it('is reported and re-established, with one event each (BOTH-STATE-03, BOTH-BGEXC-01)', async () => {
    const states: boolean[] = []
    const errors: Error[] = []
    make()
    client.onBackgroundException = (error) => errors.push(error)
    const back = new Promise<void>((resolve) => {
      client.onConnectionStateChange = () => {
        states.push(client.connected)
        if (states.length === 3) resolve()
      }
    })
    await client.connect()
    hub.newest.drop()
    await back
    expect(hub.packets('connect')).toHaveLength(2)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toBeInstanceOf(ConnectionDroppedError)
  })

  it('is re-established after the interval when the first attempt fails (BOTH-INTERVAL-01, BOTH-BGEXC-02)', async () => {
    const clock = new ManualClock()
    make({ extensions: { clock }, connectionRetryInterval: 2 })
    await client.connect()
    const errors: Error[] = []
    const second = new Promise<void>((resolve) => {
      client.onBackgroundException = (error) => {
        errors.push(error)
        if (errors.length === 2) resolve()
      }
    })
    const lost = nextCall<[]>()
    client.onConnectionStateChange = lost.handler
    hub.script = once('connect', refuse(3))
    hub.newest.drop()
    await lost.called
    clock.advance(10)
    await second
    expect(errors[1]).toBeInstanceOf(ConnectionFailedError)
    expect(hub.packets('connect')).toHaveLength(2)
    clock.advance(1_999)
    expect(clock.pending).toContain(1)
    const back = nextCall<[]>()
    client.onConnectionStateChange = back.handler
    clock.advance(1)
    await back.called
    expect(client.connected).toBe(true)
  })

  it('is not re-established after CONNACK 5, and pending calls fail with it (SRC-09)', async () => {
    make()
    await client.connect()
    hub.script = (packet, peer) => {
      if (packet.cmd === 'publish') peer.drop()
      return packet.cmd === 'publish' || refuse(5)(packet, peer)
    }
    await expect(client.sendMessage('x')).rejects.toBeInstanceOf(CredentialError)
    hub.script = () => false
    await client.connect()
    expect(client.connected).toBe(true)
  })

  it('does not subscribe again while the hub keeps the session (SRC-03)', async () => {
    make({ ensureDesiredProperties: false })
    client.onMessageReceived = () => undefined
    await client.handlersReady()
    const back = new Promise<void>((resolve) => {
      client.onConnectionStateChange = () => {
        if (client.connected) resolve()
      }
    })
    hub.newest.drop()
    await back
    await client.sendMessage('x')
    expect(hub.packets('subscribe')).toHaveLength(1)
  })

  it('subscribes again when the hub has lost the session', async () => {
    make({ ensureDesiredProperties: false })
    client.onMessageReceived = () => undefined
    await client.handlersReady()
    hub.forgetSessions()
    hub.newest.drop()
    await hub.nth('subscribe', 2)
    expect(hub.packets('connect')).toHaveLength(2)
  })

  it('repeats a twin request whose response was lost (BOTH-TWIN-06)', async () => {
    make()
    await client.getTwin()
    hub.script = once('publish', (packet, peer) => {
      if (packet.cmd === 'publish') peer.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
      peer.drop()
      return true
    })
    expect(await client.getTwin()).toEqual(hub.twin)
  })
})

describe('keep-alive', () => {
  it('pings when idle and detects a dead peer after twice the interval (BOTH-KEEP-02, SRC-29)', async () => {
    const clock = new ManualClock()
    make({ extensions: { clock }, keepAlive: 2 })
    await client.connect()
    clock.advance(2_000)
    await hub.nth('pingreq', 1)
    hub.script = (packet) => packet.cmd === 'pingreq'
    await client.sendMessage('x') // its acknowledgement starts a new interval
    clock.advance(2_000)
    await hub.nth('pingreq', 2)
    const lost = nextCall<[Error]>()
    client.onBackgroundException = lost.handler
    clock.advance(1_999)
    expect(client.connected).toBe(true)
    clock.advance(1)
    const [error] = await lost.called
    expect(error).toBeInstanceOf(ConnectionDroppedError)
  })
})

describe('subscriptions', () => {
  it('are requested again 30 s after a SUBSCRIBE without response (SRC-27)', async () => {
    const clock = new ManualClock()
    hub.script = once('subscribe', swallow)
    make({ extensions: { clock } })
    const twin = client.getTwin()
    await hub.nth('subscribe', 1)
    clock.advance(29_999)
    await client.sendMessage('a turn')
    expect(hub.packets('subscribe')).toHaveLength(1)
    clock.advance(1)
    expect(await twin).toEqual(hub.twin)
    expect(hub.packets('subscribe')).toHaveLength(2)
  })
})

describe('twin responses', () => {
  it.each([300, 400, 429, 500])(
    'of status %i are a ClientError with its cause (BOTH-PATCH-04)',
    async (status) => {
      hub.script = (packet, peer) => {
        if (packet.cmd !== 'publish') return false
        const requestId = /rid=(.*)/.exec(packet.topic)?.[1] ?? ''
        peer.publish(
          `$iothub/twin/res/${status}/?$rid=${requestId}`,
          '{"errorCode":400004,"trackingId":"abc-G:1","message":"no"}',
        )
        return true
      }
      const error = await make()
        .patchTwinReportedProperties({ a: 1 })
        .catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(ClientError)
      const cause = (error as ClientError).cause
      expect(cause).toBeInstanceOf(ServiceError)
      expect(cause).toMatchObject({ status, errorCode: 400004, trackingId: 'abc-G:1' })
    },
  )

  it('that are not JSON are a ClientError', async () => {
    hub.script = (packet, peer) => {
      if (packet.cmd !== 'publish') return false
      peer.publish(`$iothub/twin/res/200/?$rid=${/rid=(.*)/.exec(packet.topic)?.[1] ?? ''}`, '{nonsense')
      return true
    }
    await expect(make().getTwin()).rejects.toBeInstanceOf(ClientError)
  })
})

describe('shutdown', () => {
  it('refuses every call afterwards (BOTH-SHUT-02 … BOTH-SHUT-08)', async () => {
    make()
    await client.connect()
    await client.shutdown()
    const calls = [
      () => client.connect(),
      () => client.disconnect(),
      () => client.shutdown(),
      () => client.sendMessage('x'),
      () => client.getTwin(),
      () => client.patchTwinReportedProperties({}),
      () => client.receiveMessage(),
      () => client.receiveMethodRequest(),
      () => client.receiveTwinDesiredPropertiesPatch(),
      () => client.getStorageInfoForBlob('b'),
      () => client.notifyBlobUploadStatus('c', true, 200, 'ok'),
      () => client.updateSastoken('x'),
      () => client.readyToSend(),
    ]
    for (const call of calls) {
      const error = await call().catch((caught: unknown) => caught)
      expect((error as Error).constructor, call.toString()).toBe(ClientError)
    }
    expect(() => {
      client.onMessageReceived = () => undefined
    }).toThrow(ClientError)
  })

  it('cancels a pending attempt, and the calls that wait for it', async () => {
    hub.script = swallow
    make()
    const connecting = expect(client.connect()).rejects.toBeInstanceOf(OperationCancelled)
    await hub.nth('connect', 1)
    await client.shutdown()
    await connecting
    await hub.allClosed()
  })

  it('leaves no timer behind (BOTH-SHUT-01)', async () => {
    const clock = new ManualClock()
    make({ extensions: { clock } })
    await client.sendMessage('x')
    await client.shutdown()
    expect(clock.pending).toEqual([])
  })
})
