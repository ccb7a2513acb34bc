/**
 * MQTT over WebSockets: the upgrade of an open TLS socket.
 * Source: docs/contract/tls.md#tls-websocket.
 */

import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { createWebSocketStream, WebSocket } from 'ws'
import type { Clock } from '../core/clock.ts'
import { protocolFailed } from '../net/errors.ts'

const PATH = '/$iothub/websocket'
const LIMIT_MS = 60_000

/** @throws ClientError when the upgrade is refused, interrupted, or gets no response. */
export function upgrade(socket: TLSSocket, host: string, clock: Clock, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(`wss://${host}${PATH}`, ['mqtt'], {
      createConnection: () => socket,
      perMessageDeflate: false,
      origin: `https://${host}`,
    })
    const fail = (cause: unknown) => {
      stopAlarm()
      signal.removeEventListener('abort', cancel)
      webSocket.terminate()
      socket.destroy()
      reject(protocolFailed(cause))
    }
    const cancel = () => {
      fail(signal.reason)
    }
    const stopAlarm = clock.schedule(LIMIT_MS, () => {
      fail(new Error('The WebSocket upgrade got no response'))
    })
    signal.addEventListener('abort', cancel)
    webSocket.on('unexpected-response', (_request, response) => {
      fail(new Error(`The WebSocket upgrade was refused with status ${response.statusCode ?? 0}`))
    })
    webSocket.on('error', fail)
    webSocket.once('open', () => {
      stopAlarm()
      signal.removeEventListener('abort', cancel)
      webSocket.off('error', fail)
      const stream = createWebSocketStream(webSocket)
      // Otherwise the stream stays writable after the hub has closed, and the loss is not noticed.
      stream.once('end', () => stream.destroy())
      resolve(stream)
    })
  })
}
