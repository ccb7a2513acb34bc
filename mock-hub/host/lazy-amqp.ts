/**
 * AMQP in the composition root. The adapter is loaded when the first client connects: until then a hub with AMQP starts
 * and runs as fast as one without. Telemetry from before is available to readers as far as the core has kept it.
 */

import type { Duplex } from 'node:stream'
import type { AmqpServer, ConnectionInfo } from '../amqp/server.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Provisioning } from '../provisioning/contract/provisioning.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import type { Undo } from './undo.ts'
import type { HubTls } from '../net/hub-certificates.ts'
import { reportTlsErrors } from '../net/tls-errors.ts'
import { listenTls, type TlsListener } from '../net/tls-listener.ts'
import type { WebSocketProtocol } from '../net/websocket.ts'

export interface AmqpOnDemand {
  /** Serves WebSocket connections of the HTTPS port. */
  readonly protocol: WebSocketProtocol
  /** @returns the listener with its port. @throws the system's error when the port is not available. */
  listen(tls: HubTls): Promise<TlsListener>
}

/** @returns undefined when the options ask for no AMQP. */
export function amqpOnDemand(
  { amqpPort, address, partitions }: ResolvedOptions,
  hub: Hub,
  provisioning: Provisioning | undefined,
  undo: Undo,
): AmqpOnDemand | undefined {
  if (amqpPort === false) return undefined
  let port = amqpPort
  let loading: Promise<AmqpServer> | undefined
  let stopped = false
  const load = (): Promise<AmqpServer> =>
    (loading ??= import('../amqp/server.ts').then(({ createAmqpServer }) =>
      createAmqpServer(hub, { partitions, port: () => port, provisioning }),
    ))
  const accept = (stream: Duplex, info: ConnectionInfo): void => {
    stream.on('error', () => {
      stream.destroy()
    })
    void load().then((server) => {
      if (stopped) stream.destroy()
      else if (!stream.destroyed) server.accept(stream, info)
    })
  }
  undo.push(async () => {
    stopped = true
    await (await loading)?.stop()
  })
  return {
    protocol: (stream, info) => {
      accept(stream, { transport: 'amqp-ws', ...info })
    },
    listen: async (tls) => {
      const listener = await listenTls(
        (socket, client) => {
          accept(socket, { transport: 'amqp', ...client })
        },
        {
          host: address,
          port: amqpPort,
          tls: tls.credentials,
          faults: hub.faults,
          clock: hub.clock,
          silenceSeconds: hub.settings.connectTimeoutSeconds,
          tlsVariants: (variant) => tls.variant(variant),
          onTlsError: reportTlsErrors(hub, 'amqp', () => port, tls),
        },
      )
      undo.push(() => listener.stop())
      port = listener.port
      return listener
    },
  }
}
