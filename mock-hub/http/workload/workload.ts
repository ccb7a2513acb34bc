/**
 * The workload API of IoT Edge (docs/contract/edge.md), which a module finds at `IOTEDGE_WORKLOADURI`: on a Unix socket
 * and over plain HTTP. With it, `create_from_edge_environment` works.
 */

import type { Server } from 'node:http'
import type { ListenOptions, Socket } from 'node:net'
import type { Hub } from '../../core/contract/hub.ts'
import { listenOnDemand, type HttpListener } from '../../http-common/on-demand.ts'
import { closeSilentClients } from '../../http-common/silent-clients.ts'
import { clearSocketPath } from '../../net/socket-file.ts'
import type { WorkloadOptions } from './options.ts'

export interface Workload {
  /** `unix:///path`; undefined: there is no Unix socket. */
  readonly socketUri: string | undefined
  /** `http://127.0.0.1:port`; undefined: there is no TCP port. */
  readonly httpUri: string | undefined
  stop(): Promise<void>
}

/** Starts the listeners that the options ask for. */
export async function startWorkload(hub: Hub, options: WorkloadOptions): Promise<Workload> {
  const { socketPath, port } = options
  const listen = (at: ListenOptions, refusesStrangers: boolean): Promise<HttpListener> =>
    listenOnDemand(
      at,
      (server) => {
        watch(server, hub)
      },
      async (serverOf) => {
        const { workloadApp } = await import('./app.ts')
        const app = workloadApp(hub, options, serverOf, refusesStrangers)
        await app.ready()
        return app
      },
    )
  const running: HttpListener[] = []
  if (socketPath !== undefined) {
    await clearSocketPath(socketPath)
    running.push(await listen({ path: socketPath }, false))
  }
  let httpUri: string | undefined
  if (port !== undefined) {
    const tcp = await listen({ host: '127.0.0.1', port }, true)
    running.push(tcp)
    httpUri = `http://127.0.0.1:${String(tcp.port)}`
  }
  return {
    socketUri: socketPath === undefined ? undefined : `unix://${socketPath}`,
    httpUri,
    async stop() {
      for (const listener of running.reverse()) await listener.stop()
    },
  }
}

function watch(server: Server, hub: Hub): void {
  closeSilentClients(server, hub)
  server.on('connection', (socket: Socket) => {
    if (!hub.faults.idle && hub.faults.match('edge', undefined, ['refuse']) !== undefined) socket.destroy()
  })
}
