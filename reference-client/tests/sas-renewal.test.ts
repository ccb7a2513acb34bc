import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ClientError,
  ConnectionFailedError,
  CredentialError,
  IoTHubDeviceClient,
  OperationTimeout,
  ValueError,
} from '../index.ts'
import { deviceOn, nextCall, optionsFor, type TestOptions } from '../testing/clients.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { type Script, TestHub } from '../testing/test-hub.ts'

let hub: TestHub
let clock: ManualClock
let client: IoTHubDeviceClient

function token(lifeSeconds: number, sr = 'localhost/devices/d1'): string {
  const se = Math.floor(clock.now() / 1_000) + lifeSeconds
  const resource = encodeURIComponent(sr)
  const sig = createHmac('sha256', 'k').update(`${resource}\n${se}`).digest('base64')
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(sig)}&se=${se}`
}

function fromToken(sastoken: string, options: TestOptions = {}): IoTHubDeviceClient {
  client = IoTHubDeviceClient.createFromSastoken(
    sastoken,
    optionsFor(hub, { ...options, extensions: { clock, ...options.extensions } }),
  )
  return client
}

const password = (n: number) => hub.packets('connect')[n - 1]?.password?.toString()
const answerConnect =
  (returnCode: number): Script =>
  (packet, peer) => {
    if (packet.cmd === 'connect') peer.send({ cmd: 'connack', returnCode, sessionPresent: false })
    return packet.cmd === 'connect'
  }

beforeEach(async () => {
  hub = await TestHub.start()
  clock = new ManualClock()
})

afterEach(async () => {
  await client[Symbol.asyncDispose]()
  await hub.stop()
})

describe('a token of the application', () => {
  it('is sent byte for byte (BOTH-SAS-01)', async () => {
    const given = token(3_600)
    await fromToken(given).connect()
    expect(password(1)).toBe(given)
  })

  it('requests a new token 120 s before the expiry; the handler may supply it (BOTH-ONSAS-01, BOTH-ONSAS-05)', async () => {
    fromToken(token(125))
    await client.connect()
    const successor = new Promise<string>((resolve) => {
      client.onNewSastokenRequired = async (...args: unknown[]) => {
        expect(args).toEqual([])
        const next = token(3_600)
        await client.updateSastoken(next)
        resolve(next)
      }
    })
    clock.advance(4_999)
    await client.sendMessage('a turn')
    expect(hub.packets('connect')).toHaveLength(1)
    clock.advance(1)
    const next = await successor
    expect(password(2)).toBe(next)
    expect(client.connected).toBe(true)
  })

  it('requests a new token when a handler is set after the renewal was due', async () => {
    fromToken(token(60))
    clock.advance(1)
    const { handler, called } = nextCall<[]>()
    client.onNewSastokenRequired = handler
    await called
  })

  it('is replaced, and the connection is re-authorized (BOTH-UPD-01, BOTH-UPD-02)', async () => {
    fromToken(token(600))
    await client.connect()
    const next = token(1_200)
    await client.updateSastoken(next)
    expect(hub.seen.map(({ packet }) => packet.cmd)).toEqual(['connect', 'disconnect', 'connect'])
    expect(password(2)).toBe(next)
  })

  it('leads to a connection when replaced while disconnected (SRC-13)', async () => {
    fromToken(token(600))
    await client.updateSastoken(token(1_200))
    expect(client.connected).toBe(true)
  })

  it.each([
    ['nonsense', () => 'nonsense'],
    ['another host', () => token(600, 'other/devices/d1')],
    ['another device', () => token(600, 'localhost/devices/d2')],
    ['a module', () => token(600, 'localhost/devices/d1/modules/m')],
    ['the past', () => token(-1)],
  ])('is not replaced by one for %s (BOTH-UPD-04 … BOTH-UPD-07)', async (_what, make) => {
    fromToken(token(600))
    await client.connect()
    await expect(client.updateSastoken(make())).rejects.toBeInstanceOf(ValueError)
    expect(hub.packets('connect')).toHaveLength(1)
  })

  it('stays in force after a failed update (BOTH-UPD-08, SRC-14)', async () => {
    fromToken(token(600))
    await client.connect()
    const next = token(1_200)
    hub.script = answerConnect(5)
    await expect(client.updateSastoken(next)).rejects.toBeInstanceOf(CredentialError)
    expect(client.connected).toBe(false)
    hub.script = () => false
    await client.connect()
    expect(password(3)).toBe(next)
  })

  it('times out when the hub does not respond (BOTH-UPD-11)', async () => {
    fromToken(token(600))
    await client.connect()
    hub.script = (packet) => packet.cmd === 'connect'
    const updating = expect(client.updateSastoken(token(1_200))).rejects.toBeInstanceOf(OperationTimeout)
    await hub.nth('connect', 2)
    clock.advance(60_000)
    await updating
  })
})

describe('a token that the client signs', () => {
  const make = (options: TestOptions = {}) =>
    (client = deviceOn(hub, { ...options, extensions: { clock, ...options.extensions } }))

  it('cannot be replaced (BOTH-UPD-03)', async () => {
    await expect(make().updateSastoken('anything')).rejects.toBeInstanceOf(ClientError)
  })

  it('is renewed without the handler (BOTH-ONSAS-04)', async () => {
    make({ sastokenTtl: 900 })
    let calls = 0
    client.onNewSastokenRequired = () => {
      calls += 1
    }
    await client.connect()
    clock.advance(780_000)
    await hub.nth('connect', 2)
    expect(password(2)).not.toBe(password(1))
    expect(calls).toBe(0)
  })

  it('with a short lifetime is renewed after half of it, not in a loop', async () => {
    make({ sastokenTtl: 60 })
    await client.connect()
    clock.advance(29_999)
    await client.sendMessage('a turn')
    expect(hub.packets('connect')).toHaveLength(1)
    clock.advance(1)
    await hub.nth('connect', 2)
    await client.sendMessage('x')
    expect(hub.packets('connect')).toHaveLength(2)
  })

  it('is renewed without traffic while disconnected (SRC-11)', async () => {
    make({ sastokenTtl: 900 })
    clock.advance(780_000)
    await client.connect()
    expect(hub.packets('connect')).toHaveLength(1)
    const expiry = /se=(\d+)/.exec(password(1) ?? '')?.[1]
    expect(Number(expiry)).toBe(Math.floor(clock.now() / 1_000) + 900)
  })

  it('is made anew after the hub refused it: the next connection carries a new one', async () => {
    make({ sastokenTtl: 900 })
    hub.script = answerConnect(5)
    await expect(client.connect()).rejects.toBeInstanceOf(CredentialError)
    hub.script = () => false
    clock.advance(60_000) // a clock that was wrong at the start is right now
    await client.connect()
    const expiryOf = (n: number) => Number(/se=(\d+)/.exec(password(n) ?? '')?.[1])
    expect(expiryOf(2) - expiryOf(1)).toBe(60)
    // The renewal follows the new token.
    clock.advance(779_999)
    await client.sendMessage('a turn')
    expect(hub.packets('connect')).toHaveLength(2)
    clock.advance(1)
    await hub.nth('connect', 3)
    expect(expiryOf(3) - expiryOf(2)).toBe(780)
  })

  it('is kept when the hub was merely not available', async () => {
    make({ sastokenTtl: 900 })
    hub.script = answerConnect(3)
    await expect(client.connect()).rejects.toBeInstanceOf(ConnectionFailedError)
    hub.script = () => false
    clock.advance(60_000)
    await client.connect()
    expect(password(2)).toBe(password(1))
  })

  it('is retried every interval when its renewal is refused (SRC-12)', async () => {
    make({ sastokenTtl: 900 })
    await client.connect()
    hub.script = answerConnect(5)
    const { handler, called } = nextCall<[Error]>()
    client.onBackgroundException = handler
    clock.advance(780_000)
    expect((await called)[0]).toBeInstanceOf(CredentialError)
    hub.script = () => false
    clock.advance(10_000)
    await hub.nth('connect', 3)
    await client.sendMessage('x')
    expect(client.connected).toBe(true)
  })
})
