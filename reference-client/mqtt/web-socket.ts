/**
 * MQTT over WebSockets: the upgrade on a TLS socket that is already open.
 * Source: docs/contract/tls.md#tls-websocket.
 */

import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { createWebSocketStream, WebSocket } from 'ws'
import type { Clock } from '../core/clock.ts'
import { protocolFailed } from '../net/errors.ts'

const PATH = '/$iothub/websocket'
const LIMIT_MS = 60_000

/** @throws ClientError when the upgrade is refused, ends early, or is not answered. */
export function upgrade(socket: TLSSocket, host: string, clock: Clock, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(`wss://${host}${PATH}`, ['mqtt'], {
      createConnection: () => socket,
      perMessageDeflate: false,
      origin: `https://${host}`,
    })
    const fail = (cause: unknown) => {
      stopAlarm()
      signal.removeEventListener('abort', giveUp)
      webSocket.terminate()
      socket.destroy()
      reject(protocolFailed(cause))
    }
    const giveUp = () => {
      fail(signal.reason)
    }
    const stopAlarm = clock.schedule(LIMIT_MS, () => {
      fail(new Error('The WebSocket upgrade was not answered'))
    })
    signal.addEventListener('abort', giveUp)
    webSocket.on('unexpected-response', (_request, response) => {
      fail(new Error(`The WebSocket upgrade was answered ${response.statusCode ?? 0}`))
    })
    webSocket.on('error', fail)
    webSocket.once('open', () => {
      stopAlarm()
      signal.removeEventListener('abort', giveUp)
      webSocket.off('error', fail)
      const stream = createWebSocketStream(webSocket)
      // Left alone it stays open for writing when the hub has gone, and nobody would hear of it.
      stream.once('end', () => stream.destroy())
      resolve(stream)
    })
  })
}
