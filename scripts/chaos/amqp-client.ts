/** The raw AMQP device of a run. */

import type { TLSSocket } from 'node:tls'
import rhea from 'rhea'
import type { MockHub } from '../../mock-hub/host/mock-hub.ts'
import type { Device, Tell } from './clients.ts'
import { tokenFor } from './token.ts'

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

  takeOver(): void {
    this.#connection = undefined
    this.#sender = undefined
    this.#sent = undefined
    this.#dial()
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
    })
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
    this.#sender.send({ message_id: id, body: rhea.message.data_section(Buffer.from(id)) as Buffer })
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
