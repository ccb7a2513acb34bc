/** Provisioning clients of a hub that has enrolled `d1`, for tests. The tests start it: the client knows no hub. */

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo, Server as TcpServer } from 'node:net'
import { ProvisioningDeviceClient, type ProvisioningKeyOptions } from '../index.ts'
import { HastyClock } from './hasty-clock.ts'

export const KEY = Buffer.alloc(64, 1).toString('base64')
export const SCOPE = '0ne00000000'

export const symmetric = (primaryKey: string) => ({ type: 'symmetricKey', symmetricKey: { primaryKey } })

/** Options of the hub. */
export const HUB = {
  controlPort: false,
  seed: { enrollments: [{ registrationId: 'd1', attestation: symmetric(KEY) }] },
} as const

/** What is needed of the hub. */
interface RunningHub {
  readonly caPem: string
  readonly mqttPort: number
  readonly httpsPort: number
  readonly journal: {
    filter(asked: {
      readonly type: 'packet'
    }): readonly { readonly cmd: string; readonly direction: string; readonly packet: object }[]
  }
}

export class TestProvisioning<Hub extends RunningHub> {
  readonly hub: Hub
  readonly clock = new HastyClock()

  constructor(hub: Hub) {
    this.hub = hub
  }

  options(more: ProvisioningKeyOptions = {}): ProvisioningKeyOptions {
    const { hub, clock } = this
    return {
      serverVerificationCert: hub.caPem,
      ...more,
      extensions: {
        clock,
        endpoint: { host: '127.0.0.1', mqttPort: hub.mqttPort, httpsPort: hub.httpsPort },
        ...more.extensions,
      },
    }
  }

  client(more: ProvisioningKeyOptions = {}, id = 'd1', key = KEY): ProvisioningDeviceClient {
    return ProvisioningDeviceClient.createFromSymmetricKey('127.0.0.1', id, SCOPE, key, this.options(more))
  }

  /** Packets of clients. */
  packets(cmd: string): Record<string, unknown>[] {
    return this.hub.journal
      .filter({ type: 'packet' })
      .filter((entry) => entry.cmd === cmd && entry.direction === 'in')
      .map(({ packet }) => packet as Record<string, unknown>)
  }

  /** Those of them that were published to a topic with this part. */
  published(part: string): Record<string, unknown>[] {
    return this.packets('publish').filter(({ topic }) => String(topic).includes(part))
  }
}

/** The error of what must fail. */
export async function failed(work: Promise<unknown>): Promise<Error> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('nothing was refused')
}

/** Listens on a free port of 127.0.0.1. @returns the port. */
export async function listening(server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
