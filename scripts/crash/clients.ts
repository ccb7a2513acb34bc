/** Clients of a hub under load: MQTT, AMQP and HTTPS. Each stops by itself when the hub is gone. */

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import mqtt from 'mqtt'
import rhea from 'rhea'
import { sasToken } from '../../bench/load/token.ts'
import type { RunningHub } from './hub-process.ts'
import type { Ledger } from './ledger.ts'

/** The parts of a connection string. */
export function partsOf(connectionString: string): Map<string, string> {
  return new Map(
    connectionString.split(';').map((part) => {
      const end = part.indexOf('=')
      return [part.slice(0, end), part.slice(end + 1)] as const
    }),
  )
}

function ownerToken({ hostName, serviceConnectionString }: RunningHub): string {
  const parts = partsOf(serviceConnectionString)
  return sasToken(hostName, parts.get('SharedAccessKey') ?? '', parts.get('SharedAccessKeyName'))
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Sends one request of the service or device API. @throws the system's error when the hub is gone. */
export async function call(
  hub: RunningHub,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { hostName: host, httpsPort: port, ca } = hub
  const payload = body === undefined ? undefined : Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const sent = request({
    ...{ host, port, ca, method },
    path: `${path}${path.includes('?') ? '&' : '?'}api-version=2021-04-12`,
    headers: { authorization: ownerToken(hub), 'content-type': 'application/json', ...headers },
  })
  sent.end(payload)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) }
}

