/** The hub's AMQP adapter: it takes streams, whatever carries them, and serves devices, back ends and readers on them. */

import type { Duplex } from 'node:stream'
import { hubNameOf } from '../core/contract/connection-strings.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Provisioning } from '../provisioning/contract/provisioning.ts'
import { Connection } from './connection.ts'
import type { ConnectionInfo, ServerContext } from './connection.ts'
import { EventHub } from './events/event-hub.ts'
import { onStreamFaultArmed } from '../net/stream-faults.ts'

export type { ConnectionInfo } from './connection.ts'

export interface AmqpServerOptions {
  /** Partitions of the Event Hub, 1 to 32; default 4. */
  readonly partitions?: number | undefined
  /** Consumer groups beside `$Default`; default: any name is one. */
  readonly consumerGroups?: readonly string[] | undefined
  /** How long messages are kept, in days of the hub's clock, 1 to 7; default 1. */
  readonly retentionDays?: number | undefined
  /** Bytes kept in each partition; default 64 MiB. */
  readonly retentionBytes?: number | undefined
  /** The port that redirected readers are told; asked when a client connects; default 5671. */
  readonly port?: (() => number) | undefined
  /** Serves devices that ask for their hub; default: none does. */
  readonly provisioning?: Provisioning | undefined
}

export interface AmqpServer {
  /** Serves one client; what it sends on `stream` is AMQP 1.0. */
  accept(stream: Duplex, info: ConnectionInfo): void
  /** Number of connections that have not ended. */
  readonly connections: number
  /** Closes every connection and refuses new ones. */
  stop(): Promise<void>
}

const DAY_MS = 86_400_000
const DEFAULT_BYTES = 64 * 1_048_576
const DEFAULT_PORT = 5_671

/**
 * Serves AMQP clients with a hub's core.
 * @throws RangeError for a number of partitions or days that Event Hubs does not have.
 */
// A promise, as with the other adapters.
// oxlint-disable-next-line typescript/require-await
export async function createAmqpServer(hub: Hub, options: AmqpServerOptions = {}): Promise<AmqpServer> {
  const { partitions = 4, retentionDays = 1, retentionBytes = DEFAULT_BYTES, consumerGroups } = options
  checkRange('partitions', partitions, 32)
  checkRange('retentionDays', retentionDays, 7)
  const eventHub = new EventHub(hub, {
    name: hubNameOf(hub.hostName),
    partitions,
    consumerGroups,
    retention: { count: hub.settings.telemetryRetained, bytes: retentionBytes, ms: retentionDays * DAY_MS },
  })
  const connections = new Set<Connection>()
  let count = 0
  let stopped = false
  const stopWatching = onStreamFaultArmed(hub.faults, (effects) => {
    for (const connection of [...connections]) connection.injectStreamFault(effects)
  })
  const stopBreaking = hub.deviceFaults.onBreak((identity, part) => {
    for (const connection of [...connections]) connection.breakDevice(identity, part)
  })
  const context: ServerContext = {
    hub,
    eventHub,
    hostName: hub.hostName,
    provisioning: options.provisioning,
    get port() {
      return options.port?.() ?? DEFAULT_PORT
    },
    onEnd: (connection) => {
      connections.delete(connection)
    },
  }
  return {
    accept: (stream, info) => {
      if (stopped) {
        stream.destroy()
        return
      }
      const connection = new Connection(context, `amqp-${++count}`, stream, info)
      // An armed fault may have ended it already.
      if (!connection.over) connections.add(connection)
    },
    get connections() {
      return connections.size
    },
    stop: () => {
      stopped = true
      stopWatching()
      stopBreaking()
      eventHub.stop()
      for (const connection of [...connections]) connection.destroy()
      return Promise.resolve()
    },
  }
}

function checkRange(field: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return
  throw new RangeError(`amqp: ${field} must be a whole number from 1 to ${most}; given: ${value}`)
}
