/** Opens the connection to the hub for MQTT and HTTPS: TCP, an optional proxy, TLS. Fails with documented errors. */

import { request } from 'node:http'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type SecureContext, connect as connectTls, type TLSSocket } from 'node:tls'
import { SocksClient } from 'socks'
import type { Clock } from '../core/clock.ts'
import type { ProxyOptions } from '../core/proxy-options.ts'
import { connectionFailed, handshakeFailed, proxyFailed, timedOut } from './errors.ts'

/**
 * Limit for TCP and for the response of a proxy, as in the Python SDK (docs/contract/client/timing.md#client-timing).
 */
const CONNECT_LIMIT_MS = 5_000

export interface DialOptions {
  /** The TLS server name; the certificate must match it. */
  readonly host: string
  /** The address to dial; usually the same as `host`. */
  readonly address: string
  readonly port: number
  readonly proxy: ProxyOptions | undefined
  readonly secureContext: SecureContext
  readonly handshakeLimitMs: number
  readonly clock: Clock
}

/** @throws ConnectionFailedError, OperationTimeout, ClientError (proxy, trust), or the reason of the signal. */
export async function openSocket(dial: DialOptions, signal: AbortSignal): Promise<TLSSocket> {
  const { clock, proxy } = dial
  const socket =
    proxy === undefined
      ? await direct(dial, clock, signal)
      : await limited<Socket>(clock, CONNECT_LIMIT_MS, signal, proxyFailed, proxyFailed, (done, failed) =>
          throughProxy(proxy, dial, done, failed),
        )
  return limited(
    clock,
    dial.handshakeLimitMs,
    signal,
    handshakeFailed,
    () => timedOut('The TLS handshake', dial.handshakeLimitMs),
    (done, failed) => {
      const secure = connectTls({
        socket,
        secureContext: dial.secureContext,
        ...(isIP(dial.host) === 0 ? { servername: dial.host } : {}),
        host: dial.host,
      })
      secure.once('secureConnect', () => {
        done(secure)
      })
      secure.on('error', failed) // remains: TLS may report one failure twice
      return () => {
        secure.destroy()
        socket.destroy()
      }
    },
  )
}

function direct(dial: DialOptions, clock: Clock, signal: AbortSignal): Promise<Socket> {
  return limited(
    clock,
    CONNECT_LIMIT_MS,
    signal,
    connectionFailed,
    () => timedOut('The TCP connection', CONNECT_LIMIT_MS),
    (done, failed) => {
      const socket = connectTcp({ host: dial.address, port: dial.port, noDelay: true })
      socket.on('error', failed)
      socket.once('connect', () => {
        done(socket)
      })
      return () => socket.destroy()
    },
  )
}

function throughProxy(
  proxy: ProxyOptions,
  dial: DialOptions,
  done: (socket: Socket) => void,
  failed: (error: unknown) => void,
): () => void {
  return proxy.proxyType === 'HTTP'
    ? throughHttp(proxy, dial, done, failed)
    : throughSocks(proxy, dial, done, failed)
}

function throughHttp(
  proxy: ProxyOptions,
  dial: DialOptions,
  done: (socket: Socket) => void,
  failed: (error: unknown) => void,
): () => void {
  const target = `${isIP(dial.address) === 6 ? `[${dial.address}]` : dial.address}:${dial.port}`
  const login = `${proxy.proxyUsername ?? ''}:${proxy.proxyPassword ?? ''}`
  const outgoing = request({
    method: 'CONNECT',
    host: proxy.proxyAddress,
    port: proxy.proxyPort,
    path: target,
    agent: false,
    headers: {
      Host: target,
      ...(proxy.proxyUsername === undefined
        ? {}
        : { 'Proxy-Authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
    },
  })
  outgoing.on('error', failed)
  outgoing.once('response', (response) => {
    failed(new Error(`The proxy refused with status ${response.statusCode ?? 0}`))
  })
  outgoing.once('connect', (response, socket: Socket, head) => {
    if (response.statusCode !== 200) {
      socket.destroy()
      failed(new Error(`The proxy refused with status ${response.statusCode ?? 0}`))
      return
    }
    if (head.length > 0) socket.unshift(head)
    socket.setNoDelay(true)
    done(socket)
  })
  outgoing.end()
  return () => outgoing.destroy()
}

function throughSocks(
  proxy: ProxyOptions,
  dial: DialOptions,
  done: (socket: Socket) => void,
  failed: (error: unknown) => void,
): () => void {
  const login =
    proxy.proxyType === 'SOCKS4'
      ? { userId: proxy.proxyUsername ?? '' }
      : proxy.proxyUsername === undefined
        ? {}
        : { userId: proxy.proxyUsername, password: proxy.proxyPassword ?? '' }
  const client = new SocksClient({
    command: 'connect',
    proxy: {
      host: proxy.proxyAddress,
      port: proxy.proxyPort,
      type: proxy.proxyType === 'SOCKS4' ? 4 : 5,
      ...login,
    },
    destination: { host: dial.address, port: dial.port },
    timeout: 2 ** 31 - 1, // `limited` has the limit
    set_tcp_nodelay: true,
  })
  let abandoned = false
  client.once('established', ({ socket }) => {
    if (abandoned) socket.destroy()
    else done(socket)
  })
  client.on('error', failed)
  client.connect()
  return () => {
    abandoned = true
  }
}

/** Runs one step within a limit; `start` returns a function that undoes it. */
function limited<T>(
  clock: Clock,
  limitMs: number,
  signal: AbortSignal,
  asError: (error: unknown) => Error,
  onLimit: (error: Error) => Error,
  start: (done: (value: T) => void, failed: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let settled = false
    const settle = (act: () => void) => {
      if (settled) return
      settled = true
      stopAlarm()
      signal.removeEventListener('abort', abort)
      act()
    }
    const fail = (error: Error) => {
      settle(() => {
        undo()
        reject(error)
      })
    }
    const abort = () => {
      fail(signal.reason instanceof Error ? signal.reason : new Error('Cancelled'))
    }
    const stopAlarm = clock.schedule(limitMs, () => {
      fail(onLimit(new Error(`No response within ${limitMs / 1_000} s`)))
    })
    signal.addEventListener('abort', abort)
    let undo: () => void = () => undefined
    undo = start(
      (value) => {
        settle(() => {
          resolve(value)
        })
      },
      (error) => {
        fail(asError(error))
      },
    )
    if (signal.aborted) abort()
  })
}
