/** The hub's MQTT room: it takes streams, whatever carries them, and serves the devices on them. */

import type { Duplex } from 'node:stream'
import type { Hub } from '../core/contract/hub.ts'
import { identityKey } from '../core/contract/identity.ts'
import { Broker } from './broker.ts'
import { Connection } from './connection.ts'
import type { ConnectionInfo } from './connection-info.ts'
import { InjectedFaults } from './faults/injected-faults.ts'
import { STREAM_EFFECTS } from '../net/stream-faults.ts'

export type { ConnectionInfo } from './connection-info.ts'

export interface MqttServer {
  /** Serves one client; what it sends on `stream` is MQTT 3.1.1. */
  accept(stream: Duplex, info: ConnectionInfo): void
  /** Streams accepted and not yet closed. */
  readonly connections: number
  /** Closes every connection and refuses new ones. */
  stop(): Promise<void>
}

/** Opens the room over a hub's core. */
export async function createMqttServer(hub: Hub): Promise<MqttServer> {
  const broker = await Broker.start()
  const connections = new Set<Connection>()
  const byIdentity = new Map<string, Connection>()
  const packetIds = new Map<string, ReadonlyMap<string, number>>()
  let count = 0
  let stopped = false

  // A deleted identity leaves no session behind: another of the same name starts anew.
  const stopListening = hub.registry.onChange(({ type, record }) => {
    if (type !== 'deleted') return
    const key = identityKey(record.identity)
    packetIds.delete(key)
    void broker.forget(key)
  })

  // A lever on the socket strikes the links there are, and else the next ones to come.
  const stopWatching = hub.faults.onChange(({ name }, phase) => {
    const effect = name.startsWith('tcp.') ? name.slice('tcp.'.length) : undefined
    if (phase !== 'armed' || effect === undefined || !STREAM_EFFECTS.includes(effect)) return
    for (const connection of [...connections]) connection.strike([effect])
  })

  const port = {
    hub,
    broker,
    injected: new InjectedFaults(hub.clock),
    packetIds,
    claim: (key: string, connection: Connection) => {
      const before = byIdentity.get(key)
      byIdentity.set(key, connection)
      return before
    },
    left: (connection: Connection) => {
      connections.delete(connection)
      const { identity, clean, out } = connection
      const unacknowledged = clean ? undefined : out.unacknowledgedIds
      if (identity !== undefined && unacknowledged !== undefined) packetIds.set(identity, unacknowledged)
      else if (identity !== undefined) packetIds.delete(identity)
      // It keeps its place in `byIdentity` until the broker lets go: who comes next must wait for that.
      void connection.gone.then(() => {
        const key = connection.identity
        if (key !== undefined && byIdentity.get(key) === connection) byIdentity.delete(key)
      })
    },
  }

  return {
    accept: (stream, info) => {
      if (stopped) {
        stream.destroy()
        return
      }
      const connection = new Connection(port, `mqtt-${++count}`, stream, info)
      // A lever may have struck it already.
      if (!connection.over) connections.add(connection)
    },
    get connections() {
      return connections.size
    },
    stop: async () => {
      stopped = true
      stopListening()
      stopWatching()
      for (const connection of [...connections]) connection.destroy()
      await broker.stop()
    },
  }
}
