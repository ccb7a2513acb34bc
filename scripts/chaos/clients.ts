/** The devices of a run: reference clients and a raw MQTT client (a raw AMQP client is in `amqp-client.ts`), each with what its application does. */

import { connect, type TLSSocket } from 'node:tls'
import mqttPacket, { type Packet } from 'mqtt-packet'
import type { MockHub } from '../../mock-hub/host/mock-hub.ts'
import { CredentialError, IoTHubDeviceClient, MethodResponse } from '../../reference-client/index.ts'
import type { Happening } from './history.ts'
import { tokenFor } from './token.ts'

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
  /** Connects once more while the older connection is open; a client that knows no such thing starts again. */
  takeOver(): void
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

  takeOver(): void {
    this.restart()
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

  takeOver(): void {
    if (!this.#up) return
    // Nothing reads it any more; the hub closes it.
    this.#socket = undefined
    this.#up = false
    this.#dial()
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
