/**
 * AMQP at the composition root. Its room is loaded when the first client comes: until then a hub with AMQP starts and
 * runs as one without it. Telemetry from before is there all the same, as far as the core has retained it.
 */

import type { Duplex } from 'node:stream'
import { listenAmqps } from '../amqp/listener.ts'
import type { AmqpServer, ConnectionInfo } from '../amqp/server.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { MockHubOptions } from './options.ts'
import type { Undo } from './optional-parts.ts'
import type { HubTls } from '../net/hub-certificates.ts'
import type { WebSocketProtocol } from '../net/websocket.ts'

export interface AmqpOnDemand {
  /** For the HTTPS port. */
  readonly protocol: WebSocketProtocol
  /** @throws the system's error when the port cannot be had. */
  listen(tls: HubTls): Promise<number>
}

/** @returns undefined when the options want none. */
export function amqpOnDemand(
  { amqpPort = 0, address = '127.0.0.1', partitions }: MockHubOptions,
  hub: Hub,
  undo: Undo,
): AmqpOnDemand | undefined {
  if (amqpPort === false) return undefined
  let port = amqpPort
  let loaded: Promise<AmqpServer> | undefined
  let stopped = false
  const room = (): Promise<AmqpServer> =>
    (loaded ??= import('../amqp/server.ts').then(({ createAmqpServer: createAmqpRoom }) =>
      createAmqpRoom(hub, { partitions, port: () => port }),
    ))
  const accept = (stream: Duplex, info: ConnectionInfo): void => {
    const broken = (): void => {
      stream.destroy()
    }
    stream.on('error', broken)
    void room().then((opened) => {
      if (stopped) stream.destroy()
      else if (!stream.destroyed) opened.accept(stream, info)
    })
  }
  undo.push(async () => {
    stopped = true
    await (await loaded)?.stop()
  })
  return {
    protocol: (stream, info) => {
      accept(stream, { ...info, webSocket: true })
    },
    listen: async (tls) => {
      const listener = await listenAmqps(
        { accept },
        {
          host: address,
          port: amqpPort,
          tls: tls.server,
          faults: hub.faults,
          tlsVariants: (variant) => tls.variant(variant),
        },
      )
      undo.push(() => listener.stop())
      port = listener.port
      return port
    },
  }
}
