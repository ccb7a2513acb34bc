/**
 * WebSocket on the HTTPS port (docs/contract/tls.md#tls-websocket): the sub-protocol that the client offers selects the
 * adapter, which gets a plain duplex stream.
 */

import { percentDecoded } from '../base/percent.ts'
import { STATUS_CODES } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import type { Duplex } from 'node:stream'
import { WebSocketServer, createWebSocketStream } from 'ws'
import type { WebSocket } from 'ws'
import { numberParameter, type FaultMatch, type Faults } from '../core/contract/faults.ts'
import { clientInfo, type ClientInfo } from './peer.ts'

/** Takes over the stream of an upgraded connection. */
export type WebSocketProtocol = (stream: Duplex, client: ClientInfo) => void

export interface WebSocketOptions {
  /** For faults `ws.*`; default: none is injected. */
  readonly faults?: Faults | undefined
  /** Further paths, on which only the provisioning service is served; default: none. */
  readonly provisioningPaths?: readonly string[] | undefined
  /** Largest WebSocket message in bytes; default 1 MiB, four times the largest MQTT packet. */
  readonly maxPayload?: number | undefined
}

const PATH = '/$iothub/websocket'
/** The path of Event Hubs clients; only AMQP is served there. */
const EVENT_HUBS_PATH = '/$servicebus/websocket'
const AMQP = 'amqpwsb10'

/**
 * Answers upgrades of an HTTPS server.
 * @param protocols adapters by sub-protocol; case does not matter, and the client's spelling is echoed.
 * @returns stops answering, and closes the upgraded connections.
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

  /** Answers with a sub-protocol that the client did not offer. */
  const wrongProtocol = new WebSocketServer({ noServer: true, handleProtocols: () => 'amqp-of-another-kind' })

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    const path = pathOf(request.url ?? '')
    const onlyProvisioning = options.provisioningPaths?.includes(path) === true
    const everything = path === PATH || onlyProvisioning
    if (!everything && !(path === EVENT_HUBS_PATH && byName.has(AMQP))) {
      answer(socket, 400, `There is nothing to upgrade to at ${path}.`)
      return
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
    const name = supported(offered)
    const take = name === undefined ? undefined : byName.get(name.toLowerCase())
    if (name === undefined || take === undefined || (!everything && name.toLowerCase() !== AMQP)) {
      const here = everything ? [...byName.keys()] : [AMQP]
      answer(socket, 400, `Sec-WebSocket-Protocol must offer one of ${here.join(', ')}.`)
      return
    }
    const match = options.faults?.idle === false ? options.faults.match('ws') : undefined
    if (match !== undefined && !upgrades(match, socket)) return
    const chosen = match?.effect === 'wrong_protocol' ? wrongProtocol : wss
    chosen.handleUpgrade(request, socket, head, (webSocket) => {
      if (match?.effect === 'close') {
        webSocket.close(numberParameter(match, 'code', 1011))
        return
      }
      if (match?.effect === 'fragment') sendInFragments(webSocket)
      const info = clientInfo(request.socket)
      take(createWebSocketStream(webSocket), onlyProvisioning ? { ...info, onlyProvisioning } : info)
    })
  }

  server.on('upgrade', upgrade)
  return () => {
    server.off('upgrade', upgrade)
    for (const each of [wss, wrongProtocol]) {
      for (const client of each.clients) client.terminate()
      each.close()
    }
  }
}

/** Injects faults that answer the request instead of upgrading it. @returns whether the upgrade goes on. */
function upgrades(match: FaultMatch, socket: Duplex): boolean {
  const { effect, parameters } = match
  const { location } = parameters
  switch (effect) {
    case 'status':
      answer(socket, numberParameter(match, 'status', 503), 'Ordered by a fault.')
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

/** Sends each message in two frames, the first with one byte, as a middle box may do. */
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
  webSocket.send = cut as typeof webSocket.send // the stream calls it with just these parameters
}

/**
 * The path of a request line, decoded: clients differ in whether they encode the dollar sign, and the Java SDK sends an
 * absolute URL (docs/contract/tls.md#tls-websocket-absolute).
 */
function pathOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?]*/i, '').replace(/\?.*$/, '')
  return percentDecoded(path)
}

function answer(socket: Duplex, status: number, text: string, header = ''): void {
  const body = `${text}\n`
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: text/plain\r\n${header}` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
