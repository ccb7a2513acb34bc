/** The devices of a soak, in a process of their own: `soak.ts` starts it and is told what was acknowledged. */

import { request, Agent } from 'node:https'
import { connect, createSecureContext } from 'node:tls'
import type { Duplex } from 'node:stream'
import mqttPacket, { type Packet } from 'mqtt-packet'
import rhea from 'rhea'
import { createWebSocketStream, WebSocket } from 'ws'
import type { SoakOrder, SoakReport } from './messages.ts'

/** Connections that are being opened at a time. */
const OPENING = 100
/** One in so many devices uses another protocol. */
const OTHER_EVERY = 50
const RETRY_MS = 500

let order: Extract<SoakOrder, { type: 'start' }>
let opening = 0
const waiting: (() => void)[] = []
/** Acknowledged since the last report: device and number. */
let acknowledged: [number, number][] = []
const counts = { connected: 0, connects: 0, failures: 0 }

abstract class Device {
  readonly index: number
  protected number = 0
  protected inFlight: number | undefined
  up = false

  constructor(index: number) {
    this.index = index
  }

  get id(): string {
    return `soak-${this.index}`
  }

  abstract dial(): void
  abstract drop(): void
  protected abstract write(number: number): void

  /** Sends the next message, or the one that was not acknowledged again. */
  send(): void {
    if (!this.up || (this.inFlight !== undefined && this.number === this.inFlight)) return
    this.inFlight ??= ++this.number
    this.write(this.inFlight)
  }

  protected opened(): void {
    this.up = true
    counts.connected++
    if (this.inFlight !== undefined) this.write(this.inFlight)
  }

  protected acknowledge(): void {
    if (this.inFlight !== undefined) acknowledged.push([this.index, this.inFlight])
    this.inFlight = undefined
  }

  protected lost(): void {
    if (this.up) counts.connected--
    this.up = false
    setTimeout(() => {
      limited(() => {
        this.dial()
      })
    }, RETRY_MS * Math.random())
  }
}

/** Runs `open` when few other connections are being opened. */
function limited(open: () => void): void {
  if (opening >= OPENING) {
    waiting.push(open)
    return
  }
  opening++
  counts.connects++
  open()
}
function openingDone(): void {
  opening--
  const next = waiting.shift()
  if (next !== undefined) limited(next)
}

class MqttDevice extends Device {
  #stream: Duplex | undefined

  dial(): void {
    const stream = this.stream()
    this.#stream = stream
    let isOpening = true
    const opened = (): void => {
      if (isOpening) openingDone()
      isOpening = false
    }
    const parser = mqttPacket.parser({ protocolVersion: 4 })
    parser.on('packet', (packet) => {
      if (packet.cmd === 'connack') opened()
      this.#received(packet)
    })
    stream.on('data', (chunk: Buffer) => parser.parse(chunk))
    stream.on('error', () => stream.destroy())
    stream.once('close', () => {
      opened()
      if (this.#stream === stream) {
        this.#stream = undefined
        this.lost()
      }
    })
    this.whenOpen(stream, () => {
      this.#write({
        ...{
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clean: false,
          clientId: this.id,
          keepalive: 120,
        },
        username: `${order.hostName}/${this.id}/?api-version=2021-04-12`,
        password: Buffer.from(order.tokens[this.index] ?? ''),
      })
    })
  }

  drop(): void {
    this.#stream?.destroy()
  }

  protected stream(): Duplex {
    return connect({
      host: '127.0.0.1',
      port: order.mqttPort,
      secureContext: secure(),
      checkServerIdentity: () => undefined,
    })
  }

  protected whenOpen(stream: Duplex, then: () => void): void {
    stream.once('secureConnect', then)
  }

  protected write(number: number): void {
    this.#write({
      ...{ cmd: 'publish', topic: `devices/${this.id}/messages/events/`, payload: String(number), qos: 1 },
      ...{ messageId: (number % 65_535) + 1, dup: false, retain: false },
    })
  }

  #received(packet: Packet): void {
    switch (packet.cmd) {
      case 'connack':
        if (packet.returnCode !== 0) {
          counts.failures++
          this.drop()
          return
        }
        this.#write({
          ...{ cmd: 'subscribe', messageId: 65_535 },
          subscriptions: [
            { topic: `devices/${this.id}/messages/devicebound/#`, qos: 1 },
            { topic: '$iothub/methods/POST/#', qos: 0 },
            { topic: '$iothub/twin/PATCH/properties/desired/#', qos: 0 },
          ],
        })
        this.opened()
        break
      case 'puback':
        this.acknowledge()
        break
      case 'publish': {
        if (packet.qos === 1) this.#write({ cmd: 'puback', messageId: packet.messageId ?? 0 })
        const rid = /^\$iothub\/methods\/.*\$rid=(\w+)/.exec(packet.topic)?.[1]
        if (rid !== undefined)
          this.#write({
            ...{ cmd: 'publish', topic: `$iothub/methods/res/200/?$rid=${rid}`, payload: '1', qos: 0 },
            ...{ dup: false, retain: false },
          })
        break
      }
      default:
    }
  }

  #write(packet: Packet): void {
    if (this.#stream?.writable === true) this.#stream.write(mqttPacket.generate(packet))
  }
}

