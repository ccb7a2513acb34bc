/**
 * Opens the road to the hub for MQTT and HTTPS alike: TCP, a proxy when there is one, TLS. Fails with documented
 * errors.
 */

import { request } from 'node:http'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type SecureContext, connect as connectTls, type TLSSocket } from 'node:tls'
import { SocksClient } from 'socks'
import type { Clock } from '../core/clock.ts'
import type { ProxyOptions } from '../core/proxy-options.ts'
import { connectionFailed, handshakeFailed, proxyFailed, timedOut } from './errors.ts'

/** For TCP and for the proxy's answer; the original's limit (docs/contract/client/timing.md#client-timing). */
const REACH_LIMIT_MS = 5_000

export interface DialOptions {
  /** Whom to expect: TLS server name, and what the certificate must say. */
  readonly host: string
  /** Where that is; as a rule the same. */
  readonly address: string
  readonly port: number
  readonly proxy: ProxyOptions | undefined
  readonly secureContext: SecureContext
  readonly handshakeLimitMs: number
  readonly clock: Clock
}

/** @throws ConnectionFailedError, OperationTimeout, ClientError (proxy, distrust), or the signal's reason. */
export async function openSocket(road: DialOptions, signal: AbortSignal): Promise<TLSSocket> {
  const { clock, proxy } = road
  const socket =
    proxy === undefined
      ? await direct(road, clock, signal)
      : await limited<Socket>(clock, REACH_LIMIT_MS, signal, proxyFailed, proxyFailed, (done, failed) =>
          throughProxy(proxy, road, done, failed),
        )
  return limited(
    clock,
    road.handshakeLimitMs,
    signal,
    handshakeFailed,
    () => timedOut('The TLS handshake', road.handshakeLimitMs),
    (done, failed) => {
      const secure = connectTls({
        socket,
        secureContext: road.secureContext,
        ...(isIP(road.host) === 0 ? { servername: road.host } : {}),
        host: road.host,
      })
      secure.once('secureConnect', () => {
        done(secure)
      })
      secure.on('error', failed) // stays: TLS may report one failure twice
      return () => {
        secure.destroy()
        socket.destroy()
      }
    },
  )
}

function direct(road: DialOptions, clock: Clock, signal: AbortSignal): Promise<Socket> {
  return limited(
    clock,
    REACH_LIMIT_MS,
    signal,
    connectionFailed,
    () => timedOut('The TCP connection', REACH_LIMIT_MS),
    (done, failed) => {
      const socket = connectTcp({ host: road.address, port: road.port, noDelay: true })
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
  road: DialOptions,
  done: (socket: Socket) => void,
  failed: (error: unknown) => void,
): () => void {
  return proxy.proxyType === 'HTTP'
    ? throughHttp(proxy, road, done, failed)
    : throughSocks(proxy, road, done, failed)
}

function throughHttp(
  proxy: ProxyOptions,
  road: DialOptions,
  done: (socket: Socket) => void,
  failed: (error: unknown) => void,
): () => void {
  const target = `${isIP(road.address) === 6 ? `[${road.address}]` : road.address}:${road.port}`
  const login = `${proxy.proxyUsername ?? ''}:${proxy.proxyPassword ?? ''}`
  const asking = request({
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
  asking.on('error', failed)
  asking.once('response', (response) => {
    failed(new Error(`The proxy answered ${response.statusCode ?? 0}`))
  })
  asking.once('connect', (response, socket: Socket, head) => {
    if (response.statusCode !== 200) {
      socket.destroy()
      failed(new Error(`The proxy answered ${response.statusCode ?? 0}`))
      return
    }
    if (head.length > 0) socket.unshift(head)
    socket.setNoDelay(true)
    done(socket)
  })
  asking.end()
  return () => asking.destroy()
}

function throughSocks(
  proxy: ProxyOptions,
  road: DialOptions,
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
    destination: { host: road.address, port: road.port },
    timeout: 2 ** 31 - 1, // our own limit decides
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

/** Runs one stage with a limit on our clock; `start` gives back what undoes it. */
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
      fail(signal.reason instanceof Error ? signal.reason : new Error('Given up'))
    }
    const stopAlarm = clock.schedule(limitMs, () => {
      fail(onLimit(new Error(`No answer for ${limitMs / 1_000} s`)))
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
