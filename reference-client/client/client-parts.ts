/** Puts a client together: what a factory found out, and what each client is made of. */

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

/** What a factory has found out. */
export interface Origin {
  /** Of the hub, also when a gateway is dialled. */
  readonly hostName: string
  readonly identity: Identity
  readonly credentials: Credentials
  readonly settings: Settings
  /** Goes before `settings.gatewayHostname`. */
  readonly gatewayHostName?: string | undefined
  readonly certificate?: ClientCertificate | undefined
  /** Made from the Edge environment: may invoke methods. */
  readonly edge?: boolean | undefined
}

/** All that a client needs; only the factories make it. */
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
    const road = (port: number): DialOptions => ({
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
      road: road(settings.websockets ? settings.endpoint.httpsPort : settings.endpoint.mqttPort),
      websockets: settings.websockets,
      clientId: clientIdOf(identity),
      username: formatUsername(hostName, identity, settings.productInfo),
      keepAlive: settings.keepAlive,
    })
    this.http = new HttpTransport({
      road: road(settings.endpoint.httpsPort),
      // Blob calls name the hub, calls through a gateway name the gateway:
      // docs/contract/client/options.md#client-options-trust.
      hostHeader: this.edge ? host : hostName,
      userAgent: userAgent(settings.productInfo),
      credentials,
    })
  }
}

/** Of HTTPS requests: the agent with the product info, encoded as headers need it. */
export function userAgent(productInfo: string): string {
  return percentEncode(AGENT + productInfo).replaceAll('%20', '+')
}

function secureContextOf({ settings, certificate }: Origin): SecureContext {
  return createSecureContext(secureContextOptions(settings, certificate))
}

/** @internal A required text argument. @throws TypeError, ValueError. */
export function requiredText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${name} is required and must be text`)
  if (value === '') throw new ValueError(`${name} must not be empty`)
  return value
}