class WebSocketDevice extends MqttDevice {
  protected override stream(): Duplex {
    const socket = new WebSocket(`wss://127.0.0.1:${order.httpsPort}/$iothub/websocket`, 'mqtt', {
      ca: order.caPem,
    })
    return createWebSocketStream(socket)
  }

  protected override whenOpen(_stream: Duplex, then: () => void): void {
    // The stream keeps what is written until the socket is open.
    setImmediate(then)
  }
}

class AmqpDevice extends Device {
  #connection: rhea.Connection | undefined
  #sender: rhea.Sender | undefined

  dial(): void {
    const connection = rhea.create_container().connect({
      ...{ transport: 'tls', host: '127.0.0.1', port: order.amqpPort, ca: [order.caPem], reconnect: false },
      ...{ username: this.id, password: '', container_id: this.id },
    })
    this.#connection = connection
    let isOpening = true
    const gone = (): void => {
      if (isOpening) openingDone()
      isOpening = false
      if (this.#connection !== connection) return
      this.#connection = undefined
      this.#sender = undefined
      socketOf(connection)?.destroy()
      this.lost()
    }
    for (const event of [
      'disconnected',
      'connection_close',
      'connection_error',
      'error',
      'session_error',
      'sender_error',
      'sender_close',
    ])
      connection.on(event, gone)
    const answers = connection.open_receiver('$cbs')
    const asks = connection.open_sender('$cbs')
    asks.once('sendable', () => {
      const name = `${order.hostName}/devices/${this.id}`
      asks.send({
        ...{ message_id: 1, reply_to: '$cbs', body: order.tokens[this.index] },
        application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name },
      })
    })
    answers.once('message', () => {
      if (isOpening) openingDone()
      isOpening = false
      const sender = connection.open_sender(`/devices/${this.id}/messages/events`)
      sender.once('sendable', () => {
        this.#sender = sender
        this.opened()
      })
      sender.on('accepted', () => {
        this.acknowledge()
      })
    })
  }

  drop(): void {
    if (this.#connection !== undefined) socketOf(this.#connection)?.destroy()
  }

  protected write(number: number): void {
    if (this.#sender?.sendable() === true)
      this.#sender.send({ body: rhea.message.data_section(Buffer.from(String(number))) as Buffer })
  }
}

class HttpDevice extends Device {
  dial(): void {
    openingDone()
    this.opened()
  }

  drop(): void {
    // It has no connection of its own.
  }

  protected write(number: number): void {
    const asked = request(
      {
        ...{ host: '127.0.0.1', port: order.httpsPort, method: 'POST', agent, ca: order.caPem },
        path: `/devices/${this.id}/messages/events?api-version=2021-04-12`,
        headers: { authorization: order.tokens[this.index] ?? '' },
      },
      (answer) => {
        answer.resume()
        answer.once('close', () => {
          if (answer.statusCode === 204) this.acknowledge()
          else {
            counts.failures++
            this.inFlight = undefined
          }
        })
      },
    )
    asked.once('error', () => (this.inFlight = undefined))
    asked.end(String(number))
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 20 })
let context: ReturnType<typeof createSecureContext> | undefined
function secure(): ReturnType<typeof createSecureContext> {
  return (context ??= createSecureContext({ ca: order.caPem }))
}

/** rhea has no other way to end a connection at once. */
function socketOf(connection: rhea.Connection): Duplex | undefined {
  return (connection as unknown as { readonly socket?: Duplex }).socket
}

const devices: Device[] = []

process.on('message', (message: SoakOrder) => {
  switch (message.type) {
    case 'start':
      order = message
      for (let index = 0; index < message.tokens.length; index++) {
        const kind = index % OTHER_EVERY
        const Kind =
          kind === 1 ? WebSocketDevice : kind === 2 ? AmqpDevice : kind === 3 ? HttpDevice : MqttDevice
        const device = new Kind(index)
        devices.push(device)
        limited(() => {
          device.dial()
        })
      }
      setInterval(traffic, 100)
      break
    case 'storm':
      for (let n = 0; n < message.devices; n++) devices[Math.floor(Math.random() * devices.length)]?.drop()
      break
    case 'stop':
      report()
      process.exit(0)
  }
})

/** Each device sends about every `secondsBetween`. */
function traffic(): void {
  const share = devices.length / (order.secondsBetween * 10)
  for (let n = 0; n < share; n++) devices[Math.floor(Math.random() * devices.length)]?.send()
  if (acknowledged.length > 500 || Math.random() < 0.1) report()
}

function report(): void {
  const told: SoakReport = { acknowledged, ...counts }
  acknowledged = []
  process.send?.(told)
}
