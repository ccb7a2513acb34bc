/** The devices of a run: reference clients, a raw MQTT client and a raw AMQP client, each with what its application does. */

import { createHmac } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import mqttPacket, { type Packet } from 'mqtt-packet'
import rhea from 'rhea'
import type { MockHub } from '../../mock-hub/host/mock-hub.ts'
import { CredentialError, IoTHubDeviceClient, MethodResponse } from '../../reference-client/index.ts'
import type { Happening } from './history.ts'

export interface Device {
  readonly deviceId: string
  /** Connects if it is not connected; called at each tick. */
  tend(): void
  send(id: string): void
  /** Reports `{ n: value }`; a client without twins does nothing. */
  report(value: number): void
  /** Closes the connection in order; the next tick opens another. */
  close(): void
  /** The process of the application ends and begins again: what was under way is forgotten. */
  restart(): void
  stop(): Promise<void>
}

export type Tell = (happening: Happening) => void

interface Call {
  readonly call: number
}

/** A client of this project. */
export class ReferenceDevice implements Device {
  readonly deviceId: string
  readonly #hub: MockHub
  readonly #tell: Tell
  #client: IoTHubDeviceClient | undefined

  constructor(hub: MockHub, deviceId: string, tell: Tell) {
    this.#hub = hub
    this.deviceId = deviceId
    this.#tell = tell
  }

  tend(): void {
    const client = (this.#client ??= this.#open())
    if (client.connected) return
    client.connect().catch((error: unknown) => {
      // A client renews its token by the clock: an application that is refused before makes a new one.
      if (error instanceof CredentialError && client === this.#client) this.restart()
    })
  }

  send(id: string): void {
    const client = this.#client
    if (client === undefined) return
    const { deviceId: device } = this
    this.#tell({ type: 'offered', device, id })
    client.sendMessage(id).then(
      () => {
        this.#tell({ type: 'acknowledged', device, id })
      },
      () => {
        this.#tell({ type: 'failed', device, id })
      },
    )
  }

  report(value: number): void {
    this.#client?.patchTwinReportedProperties({ n: value }).then(
      () => {
        this.#tell({ type: 'reported', device: this.deviceId, value })
      },
      () => undefined,
    )
  }

  close(): void {
    this.#client?.disconnect().catch(() => undefined)
  }

  restart(): void {
    const client = this.#client
    this.#client = undefined
    client?.shutdown().catch(() => undefined)
  }

  async stop(): Promise<void> {
    await this.#client?.shutdown().catch(() => undefined)
  }

  #open(): IoTHubDeviceClient {
    const { mqttPort, httpsPort, clock, caPem } = this.#hub
    const { deviceId: device } = this
    const client = IoTHubDeviceClient.createFromConnectionString(
      this.#hub.connectionString({ deviceId: device }),
      {
        serverVerificationCert: caPem,
        extensions: { clock, endpoint: { host: '127.0.0.1', mqttPort, httpsPort } },
      },
    )
    client.onBackgroundException = () => undefined
    client.onMessageReceived = (message) => {
      this.#tell({ type: 'c2d-received', device, id: message.data.toString() })
    }
    client.onTwinDesiredPropertiesPatchReceived = (patch) => {
      if (patch.$version !== undefined) this.#tell({ type: 'desired-seen', device, version: patch.$version })
    }
    client.onMethodRequestReceived = (request) => {
      const { call } = request.payload as unknown as Call // the back end of the run has sent it
      this.#tell({ type: 'method-received', device, call })
      client
        .sendMethodResponse(MethodResponse.createFromMethodRequest(request, 200, { by: device }))
        .catch(() => undefined)
    }
    return client
  }
}

/** A client that sends packets itself, and again after a lost connection what was not acknowledged. */
export class RawMqttDevice implements Device {
  readonly deviceId: string
  readonly #hub: MockHub
  readonly #tell: Tell
  #socket: TLSSocket | undefined
  #up = false
  #nextId = 1
  /** Telemetry without a PUBACK, oldest first. */
  #open: { readonly id: string; messageId: number; sent: boolean }[] = []
  #heardAt = 0
  #reported = new Map<string, number>()
  #nextRid = 1

  constructor(hub: MockHub, deviceId: string, tell: Tell) {
    this.#hub = hub
    this.deviceId = deviceId
    this.#tell = tell
  }

