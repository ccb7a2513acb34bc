/**
 * WebSocket on the HTTPS port (wire contract 1.1): one protocol a room, chosen by the sub-protocol that the client offers.
 * Streams leave here as plain duplexes; what they carry is the rooms' business.
 */

import { STATUS_CODES } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import type { Duplex } from 'node:stream'
import { WebSocketServer, createWebSocketStream } from 'ws'
import type { WebSocket } from 'ws'
import type { Faults } from '../core/contract/faults.ts'
import { clientInfo, type ClientInfo } from './peer.ts'

/** Takes over the stream of an upgraded connection. */
export type WebSocketProtocol = (stream: Duplex, client: ClientInfo) => void

export interface WebSocketOptions {
  /** Levers `ws.*` strike here; left out: none can. */
  readonly faults?: Faults | undefined
  /** Largest WebSocket message in bytes; default 1 MiB, four times the largest MQTT packet. */
  readonly maxPayload?: number | undefined
}

const PATH = '/$iothub/websocket'
/** Where the clients of Event Hubs look for AMQP, on the host that their connection string names; nothing else is there. */
const EVENT_HUBS_PATH = '/$servicebus/websocket'
const AMQP = 'amqpwsb10'

/**
 * Answers upgrades of an HTTPS server.
 * @param protocols by sub-protocol, in lower case; a client's spelling is matched without regard to case and echoed.
 * @returns detaches and closes what was upgraded.
 */
export function attachWebSocket(
  server: Server,
  protocols: Readonly<Record<string, WebSocketProtocol>>,
  options: WebSocketOptions = {},
): () => void {
  const byName = new Map(Object.entries(protocols).map(([name, take]) => [name.toLowerCase(), take]))
  const supported = (offered: Iterable<string>): string | undefined => {
    for (const name of offered) if (byName.has(name.toLowerCase())) return name
    return undefined
  }
  const wss = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: options.maxPayload ?? 1_048_576,
    handleProtocols: (offered) => supported(offered) ?? false,
  })

  /** Says a sub-protocol that nobody asked for. */
  const stranger = new WebSocketServer({ noServer: true, handleProtocols: () => 'amqp-of-another-kind' })

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const place = decodedPath(path)
    if (place !== PATH && !(place === EVENT_HUBS_PATH && byName.has(AMQP))) {
      answer(socket, 404, `There is nothing to upgrade to at ${path}.`)
      return
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
    const name = supported(offered)
    const take = name === undefined ? undefined : byName.get(name.toLowerCase())
    if (name === undefined || take === undefined || (place !== PATH && name.toLowerCase() !== AMQP)) {
      const here = place === PATH ? [...byName.keys()] : [AMQP]
      answer(socket, 400, `Sec-WebSocket-Protocol must offer one of ${here.join(', ')}.`)
      return
    }
    const met = options.faults?.idle === false ? options.faults.match('ws') : undefined
    if (met !== undefined && !beforeUpgrade(met, socket)) return
    const chosen = met?.effect === 'wrong_protocol' ? stranger : wss
    chosen.handleUpgrade(request, socket, head, (webSocket) => {
      if (met?.effect === 'close') {
        const code = met.parameters['code']
        webSocket.close(typeof code === 'number' ? code : 1011)
        return
      }
      if (met?.effect === 'fragment') sendInFragments(webSocket)
      take(createWebSocketStream(webSocket), clientInfo(request.socket))
    })
  }

  server.on('upgrade', upgrade)
  return () => {
    server.off('upgrade', upgrade)
    for (const each of [wss, stranger]) {
      for (const client of each.clients) client.terminate()
      each.close()
    }
  }
}

type Met = NonNullable<ReturnType<Faults['match']>>

/** Levers that answer the request instead of upgrading it. @returns whether the upgrade goes on. */
function beforeUpgrade({ effect, parameters }: Met, socket: Duplex): boolean {
  const { status, location } = parameters
  switch (effect) {
    case 'status':
      answer(socket, typeof status === 'number' ? status : 503, 'Ordered by a fault.')
      return false
    case 'redirect':
      answer(
        socket,
        302,
        'Ordered by a fault.',
        `Location: ${typeof location === 'string' ? location : '/'}\r\n`,
      )
      return false
    case 'withhold':
      return false
    default:
      return true
  }
}

/** Each message as frames of one byte and the rest, as a middle box may cut it. */
function sendInFragments(webSocket: WebSocket): void {
  const send = webSocket.send.bind(webSocket)
  const cut = (data: Buffer, done: (error?: Error) => void): void => {
    if (data.length < 2) {
      send(data, { binary: true }, done)
      return
    }
    send(data.subarray(0, 1), { binary: true, fin: false })
    send(data.subarray(1), { binary: true, fin: true }, done)
  }
  webSocket.send = cut as typeof webSocket.send // the stream on top calls it in just this form
}

/** Clients differ in whether they encode the dollar sign. */
function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function answer(socket: Duplex, status: number, text: string, header = ''): void {
  const body = `${text}\n`
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: text/plain\r\n${header}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
