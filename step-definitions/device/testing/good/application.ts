/** What the good device is for: telemetry, messages, twin and methods. */

import { randomBytes } from 'node:crypto'
import { Upload } from './upload.ts'
import type { OpenLink as Link, Owner, Receiver } from './parts.ts'
import * as packets from './packets.ts'

interface Outgoing {
  readonly topic: string
  readonly body: string
  id: number
  sent: boolean
}

const LONGEST_QUEUE = 1_000
/** Telemetry over time is worth keeping, requests are not. */
type TwinRequest = { readonly patch?: Readonly<Record<string, unknown>>; readonly cancel: () => void }

export class Application implements Receiver {
  tokenSeconds: number
  clockAheadMs: number
  readonly #device: Owner
  readonly #queue: Outgoing[] = []
  readonly #requests = new Map<string, TwinRequest>()
  #timer: () => void = () => undefined
  #n = 0
  #id = 0
  #rid = 0
  #led: unknown = 'off'
  #version = 0
  #reported: Record<string, unknown> = {}
  #hasConnected = false
  #unsubscribed = true
  #reverse: number[] = []

  constructor(device: Owner) {
    this.#device = device
    this.tokenSeconds = device.traits.tokenSeconds
    this.clockAheadMs = -1000 * device.traits.slowSeconds
  }

