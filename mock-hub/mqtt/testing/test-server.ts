/** An MQTT server with a real core, for tests of the adapter: a clock that stands still, identities, raw clients. */

import { createHmac } from 'node:crypto'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { JournalEntry } from '../../core/contract/journal.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import { createHub } from '../../core/create-hub.ts'
import { identityKey } from '../../core/contract/identity.ts'
import type { Identity } from '../../core/contract/identity.ts'
import type { Settings } from '../../core/contract/settings.ts'
import type { IConnectPacket } from 'mqtt-packet'
import type { Provisioning } from '../../provisioning/contract/provisioning.ts'
import { createMqttServer } from '../server.ts'
import type { ConnectionInfo, MqttServer } from '../server.ts'
import { RawClient } from './raw-client.ts'

type ConnectOptions = Partial<IConnectPacket> & { readonly certificates?: readonly Buffer[] }

export class TestServer {
  readonly hub: Hub
  readonly mqtt: MqttServer
  readonly clock: ManualClock

  private constructor(hub: Hub, mqtt: MqttServer, clock: ManualClock) {
    this.hub = hub
    this.mqtt = mqtt
    this.clock = clock
  }

  static async open(
    settings: Partial<Settings> = {},
    provisioningOf?: (hub: Hub) => Provisioning,
  ): Promise<TestServer> {
    const clock = new ManualClock()
    const hub = createHub({ clock, settings })
    return new TestServer(hub, await createMqttServer(hub, provisioningOf?.(hub)), clock)
  }

  device(deviceId: string, spec: Parameters<Hub['registry']['create']>[1] = {}): IdentityRecord {
    return this.hub.registry.create({ deviceId }, spec)
  }

  module(deviceId: string, moduleId: string): IdentityRecord {
    return this.hub.registry.create({ deviceId, moduleId })
  }

  /** A connection on which nothing has been sent. */
  open(info: Partial<ConnectionInfo> = {}): RawClient {
    const { client, stream } = RawClient.pair()
    this.mqtt.accept(stream, { transport: 'mqtt', peer: 'test', ...info })
    return client
  }

  /** Sends CONNECT as this identity; `options` replace the defaults. */
  dial(identity: Identity, { certificates, ...options }: ConnectOptions = {}): RawClient {
    const client = this.open(certificates === undefined ? {} : { certificates })
    const key = identityKey(identity)
    client.connect({
      clientId: key,
      username: `${this.hub.hostName}/${key}/?api-version=2021-04-12`,
      ...(certificates === undefined ? { password: Buffer.from(this.token(identity)) } : {}),
      ...options,
    })
    return client
  }

  /** A client that has received CONNACK with return code 0. */
  async connected(identity: Identity, options: ConnectOptions = {}): Promise<RawClient> {
    const client = this.dial(identity, options)
    const connack = await client.next()
    if (connack.cmd !== 'connack' || connack.returnCode !== 0) {
      throw new Error(`refused: ${JSON.stringify(connack)} ${JSON.stringify(this.hub.lastRefusals[0])}`)
    }
    return client
  }

  /** @param se expiry in seconds since the epoch; default an hour from now. */
  token(identity: Identity, se: number | string = Math.floor(this.clock.now() / 1000) + 3600): string {
    const { deviceId, moduleId } = identity
    const record = this.hub.registry.get(identity)
    const path = moduleId === undefined ? `devices/${deviceId}` : `devices/${deviceId}/modules/${moduleId}`
    const sr = encodeURIComponent(`${this.hub.hostName}/${path}`)
    return sasToken(sr, record.authentication.symmetricKey.primaryKey ?? '', se)
  }

  /** The first journal entry that matches, also an earlier one. */
  journal<K extends JournalEntry['type']>(
    type: K,
    matches: (entry: Extract<JournalEntry, { type: K }>) => boolean = () => true,
  ): Promise<JournalEntry> {
    return this.hub.journal.until(
      (entry) => entry.type === type && matches(entry as Extract<JournalEntry, { type: K }>),
    )
  }

  async stop(): Promise<void> {
    await this.mqtt.stop()
    this.hub.stop()
  }
}

/** @param sr as the token contains it, percent-encoded or not. */
export function sasToken(sr: string, key: string, se: number | string, skn?: string): string {
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  const policy = skn === undefined ? '' : `&skn=${skn}`
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}${policy}`
}
