/**
 * A scenario of the hub side: its identities, their connections, and the last response. It is longer than 400 lines because
 * every step of the hub side speaks to this one object, whose parts need each other's identities and clock.
 */

import { randomBytes } from 'node:crypto'
import { Agent } from 'node:https'
import { HarnessError } from '../driver/client-driver.ts'
import { NotSupported } from '../world/errors.ts'
import type { Reason } from '../world/hub/restarts.ts'
import type { ConformanceWorld } from '../world/world.ts'
import { HubAudit } from '../audit/hub-audit.ts'
import { packetProblems } from '../audit/packets.ts'
import { embeddedHub } from './embedded-hub.ts'
import { valueAt } from './expectations.ts'
import { jsonOf, sendRequest, type RawResponse, type RawRequest } from './https-client.ts'
import { remoteHub, remoteHubLocation } from './remote-hub.ts'
import { sendDown } from './downlink.ts'
import {
  connectionStringParts,
  type HubUnderTest,
  type IdentityKeys,
  type ReadMessage,
  type Server,
} from './hub-under-test.ts'
import { textNamed } from './texts.ts'
import { RawAmqpClient } from './amqp-client.ts'
import { RawMqttClient, type RawPacket, type Waits, type DialOptions } from './mqtt-client.ts'
import { token } from './token.ts'

/** The api-version of service requests. */
const API_VERSION = '2021-04-12'
const HOUR_S = 3_600
/** Paths from which a message is received, locked. */
const RECEIVES = /^\/(?:devices\/[^/]+\/)?messages\//i
/** The name of the AMQP connection of back ends. */
export const SERVICE = 'the service'

/** A device or module of the scenario. */
export interface RegisteredIdentity {
  readonly deviceId: string
  readonly moduleId: string | undefined
  readonly primaryKey: string
  readonly secondaryKey: string
}

export type { DialOptions }

const scenarios = new WeakMap<ConformanceWorld, Promise<HubScenario>>()

/** The hub side of a scenario; starts the hub at the first call. */
export function hubScenarioOf(world: ConformanceWorld): Promise<HubScenario> {
  let scenario = scenarios.get(world)
  if (scenario === undefined) {
    const location = remoteHubLocation()
    const hub =
      location === undefined
        ? world.hub.start().then((started) => embeddedHub(world, started))
        : remoteHub(location, world.activity)
    scenario = hub.then((hub) => {
      const created = new HubScenario(hub, world.activity, location !== undefined)
      world.hubScenario = created
      world.defer(() => created.end())
      return created
    })
    scenarios.set(world, scenario)
  }
  return scenario
}

export class HubScenario {
  readonly hub: HubUnderTest
  readonly isRemote: boolean
  readonly #activity: Waits
  readonly #identities = new Map<string, RegisteredIdentity>()
  readonly #registered = new Set<string>()
  readonly #links = new Map<string, RawMqttClient>()
  /** All connections, in their order. */
  readonly #opened: { readonly name: string; readonly link: RawMqttClient }[] = []
  readonly #amqp = new Map<string, RawAmqpClient>()
  /** What holds for every answer of the hub. */
  readonly audit: HubAudit = new HubAudit(this)
  /** For many requests on one connection, in which no time passes. */
  readonly kept = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #suffix = randomBytes(4).toString('hex')
  /** The last response, or a pending one. */
  response: Promise<RawResponse> | undefined
  #lastResponse: RawResponse | undefined
  /** A message was received over HTTPS: a restart ends its lock. */
  #hasLocked = false
  /** The response that has been waited for last. */
  #settled: Promise<RawResponse> | undefined
  /** What steps have named: certificates, the id of an operation. */
  readonly named = new Map<string, string>()
  /** Runs at the end of the scenario. */
  readonly #cleanUp: (() => Promise<void>)[] = []
  /** The packet of the last step. */
  packet: RawPacket | undefined
  /** The number of messages that the service has read. */
  read = 0
  #hasRegistered = false
  /** The error of the last WebSocket. */
  upgradeError = ''

  /** @param isRemote the hub existed before: the scenario removes what it has added. */
  constructor(hub: HubUnderTest, activity: Waits, isRemote: boolean) {
    this.hub = hub
    this.#activity = activity
    this.isRemote = isRemote
  }

