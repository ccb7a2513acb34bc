/** The provisioning side of a scenario: enrollments, devices that ask for their hub, the answers that they get. */

import { createHmac, X509Certificate } from 'node:crypto'
import type { IConnectPacket } from 'mqtt-packet'
import { HarnessError } from '../../driver/client-driver.ts'
import { NotSupported } from '../../world/errors.ts'
import type { Reason } from '../../world/hub/restarts.ts'
import { RegistrantAmqpClient } from './registrant-amqp.ts'
import { valueAt } from '../expectations.ts'
import type { HubScenario } from '../hub-scenario.ts'
import { jsonOf, type RawRequest, type RawResponse, sendRequest } from '../https-client.ts'
import { connectionStringParts, type IdentityKeys, type ProvisioningUnderTest } from '../hub-under-test.ts'
import type { RawPacket, Waits } from '../mqtt-client.ts'
import { rowOf, type Rows } from '../tables.ts'
import { token } from '../token.ts'

export const ANSWERS = '$dps/registrations/res/#'
const REGISTER = '$dps/registrations/PUT/iotdps-register/'
const POLL = '$dps/registrations/GET/iotdps-get-operationstatus/'
const DEVICE_API = '2019-03-31'
const SERVICE_API = '2021-10-01'
const HOUR_S = 3_600

/** An answer to a registration or a poll, over any transport. */
export interface RegistrationReply {
  readonly topic: string | undefined
  readonly qos: number | undefined
  readonly status: number
  readonly retryAfter: number | undefined
  readonly body: unknown
}

export type Kind = 'enrollments' | 'enrollmentGroups'

const scenarios = new WeakMap<HubScenario, ProvisioningScenario>()

/** @throws NotSupported when the service of this hub is not known. */
export function provisioningOf(scenario: HubScenario, activity: Waits): ProvisioningScenario {
  const known = scenarios.get(scenario)
  if (known !== undefined) return known
  const { provisioning } = scenario.hub
  if (provisioning === undefined)
    throw new NotSupported('hub.provisioning: the provisioning service of this hub is unknown (--dps)')
  scenario.audit.expectChanges()
  const created = new ProvisioningScenario(scenario, provisioning, activity)
  scenario.busyElsewhere = () => created.busy
  scenarios.set(scenario, created)
  return created
}

export class ProvisioningScenario {
  readonly service: ProvisioningUnderTest
  readonly #scenario: HubScenario
  readonly #activity: Waits
  readonly #groupKeys = new Map<string, IdentityKeys>()
  readonly #certificates = new Map<string, { readonly cert: string; readonly key: string }>()
  readonly #amqp = new Map<string, RegistrantAmqpClient>()
  /** Ids of registrations, and of the devices to which they were assigned. */
  readonly #registered = new Set<string>()
  readonly #assigned = new Set<string>()
  #requests = 0
  /** The last answer to a registration or a poll. */
  reply: RegistrationReply | undefined

