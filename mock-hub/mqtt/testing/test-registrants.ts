/** An MQTT server with a provisioning service that has enrolled `d1`, and devices that register, for tests. */

import type { IConnectPacket } from 'mqtt-packet'
import type { JournalEntry } from '../../core/contract/journal.ts'
import type { Settings } from '../../core/contract/settings.ts'
import type { Provisioning } from '../../provisioning/contract/provisioning.ts'
import { createProvisioning } from '../../provisioning/create-provisioning.ts'
import { connectHub, individual, SCOPE, token } from '../../provisioning/testing/test-provisioning.ts'
import type { ConnectionInfo } from '../server.ts'
import type { RawClient, Received } from './raw-client.ts'
import { TestServer } from './test-server.ts'

export const ANSWERS = '$dps/registrations/res/#'
export const REGISTER = '$dps/registrations/PUT/iotdps-register/?$rid='
export const POLL = '$dps/registrations/GET/iotdps-get-operationstatus/?$rid='
/** A PUBLISH but for its topic. */
export const publish = { cmd: 'publish', dup: false, retain: false, qos: 0, payload: '' } as const

export class TestRegistrants {
  readonly server: TestServer
  readonly dps: Provisioning

  private constructor(server: TestServer, dps: Provisioning) {
    this.server = server
    this.dps = dps
  }

  static async open(settings: Partial<Settings> = {}): Promise<TestRegistrants> {
    let dps: Provisioning | undefined
    const server = await TestServer.open(settings, (hub) => {
      const callWebhook = (): Promise<never> => Promise.reject(new Error('no webhook'))
      dps = createProvisioning({ hub, connectHub, callWebhook })
      return dps
    })
    if (dps === undefined) throw new Error('the server has no provisioning service')
    dps.individual.put('d1', individual('d1'))
    return new TestRegistrants(server, dps)
  }

  /** Sends CONNECT as `d1`; `options` replace the defaults. */
  dial(options: Partial<IConnectPacket> = {}, info: Partial<ConnectionInfo> = {}): RawClient {
    const client = this.server.open(info)
    client.connect({
      clientId: 'd1',
      username: usernameOf('d1'),
      ...(info.certificates === undefined ? { password: Buffer.from(token(this.server, 'd1')) } : {}),
      ...options,
    })
    return client
  }

  /** Has sent CONNECT and the subscription to the answers, and has been told that both are taken. */
  async subscribed(qos: 0 | 1 | 2 = 1, options: Partial<IConnectPacket> = {}): Promise<RawClient> {
    const client = this.dial(options)
    const { returnCode } = await client.take('connack')
    if (returnCode !== 0) throw new Error(`CONNECT was answered with ${String(returnCode)}`)
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: ANSWERS, qos }] })
    await client.take('suback')
    return client
  }

  /** A registration is decided. */
  ended(): Promise<JournalEntry> {
    return this.server.hub.journal.until((entry) => entry.type === 'registration' && entry.step === 'ended')
  }
}

export function usernameOf(registrationId: string, idScope = SCOPE): string {
  return `${idScope}/registrations/${registrationId}/api-version=2019-03-31`
}

/** Sends a request of QoS 0. @returns its answer. */
export async function request(client: RawClient, topic: string, payload = ''): Promise<Received> {
  client.send({ ...publish, topic, payload })
  return client.take('publish')
}

/** The JSON body of an answer. */
export function bodyOf({ payload = '' }: Received): Record<string, unknown> {
  return JSON.parse(payload.toString()) as Record<string, unknown>
}
