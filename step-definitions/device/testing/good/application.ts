/** What the good device is for: telemetry, messages, twin and methods. */

import { Methods } from './methods.ts'
import type { OpenLink as Link, Owner, Receiver } from './parts.ts'
import * as packets from './packets.ts'
import { DESIRED, Twin } from './twin.ts'
import { parsed } from './values.ts'

interface Outgoing {
  readonly topic: string
  readonly body: string
  id: number
  sent: boolean
}

const LONGEST_QUEUE = 1_000

export class Application implements Receiver {
  clockAheadMs: number
  readonly twin: Twin
  readonly #device: Owner
  readonly #methods: Methods
  readonly #queue: Outgoing[] = []
  #timer: () => void = () => undefined
  #n = 0
  #id = 0
  #led: unknown = 'off'
  #hasConnected = false
  #unsubscribed = true
  #reverse: number[] = []

  constructor(device: Owner) {
    this.#device = device
    this.twin = new Twin(device)
    this.#methods = new Methods(device, {
      measure: () => {
        this.measure()
      },
      setLed: (value) => (this.#led = value),
    })
    this.clockAheadMs = -1000 * device.traits.slowSeconds
  }

  start(): void {
    const { clock, options, traits } = this.#device
    let pace = options.telemetrySeconds
    const tick = (): void => {
      this.#timer = clock.schedule(pace * 1000, tick)
      pace *= traits.drift
      this.measure()
    }
    this.#timer = clock.schedule(1_000, tick)
  }

  stop(): void {
    this.#timer()
    this.twin.stop()
  }

  forget(): void {
    this.#queue.length = 0
    this.twin.forget()
    this.#hasConnected = false
    this.#unsubscribed = true
  }

  get #root(): string {
    return `devices/${this.#device.options.deviceId}`
  }

  measure(): void {
    const { traits, link } = this.#device
    if (!traits.sendsTelemetry(this.#device.connections)) return
    const isAway = link?.openedAt === undefined
    this.#n++
    if (isAway && !traits.buffersWhileAway) return
    const body = traits.body(
      { n: this.#n, led: this.#led, temperature: 20 + (this.#n % 5) },
      this.#device.options.keys,
    )
    for (let copies = traits.copies; copies > 0; copies--)
      this.#queue.push({
        ...{ topic: traits.telemetryTopic(`${this.#root}/messages/events/${traits.properties}`), body },
        ...{ id: 0, sent: false },
      })
    if (this.#queue.length > LONGEST_QUEUE) this.#queue.shift()
    this.#flush()
  }

  /** A measurement of this moment is lost. */
  loseOne(): void {
    this.#n++
  }

  /** CONNACK has come. */
  opened(link: Link): void {
    const { traits } = this.#device
    for (const one of [...this.#queue]) {
      if (!one.sent) continue
      if (traits.resends === 'never') this.#queue.splice(this.#queue.indexOf(one), 1)
      else if (traits.resends === 'new') one.sent = false
      else this.#send(link, one, traits.resends === 'dup')
    }
    const again = !this.#hasConnected || traits.subscribesAgain(link.present)
    const ready = (): void => {
      link.ready = true
      this.#unsubscribed = false
      this.#afterSubscribe(link)
    }
    if (!traits.twinSubscribesFirst) this.twin.read(link)
    const filters = traits.subscriptions(this.#filters(), this.#device.connections)
    if (filters.length === 0 || !again) ready()
    else link.subscribe(this.#nextId(), filters, ready)
    this.#flush()
  }

  #filters(): readonly string[] {
    const { traits } = this.#device
    const twin = [
      '$iothub/twin/res/#',
      ...(traits.takesDesired && !traits.listensAfterRead ? [`${DESIRED}#`] : []),
    ]
    const methods = traits.methodsAfterReconnect || !this.#hasConnected ? ['$iothub/methods/POST/#'] : []
    return [
      ...(traits.listensToMessages ? [`${this.#root}/messages/devicebound/#`] : []),
      ...twin,
      ...methods,
    ]
  }

  #afterSubscribe(link: Link): void {
    const { traits } = this.#device
    const first = !this.#hasConnected
    this.#hasConnected = true
    const { readsTwin } = traits
    if (
      readsTwin === 'always' ||
      (readsTwin === 'first' && first) ||
      (readsTwin === 'new session' && !link.present)
    )
      this.twin.read(link, () => {
        if (traits.listensAfterRead) link.subscribe(this.#nextId(), [`${DESIRED}#`], () => undefined)
      })
    if (first) this.twin.report(traits.firstReport(this.#device.options.keys))
    const { reportsEverySeconds } = traits
    const report = (): void => {
      this.twin.report({ firmware: '1.0' })
      link.after(reportsEverySeconds, report)
    }
    link.after(reportsEverySeconds, report)
    if (traits.repeatsAnswer) this.#methods.answerAgain(link)
    if (traits.extraTopic !== undefined) link.send(packets.publish(traits.extraTopic, 'x', 0, 0, false))
    this.#flush()
  }

  away(): void {
    this.twin.away()
    this.#reverse = []
    if (this.#device.traits.dropsBeforeSubscribe) this.#unsubscribed = true
  }

  #nextId(): number {
    do this.#id = (this.#id % 65_535) + 1
    while (this.#queue.some(({ id }) => id === this.#id))
    return this.#device.traits.packetId(this.#id)
  }

  #flush(): void {
    const { link, traits } = this.#device
    if (link?.openedAt === undefined) return
    for (const one of [...this.#queue]) {
      if (one.sent) continue
      if (this.#queue.filter(({ sent }) => sent).length >= traits.inFlight) return
      one.id = traits.qos === 0 ? 0 : this.#nextId()
      if (!this.#send(link, one, traits.dupAtFirst)) return
      if (traits.qos === 0) this.#queue.splice(this.#queue.indexOf(one), 1)
    }
  }

  #send(link: Link, one: Outgoing, dup: boolean): boolean {
    const { qos, topicEncoding } = this.#device.traits
    one.sent = link.send(packets.publish(one.topic, one.body, qos, one.id, dup, topicEncoding))
    return one.sent
  }

  acknowledged(id: number): void {
    const at = this.#queue.findIndex((one) => one.sent && one.id === id)
    if (at >= 0) this.#queue.splice(at, 1)
    this.#flush()
  }

  delivered(delivery: packets.Delivery, link: Link): void {
    const { traits } = this.#device
    const { topic, body, qos, id, dup } = delivery
    if (traits.dislikes?.(topic, body) === true) {
      this.#device.die()
      return
    }
    if (qos === 1 && !(traits.dropsBeforeSubscribe && this.#unsubscribed)) this.#acknowledge(link, id, dup)
    if (traits.dropsBeforeSubscribe && this.#unsubscribed) return
    if (topic.startsWith(`${this.#root}/messages/devicebound/`) || traits.actsOnAnyTopic) this.#message(body)
    else if (topic.startsWith('$iothub/methods/POST/')) this.#methods.called(topic, body, link)
    else if (topic.startsWith('$iothub/twin/res/')) this.twin.answered(topic, body)
    else if (topic.startsWith(DESIRED)) this.twin.desired(body)
  }

  #acknowledge(link: Link, id: number, dup: boolean): void {
    const { acknowledges, answersWithinSeconds } = this.#device.traits
    if (acknowledges === 'never' || (acknowledges === 'first' && dup)) return
    if (acknowledges === 'reverse') {
      this.#reverse.push(id)
      link.after(0.5, () => {
        for (const one of this.#reverse.splice(0).reverse()) link.send(packets.puback(one))
      })
      return
    }
    const { pubackId, pubacks } = this.#device.traits
    const send = (): void => {
      for (let times = pubacks(this.#device.connections); times > 0; times--)
        link.send(packets.puback(pubackId(id)))
    }
    if (answersWithinSeconds === undefined) send()
    else link.after(answersWithinSeconds, send)
  }

  #message(body: Buffer): void {
    const value = parsed(body.toString())
    if (!this.#device.traits.acts || typeof value !== 'object' || value === null) return
    if (Object.hasOwn(value, 'led')) {
      this.#led = Reflect.get(value, 'led')
      this.measure()
    }
  }
}
