/** What TLS was agreed with a client, as the journal keeps it. */

import { TLSSocket } from 'node:tls'
import type { TlsFacts } from '../core/contract/journal.ts'

export function tlsFacts(socket: unknown): TlsFacts | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  // On a server's socket: the name, `false` when the client named none, or nothing. Their types know of none.
  const { servername } = socket as { readonly servername?: string | false | null }
  return {
    version: socket.getProtocol() ?? 'unknown',
    serverName: servername || undefined,
    resumed: socket.isSessionReused(),
  }
}
