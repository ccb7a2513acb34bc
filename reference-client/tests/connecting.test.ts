import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ClientError,
  ConnectionDroppedError,
  ConnectionFailedError,
  CredentialError,
  type IoTHubDeviceClient,
  OperationTimeout,
} from '../index.ts'
import { deviceOn, type TestOptions } from '../testing/clients.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { type Script, TestHub } from '../testing/test-hub.ts'

let hub: TestHub
let client: IoTHubDeviceClient

function make(options?: TestOptions): IoTHubDeviceClient {
  client = deviceOn(hub, options)
  return client
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

describe('errors of connecting', () => {
  it.each([
    [1, ClientError],
    [2, ClientError],
    [3, ConnectionFailedError],
    [4, CredentialError],
    [5, CredentialError],
    [6, ClientError],
    [99, ClientError],
  ])('CONNACK %i (BOTH-CONNECT-04, BOTH-CONNECT-06, BOTH-CONNECT-09)', async (code, kind) => {
    hub.script = refuse(code)
    const error = await make()
      .connect()
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(ClientError)
    expect((error as ClientError).constructor).toBe(kind)
    expect(hub.packets('connect')).toHaveLength(1)
    expect(hub.packets('connect')[0]?.protocolVersion).toBe(4)
  })

  it('a connection closed before CONNACK (BOTH-CONNECT-07)', async () => {
    hub.script = drop
    await expect(make().connect()).rejects.toBeInstanceOf(ConnectionDroppedError)
  })

  it('no CONNACK for 60 s (BOTH-CONNECT-08)', async () => {
    const clock = new ManualClock()
    hub.script = swallow
    const connecting = make({ extensions: { clock } }).connect()
    await hub.nth('connect', 1)
    clock.advance(59_999)
    expect(hub.openSockets).toBe(1)
    clock.advance(1)
    await expect(connecting).rejects.toBeInstanceOf(OperationTimeout)
    await hub.allClosed()
  })

  it('no server listens (BOTH-CONNECT-05)', async () => {
    const { port, ca } = hub
    await hub.stop()
    client = deviceOn({ port, ca })
    await expect(client.connect()).rejects.toBeInstanceOf(ConnectionFailedError)
    hub = await TestHub.start()
  })

  it('a certificate of an unknown CA (BOTH-SVC-02)', async () => {
    const { makeCertificate } = await import('../testing/certificates.ts')
    const other = await makeCertificate('localhost', ['localhost'])
    client = deviceOn({ port: hub.port, ca: other.cert })
    const error = await client.connect().catch((caught: unknown) => caught)
    expect((error as Error).constructor).toBe(ClientError)
    expect((error as Error).message).toContain('TLS')
  })

  it('concurrent calls share one CONNECT and its outcome (SRC-02)', async () => {
    hub.script = refuse(5)
    const outcomes = await Promise.allSettled([make().connect(), client.connect(), client.sendMessage('x')])
    expect(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason as Error)).toSatisfy(
      (errors: Error[]) => errors.every((error) => error instanceof CredentialError),
    )
    expect(hub.packets('connect')).toHaveLength(1)
  })
})
