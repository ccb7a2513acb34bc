/** A minimal MQTT device for load: it writes and counts frames itself, so that the generator is not the limit. */
import { once } from 'node:events'
import { type TLSSocket, connect, createSecureContext, type SecureContext } from 'node:tls'
import mqttPacket, { type Packet } from 'mqtt-packet'
import { DEVICE_KEY, sasToken } from './token.ts'

export interface Target {
  readonly mqttPort: number
  readonly caPem: string
}

const contexts = new Map<string, SecureContext>()

function secureContext(caPem: string): SecureContext {
  const known = contexts.get(caPem) ?? createSecureContext({ ca: caPem })
  contexts.set(caPem, known)
  return known
}

/** User name and password of CONNECT. */
export interface Login {
  readonly username: string
  readonly password: string
}

/** The part of a delivery that the load generators need. */
export interface Delivery {
  readonly topic: string
  readonly payload: Buffer
  /** 0 with QoS 0. */
  readonly packetId: number
}

export class MqttDevice {
  readonly deviceId: string
  readonly socket: TLSSocket
  #nextId = 1
  #partial: Buffer = Buffer.alloc(0)
  #acknowledged: (packetId: number) => void = () => undefined
  #published: (delivery: Delivery) => void = () => undefined
  #other: (packet: Packet) => void = () => undefined

  private constructor(deviceId: string, socket: TLSSocket) {
    this.deviceId = deviceId
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#read(chunk)
    })
    socket.on('error', () => socket.destroy())
  }

  /**
   * Connects and authenticates.
   * @param login default: that of a device of the hub with the key of all benchmark devices.
   * @throws Error when the server rejects the connection.
   */
  static async open(
    target: Target,
    deviceId: string,
    login: Login = {
      username: `localhost/${deviceId}/?api-version=2021-04-12`,
      password: sasToken(`localhost/devices/${deviceId}`, DEVICE_KEY),
    },
  ): Promise<MqttDevice> {
    const socket = connect({
      port: target.mqttPort,
      host: '127.0.0.1',
      servername: 'localhost',
      secureContext: secureContext(target.caPem),
    })
    socket.setNoDelay(true)
    await once(socket, 'secureConnect')
    const device = new MqttDevice(deviceId, socket)
    const connack = device.next('connack')
    socket.write(
      mqttPacket.generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: deviceId,
        keepalive: 0,
        username: login.username,
        password: Buffer.from(login.password),
      }),
    )
    const answer = await connack
    if (answer.cmd !== 'connack' || answer.returnCode !== 0) throw new Error(`CONNECT of ${deviceId} refused`)
    return device
  }

  /** The next packet of a kind that is neither PUBLISH nor PUBACK. */
  next(cmd: Packet['cmd']): Promise<Packet> {
    return new Promise((resolve, reject) => {
      this.socket.once('close', () => {
        reject(new Error(`closed before ${cmd}`))
      })
      this.#other = (packet) => {
        if (packet.cmd === cmd) resolve(packet)
      }
    })
  }

  /** @param qos 0, as the Node SDK does for twins and methods: there are no acknowledgements. */
  async subscribe(filter: string, qos: 0 | 1 = 0): Promise<void> {
    const suback = this.next('suback')
    const subscriptions = [{ topic: filter, qos }]
    this.socket.write(mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions }))
    await suback
  }

  onAcknowledged(run: (packetId: number) => void): void {
    this.#acknowledged = run
  }

  onPublished(run: (delivery: Delivery) => void): void {
    this.#published = run
  }

  /** A frame for {@link send}; only the packet id varies. */
  static frame(topic: string, payload: Buffer): { readonly bytes: Buffer; readonly idAt: number } {
    const bytes = mqttPacket.generate({
      cmd: 'publish',
      topic,
      payload,
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    })
    return { bytes, idAt: bytes.length - payload.length - 2 }
  }

  /** Sends `count` copies in one write. */
  send(
    frame: { readonly bytes: Buffer; readonly idAt: number },
    count: number,
    sent: (packetId: number) => void,
  ): void {
    const burst = Buffer.allocUnsafe(frame.bytes.length * count)
    for (let i = 0; i < count; i++) {
      const id = this.#nextId
      this.#nextId = id === 65_535 ? 1 : id + 1
      const at = i * frame.bytes.length
      frame.bytes.copy(burst, at)
      burst.writeUInt16BE(id, at + frame.idAt)
      sent(id)
    }
    this.socket.write(burst)
  }

  publish(topic: string, payload: Buffer): void {
    this.socket.write(
      mqttPacket.generate({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false }),
    )
  }

  puback(packetId: number): void {
    this.socket.write(Buffer.from([0x40, 2, packetId >> 8, packetId & 255]))
  }

  close(): void {
    this.socket.destroy()
  }

  #read(chunk: Buffer): void {
    const data = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk])
    let at = 0
    while (at + 2 <= data.length) {
      if (data[at] === 0x40) {
        if (at + 4 > data.length) break
        this.#acknowledged(data.readUInt16BE(at + 2))
        at += 4
        continue
      }
      const end = frameEnd(data, at)
      if (end === undefined || end > data.length) break
      const first = data[at] ?? 0
      if (first >> 4 === 3) this.#published(deliveryAt(data, at, end))
      else {
        const parser = mqttPacket.parser()
        parser.on('packet', (packet) => {
          this.#other(packet)
        })
        parser.parse(data.subarray(at, end))
      }
      at = end
    }
    this.#partial = at === data.length ? Buffer.alloc(0) : data.subarray(at)
  }
}

/** A PUBLISH from its bytes: fixed header, topic, packet id when QoS is not 0, payload. */
function deliveryAt(data: Buffer, from: number, end: number): Delivery {
  let at = from + 1
  while ((data[at] ?? 0) >= 128) at++
  at++
  const topicEnd = at + 2 + data.readUInt16BE(at)
  const qos = ((data[from] ?? 0) >> 1) & 3
  return {
    topic: data.toString('latin1', at + 2, topicEnd),
    payload: data.subarray(topicEnd + (qos === 0 ? 0 : 2), end),
    packetId: qos === 0 ? 0 : data.readUInt16BE(topicEnd),
  }
}

/** Where the frame that begins at `at` ends; undefined when its length has not arrived whole. */
function frameEnd(data: Buffer, at: number): number | undefined {
  let length = 0
  for (let i = 0; i < 4; i++) {
    const byte = data[at + 1 + i]
    if (byte === undefined) return undefined
    length |= (byte & 127) << (7 * i)
    if (byte < 128) return at + 2 + i + length
  }
  return undefined
}
