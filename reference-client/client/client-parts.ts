/** Assembles a client from what its factory read: identity, credentials, settings, transports. */

import { createSecureContext, type SecureContext } from 'node:tls'
import type { ClientCertificate } from '../auth/fixed-credentials.ts'
import { ValueError } from '../core/errors/value-error.ts'
import type { Credentials, HubHttp, Identity, Transport } from '../core/ports.ts'
import { percentEncode } from '../core/percent.ts'
import { HttpTransport } from '../http/transport.ts'
import { AGENT, clientIdOf, formatUsername } from '../mqtt/connect-username.ts'
import { MqttTransport } from '../mqtt/transport.ts'
import type { DialOptions } from '../net/open-socket.ts'
import type { Settings } from './settings.ts'
import { secureContextOptions } from './tls-options.ts'

/** What a factory read from its arguments. */
export interface Origin {
  /** Of the hub, also when the client connects to a gateway. */
  readonly hostName: string
  readonly identity: Identity
  readonly credentials: Credentials
  readonly settings: Settings
  /** Takes precedence over `settings.gatewayHostname`. */
  readonly gatewayHostName?: string | undefined
  readonly certificate?: ClientCertificate | undefined
  /** Created from the Edge environment: may invoke methods. */
  readonly edge?: boolean | undefined
}

/** Everything a client needs; only the factories create it. */
export class ClientParts {
  readonly identity: Identity
  readonly credentials: Credentials
  readonly settings: Settings
  readonly transport: Transport
  readonly http: HubHttp
  readonly hostName: string
  readonly edge: boolean

  constructor(origin: Origin) {
    const { hostName, identity, settings, credentials } = origin
    const host = origin.gatewayHostName ?? settings.gatewayHostname ?? hostName
    const secureContext = secureContextOf(origin)
    const dial = (port: number): DialOptions => ({
      host,
      address: settings.endpoint.host ?? host,
      port,
      proxy: settings.proxy,
      secureContext,
      handshakeLimitMs: settings.keepAlive * 1_000,
      clock: settings.clock,
    })
    this.identity = identity
    this.credentials = credentials
    this.settings = settings
    this.hostName = hostName
    this.edge = origin.edge ?? false
    this.transport = new MqttTransport({
      dial: dial(settings.websockets ? settings.endpoint.httpsPort : settings.endpoint.mqttPort),
      websockets: settings.websockets,
      clientId: clientIdOf(identity),
      username: formatUsername(hostName, identity, settings.productInfo),
      keepAlive: settings.keepAlive,
    })
    this.http = new HttpTransport({
      dial: dial(settings.endpoint.httpsPort),
      // File upload calls name the hub, calls through a gateway name the gateway:
      // docs/contract/client/options.md#client-options-trust.
      hostHeader: this.edge ? host : hostName,
      userAgent: userAgent(settings.productInfo),
      credentials,
    })
  }
}

/** `User-Agent` of HTTPS requests: the agent with the product info, encoded for a header. */
export function userAgent(productInfo: string): string {
  return percentEncode(AGENT + productInfo).replaceAll('%20', '+')
}

function secureContextOf({ settings, certificate }: Origin): SecureContext {
  return createSecureContext(secureContextOptions(settings, certificate))
}

/** @internal A required string argument. @throws TypeError, ValueError. */
export function requiredText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${name} is required and must be a string`)
  if (value === '') throw new ValueError(`${name} must not be empty`)
  return value
}