  /** The hub has responded at least once. */
  get hasEvidence(): boolean {
    return (
      this.#hasRegistered ||
      this.#lastResponse !== undefined ||
      this.upgradeError.includes('Unexpected server response') ||
      [...this.#links.values()].some(({ hasReceived }) => hasReceived) ||
      this.#amqp.size > 0
    )
  }

  /** Why the hub cannot be started again now; undefined: it can. */
  get busy(): Reason | undefined {
    if (this.#amqp.size > 0 || [...this.#links.values()].some(({ closed }) => !closed))
      return 'a connection is open'
    if (this.response !== this.#settled) return 'a call is under way'
    return this.#hasLocked ? 'a message is locked' : this.busyElsewhere()
  }

  /** The same of what other back ends of the scenario do. */
  busyElsewhere: () => Reason | undefined = () => undefined

  // ------------------------------------------------------------------ identities

  /** Turns a name, `thermostat` or `thermostat/meter`, into ids that no other scenario uses. */
  ids(name: string): { deviceId: string; moduleId: string | undefined } {
    const [device = '', moduleId] = name.split('/')
    return { deviceId: `${device}-${this.#suffix}`, moduleId }
  }

  /** The device belongs to this scenario. */
  owns(deviceId: string): boolean {
    return deviceId.endsWith(`-${this.#suffix}`)
  }

  /** Registers a device or module; with fields, and at a hub elsewhere, through the service REST API. */
  async register(name: string, body?: Readonly<Record<string, unknown>>): Promise<void> {
    const { deviceId, moduleId } = this.ids(name)
    if (body === undefined && this.hub.register !== undefined) {
      this.audit.registered(deviceId, moduleId)
      this.#identities.set(name, { deviceId, moduleId, ...this.hub.register(deviceId, moduleId) })
      this.#hasRegistered = true
      return
    }
    const response = await this.asService({
      method: 'PUT',
      path: devicePath(deviceId, moduleId),
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(
        JSON.stringify({ deviceId, ...(moduleId === undefined ? {} : { moduleId }), ...body }),
      ),
    })
    if (response.status >= 300) {
      throw new Error(
        `The hub did not register ${name}: ${String(response.status)} ${response.body.toString()}`,
      )
    }
    this.#registered.add(name)
    const record = jsonOf(response.body)
    const key = (which: string): string => {
      const value = valueAt(record, `authentication.symmetricKey.${which}`)
      return typeof value === 'string' ? value : ''
    }
    this.#identities.set(name, {
      deviceId,
      moduleId,
      primaryKey: key('primaryKey'),
      secondaryKey: key('secondaryKey'),
    })
  }

  /** Gives a name the keys that it has elsewhere: those of its enrollment. */
  giveKeys(name: string, keys: IdentityKeys): void {
    this.#identities.set(name, { ...this.ids(name), ...keys })
  }

  /** The ids and keys of a name; one that is not registered gets a random key. */
  identity(name: string): RegisteredIdentity {
    const known = this.#identities.get(name)
    if (known !== undefined) return known
    const created = randomBytes(32).toString('base64')
    const identity = { ...this.ids(name), primaryKey: created, secondaryKey: created }
    this.#identities.set(name, identity)
    return identity
  }

  /** The scope of a token: `{host}/devices/{d}[/modules/{m}]`. */
  resource(name: string): string {
    const { deviceId, moduleId } = this.identity(name)
    return `${this.hub.hostName}${devicePath(deviceId, moduleId)}`
  }

  /** A token for one hour, encoded as the SDKs do. */
  tokenOf(name: string): string {
    return token({
      sr: encodeURIComponent(this.resource(name)),
      key: this.identity(name).primaryKey,
      se: String(this.seconds() + HOUR_S),
    })
  }

  /** The time of the hub, in epoch seconds. */
  seconds(): number {
    return Math.floor(this.hub.now() / 1_000)
  }

  // ------------------------------------------------------------------ MQTT

  link(name: string): RawMqttClient {
    const link = this.#links.get(name)
    if (link === undefined) throw new Error(`"${name}" has no connection in this scenario`)
    return link
  }

  hasLink(name: string): boolean {
    return this.#links.get(name)?.closed === false
  }

  /** Opens a connection; an earlier one with this name becomes `{name} before`. @param server default: the hub. */
  async open(
    name: string,
    { over = 'TLS', path, protocols, tls, cipher, certificate }: DialOptions = {},
    server: Server = this.hub,
  ): Promise<RawMqttClient> {
    const { address, hostName, caPem, mqttPort, httpsPort } = server
    const port = over === 'WebSocket' ? httpsPort : mqttPort
    const to = { address, hostName, caPem, port, certificate, tls, cipher }
    const link = await (over === 'WebSocket'
      ? RawMqttClient.overWebSocket(to, path, protocols, this.#activity)
      : over === 'TLS'
        ? RawMqttClient.overTls(to, this.#activity)
        : RawMqttClient.overTcp(to, this.#activity))
    const before = this.#links.get(name)
    if (before !== undefined) this.#links.set(`${name} before`, before)
    this.#links.set(name, link)
    this.#opened.push({ name, link })
    return link
  }

  /** Opens a connection without TLS at any port of the hub. @throws Error when nothing listens. */
  async openPlain(port: number): Promise<RawMqttClient> {
    const { address, hostName, caPem } = this.hub
    const link = await RawMqttClient.overTcp({ address, hostName, caPem, port }, this.#activity)
    this.#links.set(`plain ${String(port)}`, link)
    return link
  }

  // ------------------------------------------------------------------ AMQP

  /** The AMQP connection of a back end (`the service`) or of a device; opens it at the first call. */
  async amqp(name: string): Promise<RawAmqpClient> {
    const known = this.#amqp.get(name)
    if (known !== undefined) return known
    const { amqpPort: port, ...to } = this.hub
    if (port === undefined) throw new NotSupported('hub.amqp: the AMQP port of this hub is unknown')
    const client = await RawAmqpClient.open({ ...to, port }, this.#activity)
    this.#amqp.set(name, client)
    return client
  }

  /** The AMQP connection of the service, with a token. @throws NotSupported. */
  async amqpOfService(): Promise<RawAmqpClient> {
    const isNew = !this.#amqp.has(SERVICE)
    const client = await this.amqp(SERVICE)
    if (!isNew) return client
    const { status, description } = await client.putToken(this.hub.hostName, this.serviceToken())
    if (status !== 200) throw new HarnessError(`The token of the service is refused: ${description}`)
    return client
  }

  /** Sends a message to a device or module; the answer is that of the route. */
  async send(name: string, headers: Readonly<Record<string, string>>, body: Buffer): Promise<RawResponse> {
    const { deviceId, moduleId } = this.identity(name)
    const path = `${devicePath(deviceId, moduleId)}/messages/devicebound`
    if (this.isRemote && this.hub.amqpPort !== undefined)
      return sendDown(await this.amqpOfService(), path, headers, body)
    const encoded = path.replace(deviceId, encodeURIComponent(deviceId))
    return this.asService({ method: 'POST', path: encoded, headers, body })
  }

  // ------------------------------------------------------------------ HTTPS

  /** The key of a shared access policy; undefined: the hub has no such policy. @throws NotSupported. */
  policyKey(name: string): string | undefined {
    if (this.hub.policyKey === undefined)
      throw new NotSupported(`hub.policies: the key of the policy ${name} is unknown`)
    return this.hub.policyKey(name)
  }

  /** A request with the token of a policy; default: the policy of the service connection string. */
  asService(request: RawRequest, policy?: string, agent: Agent | false = false): Promise<RawResponse> {
    const parts = connectionStringParts(this.hub.serviceConnectionString)
    const skn = policy ?? parts['SharedAccessKeyName'] ?? ''
    const key = policy === undefined ? parts['SharedAccessKey'] : this.policyKey(policy)
    if (key === undefined) throw new Error(`The hub has no policy ${skn}`)
    const authorization = this.serviceToken(skn, key)
    return this.#send({ ...request, headers: { authorization, ...request.headers } }, 'service', agent)
  }

  /** A token of a policy for one hour. */
  serviceToken(
    skn = connectionStringParts(this.hub.serviceConnectionString)['SharedAccessKeyName'] ?? '',
    key = connectionStringParts(this.hub.serviceConnectionString)['SharedAccessKey'] ?? '',
  ): string {
    return token({
      sr: encodeURIComponent(this.hub.hostName),
      key,
      se: String(this.seconds() + HOUR_S),
      skn,
    })
  }

  asDevice(name: string, request: RawRequest): Promise<RawResponse> {
    return this.#send(
      { ...request, headers: { authorization: this.tokenOf(name), ...request.headers } },
      'device',
      false,
    )
  }

  #send(
    { headers, path, ...rest }: RawRequest,
    caller: 'service' | 'device',
    agent: Agent | false,
  ): Promise<RawResponse> {
    const versioned = /[?&]api-version=/.test(path)
      ? path
      : `${path}${path.includes('?') ? '&' : '?'}api-version=${API_VERSION}`
    // `-` removes a header, or the api-version.
    const kept = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== '-'))
    if (rest.method === 'GET' && RECEIVES.test(path)) this.#hasLocked = true
    const request = { ...rest, path: versioned.replace(/[?&]api-version=-/, ''), headers: kept }
    return this.audit.watch(request, caller, sendRequest(this.hub, request, agent))
  }

  /** The response to the last request. */
  async settled(): Promise<RawResponse> {
    const { response } = this
    if (response === undefined) throw new HarnessError('The scenario has made no request')
    let isSettled = false
    const settled = (): void => {
      isSettled = true
      this.#activity.record()
    }
    response.then(settled, settled)
    await this.#activity.eventually(() => isSettled, 'The answer to the request')
    this.#lastResponse = await response
    this.#settled = response
    return this.#lastResponse
  }

  /** The last response that a step has waited for. */
  get lastResponse(): RawResponse | undefined {
    return this.#lastResponse
  }

  /** A hub that answers nothing at all says nothing about what it did not do. */
  async whetherAlive(): Promise<HarnessError | undefined> {
    try {
      await this.asService({ method: 'GET', path: '/statistics/service', headers: {} })
      return undefined
    } catch (error) {
      return new HarnessError(`The hub does not answer: ${String(error)}`)
    }
  }

  /** What breaks the rules that hold in every scenario. */
  async wrong(): Promise<readonly string[]> {
    const connected = [...this.#links.keys()].map((name) =>
      this.#identities.get(name.replace(/ before$/, '')),
    )
    const keys = connected.flatMap((one) => (one === undefined ? [] : [keyOf(one)]))
    return [...this.#brokenLinks(), ...(await this.audit.wrong(keys))]
  }

  #brokenLinks(): readonly string[] {
    const filters = new Set<string>()
    return this.#opened.flatMap(({ name, link }) => {
      const problems = packetProblems(link.log, filters)
      for (const { packet } of link.log)
        for (const { topic } of packet?.subscriptions ?? []) filters.add(topic)
      return problems.map((problem) => `the connection of "${name}": ${problem}`)
    })
  }

  /**
   * The device-to-cloud messages of the devices of this scenario, oldest first; waits until there are `count`.
   * @param source `Telemetry`, or a source of events.
   * @throws NotSupported when the messages of the hub cannot be read.
   */
  async messages(count: number, source = 'Telemetry'): Promise<readonly ReadMessage[]> {
    const { messages } = this.hub
    if (messages === undefined)
      throw new NotSupported('hub.messages: the messages of this hub cannot be read')
    let all = await messages(0)
    const own = (): readonly ReadMessage[] =>
      all.filter(({ deviceId, system }) => system['source'] === source && this.owns(deviceId))
    while (own().length < count) all = await messages(all.length + 1)
    return own()
  }

  /** Replaces names in braces, see {@link textNamed}. */
  fill(text: string): string {
    return text.replace(
      /\{(\p{L}[\w+.$:@-]*(?:\|encoded|\*\d+)?)\}/gu,
      (whole, of: string) => textNamed(this, of) ?? whole,
    )
  }

  /** Runs at the end of the scenario, in reverse order. */
  defer(run: () => Promise<void>): void {
    this.#cleanUp.push(run)
  }

  /** Closes the connections, and removes what was registered at a remote hub. */
  async end(): Promise<void> {
    for (const link of this.#links.values()) link.drop()
    for (const client of this.#amqp.values()) client.drop()
    this.kept.destroy()
    for (const run of this.#cleanUp.splice(0).reverse()) await run()
    if (!this.isRemote) return
    const created = [...this.#registered].filter((name) => !name.includes('/'))
    for (const name of created) {
      const path = devicePath(this.ids(name).deviceId, undefined)
      await this.asService({ method: 'DELETE', path, headers: { 'if-match': '*' } })
    }
  }
}

function keyOf({ deviceId, moduleId }: RegisteredIdentity): string {
  return moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`
}

function devicePath(deviceId: string, moduleId: string | undefined): string {
  return `/devices/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}`
}
