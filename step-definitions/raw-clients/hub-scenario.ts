/** One scenario of the hub side: the identities it made, their connections, and the last answer. */

import { randomBytes } from 'node:crypto'
import { type ConformanceWorld, NotSupported } from '../world/world.ts'
import { embeddedHub } from './embedded-hub.ts'
import { valueAt } from './expectations.ts'
import { ask, jsonOf, type RawResponse, type RawRequest } from './https-client.ts'
import { hubElsewhere, hubPlace } from './hub-elsewhere.ts'
import { connectionStringParts, type HubUnderTest } from './hub-under-test.ts'
import { RawMqttClient, type RawPacket } from './mqtt-client.ts'
import { token } from './token.ts'

/** The service REST version that back ends send. */
const API_VERSION = '2021-04-12'
const HOUR_S = 3_600

/** A device or module that the scenario has registered. */
export interface Actor {
  readonly deviceId: string
  readonly moduleId: string | undefined
  readonly primaryKey: string
  readonly secondaryKey: string
}

/** How a connection comes about; what is left out is what most devices do. */
export interface DialOptions {
  readonly over?: 'TLS' | 'WebSocket' | 'TCP' | undefined
  /** Of the WebSocket. */
  readonly path?: string | undefined
  /** Of the WebSocket. */
  readonly protocols?: readonly string[] | undefined
  /** The only version of TLS spoken. */
  readonly tls?: string | undefined
  /** Of the client, PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined
}

const stages = new WeakMap<ConformanceWorld, Promise<HubScenario>>()

/** The stage of this scenario; its hub is started when it is first needed. */
export function hubScenarioOf(world: ConformanceWorld): Promise<HubScenario> {
  let stage = stages.get(world)
  if (stage === undefined) {
    const place = hubPlace()
    const hub =
      place === undefined ? world.hub().then((started) => embeddedHub(world, started)) : hubElsewhere(place)
    stage = hub.then((hub) => {
      const made = new HubScenario(hub, place !== undefined)
      world.stage = made
      world.defer(() => made.end())
      return made
    })
    stages.set(world, stage)
  }
  return stage
}

export class HubScenario {
  readonly hub: HubUnderTest
  readonly #borrowed: boolean
  readonly #actors = new Map<string, Actor>()
  readonly #registered = new Set<string>()
  readonly #links = new Map<string, RawMqttClient>()
  readonly #suffix = randomBytes(4).toString('hex')
  /** Still under way, or the last one. */
  answer: Promise<RawResponse> | undefined
  #answered: RawResponse | undefined
  /** The packet that the last step looked at. */
  packet: RawPacket | undefined
  /** How many messages a back end has read so far. */
  read = 0
  /** Why the last WebSocket was not opened. */
  upgradeError = ''

  /** @param borrowed somebody else's hub, which must be left as it was found. */
  constructor(hub: HubUnderTest, borrowed: boolean) {
    this.hub = hub
    this.#borrowed = borrowed
  }

  /** The hub has said something. */
  get hasEvidence(): boolean {
    return (
      this.#answered !== undefined ||
      this.upgradeError.includes('Unexpected server response') ||
      [...this.#links.values()].some(({ heard }) => heard)
    )
  }

  // ------------------------------------------------------------------ identities

  /** A name of the scenario, `thermostat` or `thermostat/meter`, as ids that no other scenario uses. */
  ids(name: string): { deviceId: string; moduleId: string | undefined } {
    const [device = '', moduleId] = name.split('/')
    return { deviceId: `${device}-${this.#suffix}`, moduleId }
  }

  /** Registers a device (or module) through the service's REST interface. */
  async register(name: string, body: Readonly<Record<string, unknown>> = {}): Promise<RawResponse> {
    const { deviceId, moduleId } = this.ids(name)
    const answer = await this.asService({
      method: 'PUT',
      path: devicePath(deviceId, moduleId),
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(
        JSON.stringify({ deviceId, ...(moduleId === undefined ? {} : { moduleId }), ...body }),
      ),
    })
    if (answer.status >= 300) {
      throw new Error(`The hub did not register ${name}: ${String(answer.status)} ${answer.body.toString()}`)
    }
    this.#registered.add(name)
    const record = jsonOf(answer.body)
    const key = (which: string): string => {
      const value = valueAt(record, `authentication.symmetricKey.${which}`)
      return typeof value === 'string' ? value : ''
    }
    this.#actors.set(name, {
      deviceId,
      moduleId,
      primaryKey: key('primaryKey'),
      secondaryKey: key('secondaryKey'),
    })
    return answer
  }

  /** What is known of an identity; one that was never registered has a key of its own making. */
  actor(name: string): Actor {
    const known = this.#actors.get(name)
    if (known !== undefined) return known
    const made = randomBytes(32).toString('base64')
    const actor = { ...this.ids(name), primaryKey: made, secondaryKey: made }
    this.#actors.set(name, actor)
    return actor
  }

  /** Path in a token's scope: `{host}/devices/{d}[/modules/{m}]`. */
  resource(name: string): string {
    const { deviceId, moduleId } = this.actor(name)
    return `${this.hub.hostName}${devicePath(deviceId, moduleId)}`
  }

  /** A token for an hour, encoded as SDKs do it. */
  tokenOf(name: string): string {
    return token({
      sr: encodeURIComponent(this.resource(name)),
      key: this.actor(name).primaryKey,
      se: String(this.seconds() + HOUR_S),
    })
  }

