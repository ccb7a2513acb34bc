/** The hub's MQTT adapter: it takes streams, whatever carries them, and serves the devices on them. */

import type { Duplex } from 'node:stream'
import type { Hub } from '../core/contract/hub.ts'
import { identityKey } from '../core/contract/identity.ts'
import { onStreamFaultArmed } from '../net/stream-faults.ts'
import type { Provisioning } from '../provisioning/contract/provisioning.ts'
import { Broker } from './broker.ts'
import { Connection } from './connection.ts'
import type { ConnectionContext } from './connection.ts'
import type { ConnectionInfo } from './connection-info.ts'
import { handlePacket } from './packets/handle-packet.ts'

export type { ConnectionInfo } from './connection-info.ts'

export interface MqttServer {
  /** Serves one client; what it sends on `stream` is MQTT 3.1.1. */
  accept(stream: Duplex, info: ConnectionInfo): void
  /** Number of connections that have not ended. */
  readonly connections: number
  /** Closes every connection and refuses new ones. */
  stop(): Promise<void>
}

/** Serves MQTT devices with a hub's core. @param provisioning serves those that ask for their hub. */
// A promise, as with the other adapters.
// oxlint-disable-next-line typescript/require-await
export async function createMqttServer(hub: Hub, provisioning?: Provisioning): Promise<MqttServer> {
  const broker = Broker.start(hub.commits)
  const connections = new Set<Connection>()
  let count = 0
  let stopped = false

  // A deleted identity leaves no session behind: another of the same name starts without one.
  const stopListening = hub.registry.onChange(({ type, record }) => {
    if (type === 'deleted') void broker.forget(identityKey(record.identity))
  })

  // A fault of the stream is injected into a live connection if one matches, else into one of the next.
  const stopWatching = onStreamFaultArmed(hub.faults, (effects) => {
    for (const connection of [...connections]) connection.injectStreamFault(effects)
  })

  const stopForgetting = hub.faults.onChange(({ name, scope }, phase) => {
    if (phase !== 'armed' || name !== 'sessions.forget') return
    if (hub.faults.match('sessions', scope.identity) === undefined) return
    for (const client of scope.identity === undefined ? clientIds(hub) : [scope.identity])
      void broker.forget(client)
  })

  const stopBreaking = hub.deviceFaults.onBreak((identity, part) => {
    if (part !== 'tcp' && part !== 'mqtt') return
    for (const connection of [...connections])
      if (connection.session?.key === identity) connection.drop('fault')
  })

  const context: ConnectionContext = {
    hub,
    broker,
    provisioning,
    registrants: new Map(),
    handlePacket,
    onEnd: (connection) => {
      connections.delete(connection)
      const { clientId = '' } = connection
      if (context.registrants.get(clientId) === connection) context.registrants.delete(clientId)
    },
  }

  return {
    accept: (stream, info) => {
      if (stopped) {
        stream.destroy()
        return
      }
      const connection = new Connection(context, `mqtt-${++count}`, stream, info)
      // An armed fault may have ended it already.
      if (!connection.over) connections.add(connection)
    },
    get connections() {
      return connections.size
    },
    stop() {
      stopped = true
      stopListening()
      stopWatching()
      stopForgetting()
      stopBreaking()
      for (const connection of [...connections]) connection.drop('hub-stopped')
      return Promise.resolve()
    },
  }
}

function* clientIds({ registry }: Hub): IterableIterator<string> {
  for (const { identity } of registry.devices()) {
    yield identityKey(identity)
    for (const module of registry.modulesOf(identity.deviceId)) yield identityKey(module.identity)
  }
}