/** What a client sees when the hub is killed. */
const GONE = /^(ECONNRESET|ECONNREFUSED|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/

/** Repeats `act` until the hub is gone. @throws whatever else went wrong. */
async function untilGone(stopped: () => boolean, act: () => Promise<void>): Promise<void> {
  while (!stopped())
    try {
      await act()
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (GONE.test(code)) return
      throw error
    }
}

/** Telemetry with several messages in flight, and reported properties with their versions. */
export function mqttDevice(hub: RunningHub, ledger: Ledger, deviceId: string, key: string, round: number) {
  const { hostName, mqttPort, ca } = hub
  const client = mqtt.connect(`mqtts://${hostName}:${String(mqttPort)}`, {
    ...{ ca, clientId: deviceId, clean: true, reconnectPeriod: 0 },
    username: `${hostName}/${deviceId}/?api-version=2021-04-12`,
    password: sasToken(`${hostName}/devices/${deviceId}`, key),
  })
  client.on('error', () => undefined)
  let number = 0
  const publish = (): void => {
    const name = `telemetry/${deviceId}/${String(round)}-${String(++number)}`
    ledger.sent(name)
    client.publish(`devices/${deviceId}/messages/events/`, name, { qos: 1 }, (error) => {
      if (error != null || !client.connected) return
      ledger.acknowledged(name)
      publish()
    })
  }
  let patch = 0
  const values = new Map<string, string>()
  const report = (): void => {
    const value = `${String(round)}-${String(++patch)}`
    values.set(String(patch), value)
    client.publish(
      `$iothub/twin/PATCH/properties/reported/?$rid=${String(patch)}`,
      JSON.stringify({ value, n: round * 1_000_000 + patch }),
    )
  }
  client.on('message', (topic, payload) => {
    const answer = /^\$iothub\/twin\/res\/204\/\?\$rid=(\d+)&\$version=(\d+)/.exec(topic)
    if (answer !== null) {
      const [, rid = '', version = ''] = answer
      ledger.number(`reported/${deviceId}/${version}`, values.get(rid) ?? '?')
      ledger.acknowledged(`reportedAtLeast/${deviceId}/${version}`)
      report()
      return
    }
    const desired = /^\$iothub\/twin\/PATCH\/properties\/desired\/\?\$version=(\d+)/.exec(topic)
    if (desired === null) return
    const { value } = JSON.parse(payload.toString()) as { value: string }
    ledger.number(`desired/${deviceId}/${desired[1] ?? ''}`, value)
  })
  client.once('connect', () => {
    client.subscribe(['$iothub/twin/res/#', '$iothub/twin/PATCH/properties/desired/#'], () => {
      for (let window = 0; window < 16; window++) publish()
      report()
    })
  })
  return () => client.end(true)
}

const dataSection = (body: Buffer): unknown => rhea.message.data_section(body)

function connectAmqp(hub: RunningHub, username: string, password: string): rhea.Connection {
  const connection = rhea.create_container().connect({
    ...{ transport: 'tls', host: hub.hostName, port: hub.amqpPort, ca: hub.ca },
    ...{ username, password, reconnect: false },
  })
  for (const name of ['disconnected', 'connection_error', 'error', 'sender_error', 'receiver_error'])
    connection.on(name, () => undefined)
  return connection
}

function connectService(hub: RunningHub): rhea.Connection {
  const policy = partsOf(hub.serviceConnectionString).get('SharedAccessKeyName') ?? ''
  const name = hub.hostName.split('.', 1)[0] ?? ''
  return connectAmqp(hub, `${policy}@sas.root.${name}`, ownerToken(hub))
}

/** Telemetry of a device, one `accepted` after the other of 8 in flight. */
export function amqpDevice(hub: RunningHub, ledger: Ledger, deviceId: string, key: string, round: number) {
  const name = hub.hostName.split('.', 1)[0] ?? ''
  const token = sasToken(`${hub.hostName}/devices/${deviceId}`, key)
  const connection = connectAmqp(hub, `${deviceId}@sas.${name}`, token)
  sendAll(connection, `/devices/${deviceId}/messages/events`, ledger, 8, (number) => ({
    name: `telemetry/${deviceId}/${String(round)}-${String(number)}`,
    message: (id) => ({ body: dataSection(Buffer.from(id)) }),
  }))
  return () => {
    connection.close()
  }
}

/** A back end that sends cloud-to-device messages. */
export function amqpBackEnd(hub: RunningHub, ledger: Ledger, deviceId: string, round: number) {
  const connection = connectService(hub)
  sendAll(connection, '/messages/devicebound', ledger, 4, (number) => ({
    name: `c2d/${deviceId}/${String(round)}-${String(number)}`,
    message: (id) => ({
      to: `/devices/${deviceId}/messages/devicebound`,
      message_id: id,
      body: dataSection(Buffer.from(id)),
    }),
  }))
  return () => {
    connection.close()
  }
}

function sendAll(
  connection: rhea.Connection,
  target: string,
  ledger: Ledger,
  inFlight: number,
  next: (number: number) => { readonly name: string; readonly message: (name: string) => object },
): void {
  const sender = connection.open_sender({ target: { address: target } })
  const names = new Map<unknown, string>()
  let number = 0
  let open = 0
  const send = (): void => {
    while (open < inFlight && sender.sendable()) {
      const { name, message } = next(++number)
      ledger.sent(name)
      names.set(sender.send(message(name) as rhea.Message), name)
      open++
    }
  }
  sender.on('sendable', send)
  sender.on('accepted', (context: rhea.EventContext) => {
    ledger.acknowledged(names.get(context.delivery) ?? '?')
    open--
    send()
  })
  // A queue that is full: the message is not there.
  sender.on('rejected', () => {
    open--
    setTimeout(send, 20)
  })
}

/** Reads the events of all partitions: their numbers leave the hub. */
export function eventReader(
  hub: RunningHub,
  ledger: Ledger,
  seen: (partition: string) => void = () => undefined,
) {
  const connection = connectService(hub)
  const name = hub.hostName.split('.', 1)[0] ?? ''
  for (const partition of ['0', '1', '2', '3']) {
    const receiver = connection.open_receiver({
      source: { address: `${name}/ConsumerGroups/$Default/Partitions/${partition}` },
      credit_window: 1_000,
    })
    receiver.on('message', ({ message }: rhea.EventContext) => {
      const annotations = message?.message_annotations ?? {}
      const { content } = message?.body as { content: Buffer }
      const place = `${String(annotations['x-opt-sequence-number'])}@${String(annotations['x-opt-offset'])}`
      ledger.number(`event/${partition}/${place}`, content.toString())
      ledger.number(
        `eventNumber/${partition}/${String(annotations['x-opt-sequence-number'])}`,
        content.toString(),
      )
      seen(partition)
    })
  }
  return () => {
    connection.close()
  }
}

/** Requests of back ends and devices, one after the other. */
export function httpsClients(
  hub: RunningHub,
  ledger: Ledger,
  names: { readonly twin: string; readonly inbox: string; readonly telemetry: string },
  round: number,
) {
  let stop = false
  const stopped = (): boolean => stop
  let number = 0
  void untilGone(stopped, async () => {
    const id = `r-${String(round)}-${String(++number)}`
    ledger.sent(`device/${id}`)
    const made = await call(hub, 'PUT', `/devices/${id}`, { deviceId: id })
    if (made.status !== 200) return
    ledger.acknowledged(`device/${id}`)
    const { generationId } = JSON.parse(made.body) as { generationId: string }
    ledger.number(`generation/${generationId}`, id)
    if (number % 3 !== 0) return
    const name = `device/${id}`
    ledger.things.set(name, false)
    const gone = await call(hub, 'DELETE', `/devices/${id}`, undefined, { 'if-match': '*' })
    if (gone.status === 204) ledger.settled(name)
  })
  let desired = 0
  void untilGone(stopped, async () => {
    const value = `${String(round)}-${String(++desired)}`
    const path = `/twins/${names.twin}`
    const answer = await call(hub, 'PATCH', path, { properties: { desired: { value } } })
    if (answer.status !== 200) return
    const twin = JSON.parse(answer.body) as {
      version: number
      properties: { desired: { $version: number; value: string } }
    }
    const { $version } = twin.properties.desired
    ledger.number(`desired/${names.twin}/${String($version)}`, twin.properties.desired.value)
    ledger.acknowledged(`desiredAtLeast/${names.twin}/${String($version)}`)
  })
  let messages = 0
  void untilGone(stopped, async () => {
    const name = `telemetry/${names.telemetry}/${String(round)}-${String(++messages)}`
    ledger.sent(name)
    const path = `/devices/${names.telemetry}/messages/events`
    const answer = await call(hub, 'POST', path, Buffer.from(name))
    if (answer.status === 204) ledger.acknowledged(name)
  })
  void untilGone(stopped, async () => {
    const path = `/devices/${names.inbox}/messages/devicebound`
    const { status, headers, body } = await call(hub, 'GET', path)
    if (status !== 200) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      return
    }
    ledger.number(`c2dNumber/${String(headers['iothub-sequencenumber'])}`, body)
    const token = String(headers['etag']).replaceAll('"', '')
    // From now on it may be gone.
    ledger.things.set(body, false)
    const done = await call(hub, 'DELETE', `${path}/${token}`)
    if (done.status === 204) ledger.settled(body)
  })
  return () => {
    stop = true
  }
}
