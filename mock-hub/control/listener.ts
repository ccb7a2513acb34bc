/** The port of the control API, whose application is built at its first request. */

import { listenOnDemand, type HttpListener } from '../http-common/on-demand.ts'
import { closeSilentClients } from '../http-common/silent-clients.ts'
import type { ControlServerOptions } from './context.ts'
import { requireLoopback } from './loopback-rule.ts'

/**
 * Opens the port.
 * @param at.port 0: any free port.
 * @throws InvalidInput for an address that is not loopback when there is no token; the system's error when the port is not
 *   available.
 */
export async function listenForControl(
  options: ControlServerOptions,
  at: { readonly host: string; readonly port: number },
): Promise<HttpListener> {
  requireLoopback(at.host, options.token)
  return listenOnDemand(
    at,
    (server) => {
      closeSilentClients(server, options.hub)
    },
    async (serverOf) => {
      const { createControlServer } = await import('./server.ts')
      return (await createControlServer(options, serverOf)).app
    },
  )
}