  start(): void {
    const { clock, options, traits } = this.#device
    let pace = options.telemetrySeconds
    const tick = (): void => {
      this.#timer = clock.schedule(pace * 1000, tick)
      pace *= traits.drift
      if (this.#device.traits.sendsTelemetry) this.measure()
    }
    this.#timer = clock.schedule(1_000, tick)
  }

  stop(): void {
    this.#timer()
    for (const { cancel } of this.#requests.values()) cancel()
    this.#requests.clear()
  }

  forget(): void {
    this.#queue.length = 0
    this.#version = 0
    this.#reported = {}
    this.#hasConnected = false
    this.#unsubscribed = true
    this.tokenSeconds = this.#device.traits.tokenSeconds
  }

  get #root(): string {
    return `devices/${this.#device.options.deviceId}`
  }

  measure(): void {
    const { traits, link } = this.#device
    if (!traits.sendsTelemetry) return
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
      else this.#send(link, one, true)
    }
    const again = !this.#hasConnected || traits.subscribesAgain(link.present)
    const ready = (): void => {
      link.ready = true
      this.#unsubscribed = false
      this.#afterSubscribe(link)
    }
    if (!traits.twinSubscribesFirst) this.#readTwin(link)
    const filters = traits.subscriptions(this.#filters(), this.#device.connections)
    if (filters.length === 0 || !again) ready()
    else link.subscribe(this.#nextId(), filters, ready)
    this.#flush()
  }

  #filters(): readonly string[] {
    const { traits } = this.#device
    const twin = [
      '$iothub/twin/res/#',
      ...(traits.takesDesired ? ['$iothub/twin/PATCH/properties/desired/#'] : []),
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
    if (traits.readsTwin === 'always' || (traits.readsTwin === 'first' && first)) this.#readTwin(link)
    if (first) this.#report({ [`${traits.reportedKey}firmware`]: '1.0', started: true })
    const { reportsEverySeconds } = traits
    const report = (): void => {
      this.#report({ firmware: '1.0' })
      link.after(reportsEverySeconds, report)
    }
    link.after(reportsEverySeconds, report)
    if (traits.extraTopic !== undefined) link.send(packets.publish(traits.extraTopic, 'x', 0, 0, false))
    this.#flush()
  }

  away(): void {
    for (const { cancel } of this.#requests.values()) cancel()
    // What was asked and not answered is asked again on the next link.
    const lost = [...this.#requests.values()].flatMap(({ patch }) => patch ?? [])
    this.#requests.clear()
    if (this.#device.traits.retriesPatch)
      this.#reported = Object.assign({}, this.#reported, ...lost) as Record<string, unknown>
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
    const { qos } = this.#device.traits
    one.sent = link.send(packets.publish(one.topic, one.body, qos, one.id, dup))
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
    else if (topic.startsWith('$iothub/methods/POST/')) this.#method(topic, body, link)
    else if (topic.startsWith('$iothub/twin/res/')) this.#answer(topic, body)
    else if (topic.startsWith('$iothub/twin/PATCH/properties/desired/')) this.#desired(topic, body)
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
    if (answersWithinSeconds === undefined) link.send(packets.puback(id))
    else link.after(answersWithinSeconds, () => link.send(packets.puback(id)))
  }

  #message(body: Buffer): void {
    const value = parsed(body.toString())
    if (!this.#device.traits.acts || typeof value !== 'object' || value === null) return
    if (Object.hasOwn(value, 'led')) {
      this.#led = Reflect.get(value, 'led')
      this.measure()
    }
  }

  // Twin.

  #readTwin(link: Link): void {
    this.#request('$iothub/twin/GET/', '', link)
  }

  #report(patch: Readonly<Record<string, unknown>>): void {
    const { link } = this.#device
    this.#reported = { ...this.#reported, ...patch }
    if (link?.openedAt === undefined) return
    const waiting = this.#reported
    this.#reported = {}
    this.#request('$iothub/twin/PATCH/properties/reported/', JSON.stringify(waiting), link, waiting)
  }

  #request(topic: string, body: string, link: Link, patch?: Readonly<Record<string, unknown>>): void {
    const { traits, clock } = this.#device
    const rid = traits.rid(++this.#rid)
    const cancel = Number.isFinite(traits.twinSeconds)
      ? clock.schedule(traits.twinSeconds * 1000, () => {
          this.#requests.delete(rid)
          if (this.#device.link !== link || link.openedAt === undefined) return
          this.#request(topic, body, link, patch)
        })
      : (): void => undefined
    this.#requests.set(rid, { cancel, ...(patch === undefined ? {} : { patch }) })
    link.send(packets.publish(`${topic}?$rid=${rid}`, body, 0, 0, false))
  }

  #answer(topic: string, body: Buffer): void {
    const [, status = '', rid = ''] = /^\$iothub\/twin\/res\/(\d+)\/\?\$rid=([^&]+)/.exec(topic) ?? []
    const request = this.#requests.get(rid)
    if (request === undefined) return
    request.cancel()
    this.#requests.delete(rid)
    const { traits, clock } = this.#device
    const { patch } = request
    if (patch === undefined) {
      const twin = parsed(body.toString()) as { desired?: Record<string, unknown> } | undefined
      // The whole document counts, whatever came before: the identity may be new.
      this.#version = 0
      if (twin?.desired !== undefined) this.#apply(twin.desired)
      if (Object.keys(this.#reported).length > 0) this.#report({})
      return
    }
    if (Number(status) >= 429 && traits.retriesPatch)
      clock.schedule(3_000, () => {
        this.#report(patch)
      })
  }

  #desired(topic: string, body: Buffer): void {
    const { traits } = this.#device
    if (!traits.takesDesired) return
    if (body.length > traits.largestJson) {
      this.#device.die()
      return
    }
    const patch = parsed(body.toString()) as Record<string, unknown> | undefined
    if (typeof patch === 'object') this.#apply(patch)
  }

  #apply(desired: Record<string, unknown>): void {
    const { traits } = this.#device
    const version = Number(desired['$version'] ?? 0)
    if (traits.checksVersion && version < this.#version) return
    this.#version = version
    if (Object.values(desired).includes(null) && !traits.survivesNull) {
      this.#device.die()
      return
    }
    const { tokenLifeSeconds, interval } = desired
    if (typeof tokenLifeSeconds === 'number' && tokenLifeSeconds !== this.tokenSeconds)
      this.#device.clock.schedule(100, () => {
        this.#device.setTokenLife(tokenLifeSeconds)
      })
    if (traits.reportsDesired) this.#report(desired)
    else if (interval !== undefined && interval !== null) this.#report({ interval: { value: interval } })
  }

  // Methods.

  #method(topic: string, body: Buffer, link: Link): void {
    const { traits } = this.#device
    const [, name = '', rid = ''] = /^\$iothub\/methods\/POST\/([^/]+)\/\?\$rid=(.+)$/.exec(topic) ?? []
    if (body.length === 0 && !traits.survivesNoPayload) {
      this.#device.die()
      return
    }
    const answer = (status: number, payload: unknown): void => {
      const send = (): void => {
        for (let times = 0; times < traits.methodAnswers; times++)
          link.send(
            packets.publish(
              `$iothub/methods/res/${String(status)}/?$rid=${traits.methodRid(rid)}`,
              JSON.stringify(traits.methodPayload(payload)),
              ...([0, 0, false] as const),
            ),
          )
      }
      const seconds = traits.answersWithinSeconds ?? traits.methodSeconds
      if (!traits.answersAll) this.#answerLast(link, send)
      else if (seconds > 0) link.after(seconds, send)
      else send()
    }
    const value = parsed(body.toString())
    switch (name) {
      case 'ping':
        answer(200, { pong: true })
        return
      case 'setLed':
        this.#led = (value as { on?: unknown } | null)?.on === true ? 'on' : 'off'
        answer(200, { led: this.#led })
        this.measure()
        return
      case 'slow':
        link.after(Number((value as { seconds?: unknown } | null)?.seconds ?? 5), () => {
          answer(200, null)
        })
        return
      case 'sendNow':
        this.measure()
        answer(200, null)
        return
      case 'burst':
        for (let times = Number((value as { count?: unknown } | null)?.count ?? 10); times > 0; times--)
          this.measure()
        answer(200, null)
        return
      case 'uploadLog':
        answer(200, null)
        void new Upload(this.#device).run('log.txt', 'a line of the log\n').catch(() => undefined)
        return
      case 'shutdown':
        answer(200, null)
        this.#device.clock.schedule(200, () => {
          this.#device.stop()
        })
        return
      default:
        if (traits.answersUnknown) answer(404, { error: `no method ${name}` })
    }
  }

  #last: () => void = () => undefined

  #answerLast(link: Link, send: () => void): void {
    this.#last()
    let isLast = true
    this.#last = () => (isLast = false)
    link.after(0.3, () => {
      if (isLast) send()
    })
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Numbers from 0 to 1 that nobody can foresee. */
export function anyNumber(): number {
  return randomBytes(4).readUInt32BE() / 2 ** 32
}