  /** The hub's time in epoch seconds. */
  seconds(): number {
    return Math.floor(this.hub.now() / 1_000)
  }

  // ------------------------------------------------------------------ MQTT

  link(name: string): RawMqttClient {
    const link = this.#links.get(name)
    if (link === undefined) throw new Error(`"${name}" has opened no connection in this scenario`)
    return link
  }

  hasLink(name: string): boolean {
    return this.#links.get(name)?.closed === false
  }

  /** Opens a connection; an earlier one of the same name stays as `{name} before`. */
  async open(
    name: string,
    { over = 'TLS', path, protocols, tls, certificate }: DialOptions = {},
  ): Promise<RawMqttClient> {
    const { address, hostName, caPem, mqttPort, httpsPort } = this.hub
    const port = over === 'WebSocket' ? httpsPort : mqttPort
    const to = { address, hostName, caPem, port, certificate, tls }
    const link = await (over === 'WebSocket'
      ? RawMqttClient.overWebSocket(to, path, protocols)
      : over === 'TLS'
        ? RawMqttClient.overTls(to)
        : RawMqttClient.overTcp(to))
    const before = this.#links.get(name)
    if (before !== undefined) this.#links.set(`${name} before`, before)
    this.#links.set(name, link)
    return link
  }

  // ------------------------------------------------------------------ HTTPS

  /** Key of a shared access policy; undefined: the hub has no such policy. @throws NotSupported. */
  policyKey(name: string): string | undefined {
    if (this.hub.policyKey === undefined)
      throw new NotSupported(`hub.policies: the key of the policy ${name} is not known for this hub`)
    return this.hub.policyKey(name)
  }

  /** A request with a policy's token; left out: that of the service connection string. */
  asService(request: RawRequest, policy?: string): Promise<RawResponse> {
    const parts = connectionStringParts(this.hub.serviceConnectionString)
    const skn = policy ?? parts['SharedAccessKeyName'] ?? ''
    const key = policy === undefined ? parts['SharedAccessKey'] : this.policyKey(policy)
    if (key === undefined) throw new Error(`The hub has no policy ${skn}`)
    const authorization = token({
      sr: encodeURIComponent(this.hub.hostName),
      key,
      se: String(this.seconds() + HOUR_S),
      skn,
    })
    return this.#ask({ ...request, headers: { authorization, ...request.headers } })
  }

  asDevice(name: string, request: RawRequest): Promise<RawResponse> {
    return this.#ask({ ...request, headers: { authorization: this.tokenOf(name), ...request.headers } })
  }

  #ask({ headers, path, ...rest }: RawRequest): Promise<RawResponse> {
    const versioned = /[?&]api-version=/.test(path)
      ? path
      : `${path}${path.includes('?') ? '&' : '?'}api-version=${API_VERSION}`
    // `-` takes a header or the api-version away.
    const kept = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== '-'))
    return ask(this.hub, { ...rest, path: versioned.replace(/[?&]api-version=-/, ''), headers: kept })
  }

  /** What came of the last request. */
  async settled(): Promise<RawResponse> {
    if (this.answer === undefined) throw new Error('No request has been made in this scenario')
    this.#answered = await this.answer
    return this.#answered
  }

  // ------------------------------------------------------------------ texts

  /**
   * Fills braces in: `{thermostat}` (an id), `{host}`, `{now}`, `{now+3600}` (epoch seconds), `{answer.path}` and
   * `{header.name}` of the last answer, `{packet.topic}` of the last packet, `{rid}` of its topic, `{x*1000}` (text
   * repeated).
   */
  fill(text: string): string {
    return text.replace(
      /\{([A-Za-z][\w+.$:@-]*(?:\*\d+)?)\}/g,
      (whole, of: string) => this.#value(of) ?? whole,
    )
  }

  #value(of: string): string | undefined {
    if (of === 'host') return this.hub.hostName
    if (of === 'HOST') return this.hub.hostName.toUpperCase()
    const later = /^now([+-]\d+)?$/.exec(of)
    if (later !== null) return String(this.seconds() + Number(later[1] ?? 0))
    const repeated = /^(\w)\*(\d+)$/.exec(of)
    if (repeated !== null) return (repeated[1] ?? '').repeat(Number(repeated[2]))
    if (of.startsWith('answer.'))
      return asText(valueAt(jsonOf(this.#answered?.body ?? ''), of.slice('answer.'.length)))
    if (of.startsWith('header.')) return asText(this.#answered?.headers[of.slice('header.'.length)])
    if (of === 'rid') return /\?\$rid=([^&]+)/.exec(this.packet?.topic ?? '')?.[1]
    if (of.startsWith('packet.')) return asText(valueAt(this.packet, of.slice('packet.'.length)))
    if (of.endsWith('.key')) return this.actor(of.slice(0, -'.key'.length)).primaryKey
    return /^[a-z][a-z.:@-]*$/.test(of) ? this.ids(of).deviceId : undefined
  }

  /** Somebody else's hub is left as it was found. */
  async end(): Promise<void> {
    for (const link of this.#links.values()) link.drop()
    if (!this.#borrowed) return
    const made = [...this.#registered].filter((name) => !name.includes('/'))
    for (const name of made) {
      const path = devicePath(this.ids(name).deviceId, undefined)
      await this.asService({ method: 'DELETE', path, headers: { 'if-match': '*' } })
    }
  }
}

function devicePath(deviceId: string, moduleId: string | undefined): string {
  return `/devices/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}`
}

function asText(value: unknown): string | undefined {
  return value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value)
}
