/**
 * The one door to aedes: it does what a broker does (CONNECT and CONNACK, sessions, subscriptions, pings, wills,
 * take-over) for the links that pass the gate. None of its timers decides anything (wire contract 1.9 is ours).
 */

import { Aedes } from 'aedes'
import type { AuthenticateError, Client } from 'aedes'
import { BrokerStream } from './broker-stream.ts'

/** What the broker asks of a link, and tells it. */
export interface BrokerClient {
  /** CONNECT has come; 0 lets it in, 3 or 5 goes into the CONNACK. */
  authenticate(): Promise<number> | number
  /** A subscription of the stored session is in force again. */
  restored(filter: string, qos: number): void
  /** The link ended without DISCONNECT and had a will. */
  willDue(): void
  /** The broker writes to the client. */
  fromBroker(bytes: Buffer): void
  /** The broker has closed this client, by itself or because it was told to. */
  brokerClosed(): void
}

/** A guest's seat at the broker. */
export interface BrokerSession {
  feed(frame: Buffer): void
  /** Ends it as a broken connection does: the will is published. Idempotent. */
  leave(): void
}

/** Far beyond any test; four times this still is a valid timer. */
const NEVER_MS = 2 ** 29 - 1

class ClientStream extends BrokerStream {
  readonly guest: BrokerClient
  constructor(guest: BrokerClient) {
    super((bytes) => {
      guest.fromBroker(bytes)
    })
    this.guest = guest
  }
}

function clientOf(client: Client | null): BrokerClient | undefined {
  return client?.conn instanceof ClientStream ? client.conn.guest : undefined
}

export class Broker {
  readonly #aedes: Aedes

  private constructor(aedes: Aedes) {
    this.#aedes = aedes
    // What a client did wrong has been handled where it was seen; nobody else listens.
    const ignore = (): void => undefined
    aedes.on('clientError', ignore)
    aedes.on('connectionError', ignore)
  }

  static async start(): Promise<Broker> {
    return new Broker(
      await Aedes.createBroker({
        connectTimeout: NEVER_MS,
        heartbeatInterval: NEVER_MS,
        drainTimeout: 0,
        keepaliveLimit: 0,
        authenticate: (client, _username, _password, done) => {
          void Promise.resolve(clientOf(client)?.authenticate() ?? 5).then((code) => {
            if (code === 0) done(null, true)
            else done(refusal(code), null)
          })
        },
        authorizeSubscribe: (client, subscription, done) => {
          // The gate has let this filter pass; while CONNECT is in work it is one of the stored session.
          if (client.connecting) clientOf(client)?.restored(subscription.topic, subscription.qos)
          done(null, subscription)
        },
        authorizePublish: (client, _packet, done) => {
          // Devices' publishes end at the gate, so this can only be a will; it is telemetry, not routed.
          clientOf(client)?.willDue()
          done(new Error('a will is telemetry'))
        },
      }),
    )
  }

  enter(guest: BrokerClient): BrokerSession {
    const port = new ClientStream(guest)
    const client = this.#aedes.handle(port)
    port.once('close', () => {
      guest.brokerClosed()
    })
    return {
      feed: (frame) => {
        port.feed(frame)
      },
      leave: () => {
        client.close()
      },
    }
  }

  /** Drops the stored session of a client, as if it had never been. */
  async forget(clientId: string): Promise<void> {
    // aedes types this callback-style and untyped; it is a promise (aedes-persistence 10).
    const persistence = (
      this.#aedes as unknown as {
        persistence: { cleanSubscriptions(client: { id: string }): Promise<unknown> }
      }
    ).persistence
    await persistence.cleanSubscriptions({ id: clientId })
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#aedes.close(() => {
        resolve()
      })
    })
  }
}

function refusal(code: number): AuthenticateError {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- its codes are an ambient const enum
  return Object.assign(new Error('refused'), { returnCode: code })
}