  constructor(scenario: HubScenario, service: ProvisioningUnderTest, activity: Waits) {
    this.#scenario = scenario
    this.service = service
    this.#activity = activity
    scenario.named.set('scope', service.idScope).set('dps', service.hostName)
    scenario.defer(() => {
      for (const client of this.#amqp.values()) client.drop()
      return this.#forget()
    })
  }

  // ------------------------------------------------------------------ enrollments

  /** Creates an enrollment or a group through the service API, and keeps the keys that it answers with. */
  async enroll(kind: Kind, name: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    const id = this.idOf(name)
    const field = kind === 'enrollments' ? 'registrationId' : 'enrollmentGroupId'
    const path = `/${kind}/${id}`
    const answer = await this.asService({
      method: 'PUT',
      path,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ [field]: id, attestation: { type: 'symmetricKey' }, ...body })),
    })
    if (answer.status !== 200)
      throw new HarnessError(
        `The service did not enroll ${name}: ${String(answer.status)} ${answer.body.toString()}`,
      )
    this.removeAtEnd(kind, name)
    this.keep(kind, name, jsonOf(answer.body))
  }

  /** The scenario removes what it adds at a service elsewhere. */
  removeAtEnd(kind: Kind, name: string): void {
    if (!this.#scenario.isRemote) return
    const id = this.idOf(name)
    this.#scenario.defer(async () => {
      const headers = { 'if-match': '*' }
      await this.asService({ method: 'DELETE', path: `/${kind}/${id}`, headers })
    })
  }

  /** Keeps the keys of an enrollment as the service has answered it. */
  keep(kind: Kind, name: string, enrollment: unknown): void {
    const key = (which: string): string => {
      const value = valueAt(enrollment, `attestation.symmetricKey.${which}`)
      return typeof value === 'string' ? value : ''
    }
    const keys = { primaryKey: key('primaryKey'), secondaryKey: key('secondaryKey') }
    if (kind === 'enrollmentGroups') this.#groupKeys.set(name, keys)
    else if (keys.primaryKey !== '') this.#scenario.giveKeys(name, keys)
  }

  /** A device of a group: its keys are derived from those of the group. */
  join(name: string, group: string): void {
    const keys = this.#groupKeys.get(group)
    if (keys === undefined) throw new HarnessError(`The scenario has no enrollment group "${group}"`)
    const id = this.idOf(name)
    const derived = (key: string): string =>
      createHmac('sha256', Buffer.from(key, 'base64')).update(id).digest('base64')
    this.#scenario.giveKeys(name, {
      primaryKey: derived(keys.primaryKey),
      secondaryKey: derived(keys.secondaryKey),
    })
    this.#scenario.named.set(`${group}.key`, keys.primaryKey)
  }

  /** Gives a name a certificate: PEM, the leaf first. */
  certify(name: string, certificate: { readonly cert: string; readonly key: string }): void {
    this.#certificates.set(name, certificate)
    const { raw, fingerprint256 } = new X509Certificate(certificate.cert)
    this.#scenario.named
      .set(`${name}.certificate`, certificate.cert)
      .set(`${name}.certificate.base64-pem`, Buffer.from(certificate.cert).toString('base64'))
      .set(`${name}.certificate.base64-der`, raw.toString('base64'))
      .set(`${name}.thumbprint`, fingerprint256.replaceAll(':', ''))
  }

  certificateOf(name: string): { readonly cert: string; readonly key: string } {
    const certificate = this.#certificates.get(name)
    if (certificate === undefined) throw new HarnessError(`"${name}" has no certificate in this scenario`)
    return certificate
  }

  /** The record of a registration and the device that it has made are removed at a service elsewhere. */
  async #forget(): Promise<void> {
    if (!this.#scenario.isRemote) return
    const headers = { 'if-match': '*' }
    for (const id of this.#registered)
      await this.asService({ method: 'DELETE', path: `/registrations/${id}`, headers })
    for (const id of this.#assigned)
      await this.#scenario.asService({ method: 'DELETE', path: `/devices/${id}`, headers })
  }

  // ------------------------------------------------------------------ credentials

  /**
   * The token of a device. Rows: `scope` (raw text of `sr`), `key` (`primary`, `secondary`, `of {name}`, or base64),
   * `policy` (`none`: no `skn`), `expires in` (seconds), `password`.
   */
  token(name: string, rows: Rows): string {
    const given = rowOf(rows, 'password')
    if (given !== undefined) return given
    const { primaryKey, secondaryKey } = this.#scenario.identity(name)
    const cell = rowOf(rows, 'key') ?? 'primary'
    const of = /^of (.+)$/.exec(cell)?.[1]
    const keys = new Map([
      ['primary', primaryKey],
      ['secondary', secondaryKey],
    ])
    const key = of === undefined ? (keys.get(cell) ?? cell) : this.#scenario.identity(of).primaryKey
    const policy = rowOf(rows, 'policy') ?? 'registration'
    return token({
      sr:
        rowOf(rows, 'scope') ?? encodeURIComponent(`${this.#idScope(rows)}/registrations/${this.idOf(name)}`),
      key,
      se: String(this.#scenario.seconds() + Number(rowOf(rows, 'expires in') ?? HOUR_S)),
      ...(policy === 'none' ? {} : { skn: policy }),
    })
  }

  #idScope(rows: Rows): string {
    return rowOf(rows, 'id scope') ?? this.service.idScope
  }

  /** A device that asks may be assigned although no answer says so: by default to the device of its id. */
  #asks(name: string): void {
    const id = this.idOf(name)
    this.#registered.add(id)
    this.#assigned.add(id)
  }

  /** The id of a registration, an enrollment or a group. */
  idOf(name: string): string {
    return this.#scenario.ids(name).deviceId
  }

  // ------------------------------------------------------------------ MQTT

  /** CONNECT of a device. Rows beside those of the token: `client id`, `user name`, `id scope`, `clean`, `keep-alive`. */
  connectPacket(name: string, rows: Rows): IConnectPacket {
    const id = this.idOf(name)
    const password = rowOf(rows, 'certificate') === undefined ? this.token(name, rows) : 'none'
    return {
      cmd: 'connect',
      clientId: rowOf(rows, 'client id') ?? id,
      username:
        rowOf(rows, 'user name') ?? `${this.#idScope(rows)}/registrations/${id}/api-version=${DEVICE_API}`,
      ...(password === 'none' ? {} : { password: Buffer.from(password) }),
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: rowOf(rows, 'clean') !== 'false',
      keepalive: Number(rowOf(rows, 'keep-alive') ?? 60),
    }
  }

  /** Rows of the dial: `over`, `path`, `subprotocol`, `certificate` (of a name). */
  async connect(name: string, rows: Rows): Promise<void> {
    this.#asks(name)
    const certificate = rowOf(rows, 'certificate')
    const link = await this.#scenario.open(
      name,
      {
        over: (rowOf(rows, 'over') ?? 'TLS') as 'TLS' | 'WebSocket', // a value from the scenario
        path: rowOf(rows, 'path'),
        protocols: rowOf(rows, 'subprotocol')?.split(' '),
        certificate: certificate === undefined ? undefined : this.certificateOf(certificate),
      },
      this.service,
    )
    link.send(this.connectPacket(name, rows))
  }

  /** Connects, and subscribes to the answers. @throws Error with the return code when it is refused. */
  async online(name: string, rows: Rows): Promise<void> {
    await this.connect(name, rows)
    const link = this.#scenario.link(name)
    const { returnCode } = await link.take('connack')
    if (returnCode !== 0)
      throw new Error(`The provisioning service refuses "${name}" with return code ${String(returnCode)}`)
    await this.subscribe(name, 1)
  }

  async subscribe(name: string, qos: 0 | 1 | 2): Promise<RawPacket> {
    const link = this.#scenario.link(name)
    const messageId = link.nextId()
    link.send({ cmd: 'subscribe', messageId, subscriptions: [{ topic: ANSWERS, qos }] })
    return link.take('suback', (packet) => packet.messageId === messageId)
  }

  /** Publishes a registration, or a poll of an operation, and takes the answer. */
  async ask(name: string, body: string, operation?: string, qos: 0 | 1 = 1): Promise<RegistrationReply> {
    const link = this.#scenario.link(name)
    const rid = `r${String(++this.#requests)}`
    const topic =
      operation === undefined
        ? `${REGISTER}?$rid=${rid}`
        : `${POLL}?$rid=${rid}&operationId=${encodeURIComponent(operation)}`
    const packet = { cmd: 'publish', topic, payload: body, qos, dup: false, retain: false } as const
    link.send(qos === 0 ? packet : { ...packet, messageId: link.nextId() })
    const answer = await link.take('publish')
    this.#scenario.packet = answer
    return this.took(answer)
  }

  /** Reads an answer over MQTT, and keeps the id of its operation. */
  took({ topic = '', qos, payload }: RawPacket): RegistrationReply {
    const [, status, retryAfter] =
      /^\$dps\/registrations\/res\/(\d{3})\/\?\$rid=[^&$]*(?:&retry-after=(\d+))?$/.exec(topic) ?? []
    return this.#keepReply({
      ...{ topic, qos, status: Number(status), body: jsonOf(payload ?? '') },
      retryAfter: retryAfter === undefined ? undefined : Number(retryAfter),
    })
  }

  /** The id of the last operation. */
  get operation(): string | undefined {
    return this.#scenario.named.get('operation')
  }

  #keepReply(reply: RegistrationReply): RegistrationReply {
    const operation = valueAt(reply.body, 'operationId')
    if (typeof operation === 'string') this.#scenario.named.set('operation', operation)
    const { registrationId, deviceId } = (valueAt(reply.body, 'registrationState') ?? {}) as {
      readonly registrationId?: unknown
      readonly deviceId?: unknown
    }
    if (typeof registrationId === 'string') this.#registered.add(registrationId)
    if (typeof deviceId === 'string') this.#assigned.add(deviceId)
    this.reply = reply
    return reply
  }

  // ------------------------------------------------------------------ HTTPS

  /** A request of a device with its token, or its certificate (row `certificate`). */
  async asDevice(name: string, request: RawRequest, rows: Rows): Promise<RegistrationReply> {
    this.#asks(name)
    const certificate = rowOf(rows, 'certificate')
    const authorization = certificate === undefined ? { authorization: this.token(name, rows) } : {}
    const response = await this.#send(
      {
        ...request,
        headers: { ...authorization, ...request.headers },
        ...(certificate === undefined ? {} : { certificate: this.certificateOf(certificate) }),
      },
      DEVICE_API,
    )
    const retryAfter = response.headers['retry-after']
    return this.#keepReply({
      ...{ topic: undefined, qos: undefined, status: response.status, body: jsonOf(response.body) },
      retryAfter: retryAfter === undefined ? undefined : Number(retryAfter),
    })
  }

  /** A request of a back end, with the policy of the connection string. @param policy another one, with its key. */
  asService(
    request: RawRequest,
    policy?: { readonly name: string; readonly key: string },
  ): Promise<RawResponse> {
    const { SharedAccessKeyName: skn = '', SharedAccessKey: key = '' } = connectionStringParts(
      this.service.serviceConnectionString,
    )
    const authorization = token({
      sr: encodeURIComponent(this.service.hostName),
      key: policy?.key ?? key,
      se: String(this.#scenario.seconds() + HOUR_S),
      skn: policy?.name ?? skn,
    })
    return this.#send({ ...request, headers: { authorization, ...request.headers } }, SERVICE_API)
  }

  /** `-` as a value removes a header. */
  async #send({ path, headers, ...rest }: RawRequest, apiVersion: string): Promise<RawResponse> {
    const versioned = /[?&]api-version=/.test(path)
      ? path
      : `${path}${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`
    const kept = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== '-'))
    this.#scenario.response = sendRequest(this.service, { ...rest, path: versioned, headers: kept })
    return this.#scenario.settled()
  }

  // ------------------------------------------------------------------ AMQP

  /** Links to hubs were changed: a hub that is started again has those of its seed. */
  linksChanged = false

  /** Why the hub cannot be started again now; undefined: it can. */
  get busy(): Reason | undefined {
    if (this.#amqp.size > 0) return 'a connection is open'
    return this.linksChanged ? 'a link to a hub is changed' : undefined
  }

  /** The AMQP connection of a device; opens it at the first call. Rows: those of the token, `certificate`, `address`. */
  async amqp(name: string, rows: Rows = []): Promise<RegistrantAmqpClient> {
    this.#asks(name)
    const known = this.#amqp.get(name)
    if (known !== undefined) return known
    const { amqpPort } = this.service
    if (amqpPort === undefined)
      throw new NotSupported('hub.amqp: the AMQP port of this provisioning service is unknown')
    const certificate = rowOf(rows, 'certificate')
    const own = `${this.#idScope(rows)}/registrations/${this.idOf(name)}`
    const client = new RegistrantAmqpClient(
      { ...this.service, port: amqpPort },
      certificate === undefined
        ? { identity: own, password: this.token(name, rows) }
        : this.certificateOf(certificate),
      rowOf(rows, 'address') ?? own,
      this.#activity,
    )
    this.#amqp.set(name, client)
    await client.attached()
    return client
  }

  /** Keeps an answer over AMQP. */
  heard(body: unknown, retryAfter: number | undefined): RegistrationReply {
    return this.#keepReply({ topic: undefined, qos: undefined, status: 0, retryAfter, body })
  }
}