  tend(): void {
    if (this.#socket === undefined) this.#dial()
    else if (this.#hub.clock.now() - this.#heardAt > 90_000) this.#lose()
    else if (this.#up) this.#write({ cmd: 'pingreq' })
  }

  send(id: string): void {
    this.#tell({ type: 'offered', device: this.deviceId, id })
    const open = { id, messageId: this.#nextId, sent: false }
    this.#nextId = (this.#nextId % 60_000) + 1
    this.#open.push(open)
    if (this.#up) this.#publish(open)
  }

  report(value: number): void {
    if (!this.#up) return
    const rid = String(this.#nextRid++)
    this.#reported.set(rid, value)
    this.#write({
      ...{ cmd: 'publish', topic: `$iothub/twin/PATCH/properties/reported/?$rid=${rid}`, qos: 0, dup: false },
      ...{ payload: JSON.stringify({ n: value }), retain: false },
    })
  }

  close(): void {
    this.#write({ cmd: 'disconnect' })
    this.#lose()
  }

  restart(): void {
    this.#lose()
    for (const { id } of this.#open) this.#tell({ type: 'failed', device: this.deviceId, id })
    this.#open = []
  }

  stop(): Promise<void> {
    this.#lose()
    return Promise.resolve()
  }

  #dial(): void {
    const { mqttPort: port, caPem: ca, hostName, clock, registry } = this.#hub
    const { deviceId } = this
    this.#heardAt = clock.now()
    const socket = connect({ host: '127.0.0.1', port, ca })
    this.#socket = socket
    const parser = mqttPacket.parser({ protocolVersion: 4 })
    parser.on('packet', (packet) => {
      if (socket === this.#socket) this.#received(packet)
    })
    parser.on('error', () => {
      if (socket === this.#socket) this.#lose()
    })
    socket.on('data', (chunk: Buffer) => {
      this.#heardAt = clock.now()
      parser.parse(chunk)
    })
    for (const event of ['close', 'error'])
      socket.on(event, () => {
        if (socket === this.#socket) this.#lose()
      })
    const key = registry.get({ deviceId }).authentication.symmetricKey.primaryKey ?? ''
    socket.once('secureConnect', () => {
      this.#write({
        ...{
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clean: false,
          clientId: deviceId,
          keepalive: 60,
        },
        username: `${hostName}/${deviceId}/?api-version=2021-04-12`,
        password: Buffer.from(tokenFor(`${hostName}/devices/${deviceId}`, key, clock.now())),
      })
    })
  }

  #received(packet: Packet): void {
    const { deviceId: device } = this
    switch (packet.cmd) {
      case 'connack':
        if (packet.returnCode !== 0) {
          this.#lose()
          return
        }
        this.#up = true
        this.#write({
          ...{ cmd: 'subscribe', messageId: 60_001 },
          subscriptions: [
            { topic: `devices/${device}/messages/devicebound/#`, qos: 1 },
            { topic: '$iothub/methods/POST/#', qos: 0 },
            { topic: '$iothub/twin/PATCH/properties/desired/#', qos: 1 },
            { topic: '$iothub/twin/res/#', qos: 0 },
          ],
        })
        for (const open of this.#open) this.#publish(open)
        break
      case 'puback': {
        const at = this.#open.findIndex(({ messageId }) => messageId === packet.messageId)
        const [open] = at < 0 ? [] : this.#open.splice(at, 1)
        if (open !== undefined) this.#tell({ type: 'acknowledged', device, id: open.id })
        break
      }
      case 'publish':
        this.#delivered(packet.topic, packet.payload.toString())
        if (packet.qos === 1) this.#write({ cmd: 'puback', messageId: packet.messageId ?? 0 })
        break
      default:
    }
  }

  #delivered(topic: string, text: string): void {
    const { deviceId: device } = this
    if (topic.includes('/devicebound/')) this.#tell({ type: 'c2d-received', device, id: text })
    const rid = /\$rid=([^&]+)/.exec(topic)?.[1] ?? ''
    if (topic.startsWith('$iothub/methods/')) {
      this.#tell({ type: 'method-received', device, call: (JSON.parse(text) as Call).call })
      this.#write({
        ...{
          cmd: 'publish',
          topic: `$iothub/methods/res/200/?$rid=${rid}`,
          qos: 0,
          dup: false,
          retain: false,
        },
        payload: JSON.stringify({ by: device }),
      })
    }
    if (topic.startsWith('$iothub/twin/PATCH/')) {
      const { $version } = JSON.parse(text) as { $version: number }
      this.#tell({ type: 'desired-seen', device, version: $version })
    }
    const value = this.#reported.get(rid)
    if (topic.startsWith('$iothub/twin/res/204') && value !== undefined)
      this.#tell({ type: 'reported', device, value })
  }

  #publish(open: { readonly id: string; messageId: number; sent: boolean }): void {
    this.#write({
      ...{ cmd: 'publish', topic: `devices/${this.deviceId}/messages/events/`, payload: open.id, qos: 1 },
      ...{ messageId: open.messageId, dup: open.sent, retain: false },
    })
    open.sent = true
  }

  #write(packet: Packet): void {
    if (this.#socket?.writable === true) this.#socket.write(mqttPacket.generate(packet))
  }

  #lose(): void {
    this.#socket?.destroy()
    this.#socket = undefined
    this.#up = false
    this.#reported = new Map()
  }
}

