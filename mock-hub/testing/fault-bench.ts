/** A running hub with a device and a module, and clients that reach it over real sockets; for tests of faults. */

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { ManualClock } from '../base/clock.ts'
import type { ArmedFault, FaultDefinition } from '../core/contract/faults.ts'
import { identityKey, type Identity } from '../core/contract/identity.ts'
import type { MockHub } from '../host/mock-hub.ts'
import { sasToken } from '../mqtt/testing/test-server.ts'
import { RawClient } from '../mqtt/testing/raw-client.ts'
import { startMockHub } from '../host/start.ts'

export const DEVICE = { deviceId: 'd1' }
export const MODULE = { deviceId: 'd1', moduleId: 'm1' }

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

export class FaultBench {
  readonly clock: ManualClock
  readonly hub: MockHub
  readonly #sockets: TLSSocket[] = []

  private constructor(hub: MockHub, clock: ManualClock) {
    this.hub = hub
    this.clock = clock
  }

  static async start(): Promise<FaultBench> {
    const clock = new ManualClock()
    const seed = { devices: [{ ...DEVICE, modules: [{ moduleId: 'm1' }] }] }
    const hub = await startMockHub({ clock, seed, controlPort: false, workload: { port: 0 } })
    return new FaultBench(hub, clock)
  }

  /** Arms a fault for the first identity that matches. */
  arm(name: string, parameters: FaultDefinition['parameters'] = {}): ArmedFault {
    return this.hub.faults.arm({ name, parameters })
  }

  /** How often a fault has fired. */
  fired(name: string): number {
    return this.hub.faults.list().find((fault) => fault.name === name)?.fired ?? 0
  }

  /** Opens a TLS socket to the MQTT port; the caller observes the handshake. */
  dial(options: ConnectionOptions = {}): TLSSocket {
    const socket = connect({
      ...{ port: this.hub.mqttPort, host: '127.0.0.1', servername: 'localhost', ca: this.hub.caPem },
      ...options,
    })
    socket.on('error', () => undefined)
    this.#sockets.push(socket)
    return socket
  }

  /** Makes a handshake. @returns `secure`, or the code of its error. */
  async handshake(options: ConnectionOptions = {}): Promise<string> {
    const socket = this.dial(options)
    const error = new Promise<string>((resolve) => {
      socket.once('error', (failure: NodeJS.ErrnoException) => {
        resolve(failure.code ?? failure.message)
      })
    })
    const closed = once(socket, 'close').then(() => error)
    return Promise.race([once(socket, 'secureConnect').then(() => 'secure'), error, closed])
  }

  /** Opens a connection and sends CONNECT. */
  async sendConnect(identity: Identity = DEVICE, clean = true): Promise<RawClient> {
    const socket = this.dial()
    await once(socket, 'secureConnect')
    const client = new RawClient(socket)
    client.connect({
      clientId: identityKey(identity),
      clean,
      username: `localhost/${identityKey(identity)}/?api-version=2021-04-12`,
      password: Buffer.from(this.token(identity)),
    })
    return client
  }

  /** Connects the device and subscribes with QoS 0. */
  connected(...topics: string[]): Promise<RawClient> {
    return this.connectedAs(
      DEVICE,
      topics.map((topic) => ({ topic, qos: 0 })),
    )
  }

  /** Connects a client and subscribes. */
  async connectedAs(
    identity: Identity,
    subscriptions: readonly { readonly topic: string; readonly qos: 0 | 1 }[],
  ): Promise<RawClient> {
    const client = await this.sendConnect(identity)
    await client.take('connack')
    if (subscriptions.length > 0) {
      client.send({ cmd: 'subscribe', messageId: 99, subscriptions: [...subscriptions] })
      await client.take('suback')
    }
    return client
  }

  /** The newest socket, to observe what happens below MQTT. */
  get newestSocket(): TLSSocket {
    const socket = this.#sockets.at(-1)
    if (socket === undefined) throw new Error('no socket has been opened')
    return socket
  }

  /** A token of the identity, valid for an hour. */
  token(identity: Identity = DEVICE): string {
    const key = this.hub.registry.get(identity).authentication.symmetricKey.primaryKey ?? ''
    const module = identity.moduleId === undefined ? '' : `%2Fmodules%2F${identity.moduleId}`
    return sasToken(
      `localhost%2Fdevices%2F${identity.deviceId}${module}`,
      key,
      Math.floor(this.clock.now() / 1000) + 3600,
    )
  }

  /** Makes an HTTPS request as the device. @throws the error of the socket. */
  async https(
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const call = request({
      ...{ port: this.hub.httpsPort, host: '127.0.0.1', servername: 'localhost', ca: this.hub.caPem },
      ...{ method, path: `${path}?api-version=2021-04-12`, agent: false },
      headers: { authorization: this.token(), 'content-type': 'application/json', ...headers },
    })
    call.end(body)
    const [answer] = (await once(call, 'response')) as [IncomingMessage]
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) }
  }

  /** Waits until a fault has fired. */
  async untilFired(name: string): Promise<void> {
    await this.hub.journal.until(
      (entry) => entry.type === 'fault' && entry.name === name && entry.phase === 'fired',
    )
  }

  /** Waits until the hub has sent this many packets of a type, even if they did not leave the socket. */
  async untilSent(cmd: string, times = 1): Promise<void> {
    let seen = 0
    await this.hub.journal.until(
      (entry) =>
        entry.type === 'packet' && entry.direction === 'out' && entry.cmd === cmd && ++seen === times,
    )
  }

  /** A request on another connection: everything that the hub sends to the others before it has been sent. */
  async roundTrip(): Promise<void> {
    await this.https('POST', '/devices/d1/messages/events', '{}')
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await this.hub.stop()
    this.clock.stop()
  }
}
