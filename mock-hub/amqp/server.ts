/** The hub's AMQP room: it takes streams, whatever carries them, and serves the back ends on them. */

import type { Duplex } from 'node:stream'
import { eventHubName } from '../core/contract/connection-strings.ts'
import type { Hub } from '../core/contract/hub.ts'
import { Connection } from './connection.ts'
import type { ConnectionInfo, ServerContext } from './connection.ts'
import { EventHub } from './events/event-hub.ts'
import { onStreamFaultArmed } from '../net/stream-faults.ts'

export type { ConnectionInfo } from './connection.ts'

export interface AmqpServerOptions {
  /** 1 to 32; default 4. */
  readonly partitions?: number | undefined
  /** Besides `$Default`; left out: any name is a consumer group. */
  readonly consumerGroups?: readonly string[] | undefined
  /** 1 to 7, on the hub's clock; default 1. */
  readonly retentionDays?: number | undefined
  /** Kept in each partition; default 64 MiB. */
  readonly retentionBytes?: number | undefined
  /** Where redirected readers are sent to: asked when one comes; default 5671. */
  readonly port?: (() => number) | undefined
}

export interface AmqpServer {
  /** Serves one client; what it sends on `stream` is AMQP 1.0. */
  accept(stream: Duplex, info: ConnectionInfo): void
  /** Streams accepted and not yet closed. */
  readonly connections: number
  /** Closes every connection and refuses new ones. */
  stop(): Promise<void>
}

const DAY_MS = 86_400_000
const DEFAULT_BYTES = 64 * 1_048_576
const DEFAULT_PORT = 5_671

/**
 * Opens the room over a hub's core.
 * @throws RangeError for a number of partitions or days that Event Hubs does not have.
 */
// A promise, as every room is opened: some have work to do first.
// eslint-disable-next-line @typescript-eslint/require-await
export async function createAmqpServer(hub: Hub, options: AmqpServerOptions = {}): Promise<AmqpServer> {
  const { partitions = 4, retentionDays = 1, retentionBytes = DEFAULT_BYTES, consumerGroups } = options
  checkRange('partitions', partitions, 32)
  checkRange('retentionDays', retentionDays, 7)
  const eventHub = new EventHub(hub, {
    name: eventHubName(hub.hostName),
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
  const port: ServerContext = {
    hub,
    eventHub,
    hostName: hub.hostName,
    get port() {
      return options.port?.() ?? DEFAULT_PORT
    },
    left: (connection) => {
      connections.delete(connection)
    },
  }
  return {
    accept: (stream, info) => {
      if (stopped) {
        stream.destroy()
        return
      }
      const connection = new Connection(port, `amqp-${++count}`, stream, info)
      // A lever may have struck it already.
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