/** A client of rhea: telemetry one at a time, and messages to the device. */
export class RawAmqpDevice implements Device {
  readonly deviceId: string
  readonly #hub: MockHub
  readonly #tell: Tell
  #connection: rhea.Connection | undefined
  #sender: rhea.Sender | undefined
  #open: string[] = []
  #sent: string | undefined
  #dialledAt = 0

  constructor(hub: MockHub, deviceId: string, tell: Tell) {
    this.#hub = hub
    this.deviceId = deviceId
    this.#tell = tell
  }

  tend(): void {
    const { clock } = this.#hub
    if (this.#connection === undefined) this.#dial()
    else if (this.#sender === undefined && clock.now() - this.#dialledAt > 60_000) this.#lose()
    else this.#sendNext()
  }

  send(id: string): void {
    this.#tell({ type: 'offered', device: this.deviceId, id })
    this.#open.push(id)
    this.#sendNext()
  }

  report(): void {
    // Twins are the matter of the other clients.
  }

  close(): void {
    this.#connection?.close()
  }

  restart(): void {
    this.#lose()
    for (const id of this.#open) this.#tell({ type: 'failed', device: this.deviceId, id })
    this.#open = []
  }

  stop(): Promise<void> {
    this.#lose()
    return Promise.resolve()
  }

  #dial(): void {
    const { amqpPort = 0, caPem, hostName, clock, registry } = this.#hub
    const { deviceId } = this
    this.#dialledAt = clock.now()
    const connection = rhea.create_container().connect({
      ...{ transport: 'tls', host: '127.0.0.1', port: amqpPort, ca: [caPem], reconnect: false },
      ...{ username: `${deviceId}@sas.${hostName}`, password: '', container_id: deviceId },
      rejectUnauthorized: true,
    } as rhea.ConnectionOptions)
    this.#connection = connection
    const current = (then: (context: rhea.EventContext) => void) => (context: rhea.EventContext) => {
      if (connection === this.#connection) then(context)
    }
    const gone = current(() => {
      this.#lose()
    })
    for (const event of [
      'disconnected',
      'connection_close',
      'connection_error',
      'error',
      'session_error',
      'sender_error',
      'receiver_error',
      'sender_close',
      'receiver_close',
    ])
      connection.on(event, gone)
    const key = registry.get({ deviceId }).authentication.symmetricKey.primaryKey ?? ''
    const resource = `${hostName}/devices/${deviceId}`
    const answers = connection.open_receiver('$cbs')
    const asks = connection.open_sender('$cbs')
    asks.once('sendable', () => {
      asks.send({
        ...{ message_id: 1, reply_to: '$cbs', body: tokenFor(resource, key, clock.now()) },
        application_properties: {
          operation: 'put-token',
          type: 'servicebus.windows.net:sastoken',
          name: resource,
        },
      })
    })
    answers.once(
      'message',
      current(() => {
        const sender = connection.open_sender(`/devices/${deviceId}/messages/events`)
        this.#sender = sender
        sender.on('sendable', () => {
          this.#sendNext()
        })
        sender.on('accepted', () => {
          const id = this.#sent
          this.#sent = undefined
          if (id === undefined || sender !== this.#sender) return
          this.#open.shift()
          this.#tell({ type: 'acknowledged', device: deviceId, id })
          this.#sendNext()
        })
        for (const event of ['rejected', 'released', 'modified'])
          sender.on(event, () => {
            if (sender === this.#sender) this.#sent = undefined
          })
        const receiver = connection.open_receiver(`/devices/${deviceId}/messages/devicebound`)
        receiver.on('message', ({ message }: rhea.EventContext) => {
          const id = String((message?.body as { content?: Buffer } | undefined)?.content ?? '')
          this.#tell({ type: 'c2d-received', device: deviceId, id })
        })
      }),
    )
  }

  #sendNext(): void {
    const [id] = this.#open
    if (id === undefined || this.#sent !== undefined || this.#sender?.sendable() !== true) return
    this.#sent = id
    this.#sender.send({ message_id: id, body: rhea.message.data_section(Buffer.from(id)) })
  }

  #lose(): void {
    const connection = this.#connection
    this.#connection = undefined
    this.#sender = undefined
    this.#sent = undefined
    // rhea has no other way to end a connection at once.
    ;(connection as unknown as { readonly socket?: TLSSocket } | undefined)?.socket?.destroy()
  }
}

/** Good for an hour of the hub's clock. */
function tokenFor(resource: string, key: string, now: number): string {
  const sr = encodeURIComponent(resource)
  const se = Math.floor(now / 1000) + 3_600
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}`
}
