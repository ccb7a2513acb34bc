/** The methods of the good device. */

import type { OpenLink as Link, Owner } from './parts.ts'
import * as packets from './packets.ts'
import { Upload } from './upload.ts'
import { parsed } from './values.ts'

/** What a method can do. */
export interface Actions {
  measure(): void
  setLed(value: 'on' | 'off'): void
}

export class Methods {
  readonly #device: Owner
  readonly #actions: Actions
  /** Ids of answers at QoS 1, which no good device sends. */
  #id = 0
  #last: () => void = () => undefined
  #lastAnswer: Buffer | undefined

  constructor(device: Owner, actions: Actions) {
    this.#device = device
    this.#actions = actions
  }

  /** A delivery on the topic of requests. */
  called(topic: string, body: Buffer, link: Link): void {
    const { traits } = this.#device
    const [, name = '', rid = ''] = /^\$iothub\/methods\/POST\/([^/]+)\/\?\$rid=(.+)$/.exec(topic) ?? []
    if (body.length === 0 && !traits.survivesNoPayload) {
      this.#device.die()
      return
    }
    const answer = (status: number, payload: unknown): void => {
      this.#answer(rid, status, payload, link)
    }
    const value = parsed(body.toString())
    switch (name) {
      case 'ping':
        answer(200, { pong: true })
        return
      case 'setLed': {
        const led = (value as { on?: unknown } | null)?.on === true ? 'on' : 'off'
        this.#actions.setLed(led)
        answer(200, { led })
        this.#actions.measure()
        return
      }
      case 'slow':
        link.after(Number((value as { seconds?: unknown } | null)?.seconds ?? 5), () => {
          answer(200, null)
        })
        return
      case 'sendNow':
        this.#actions.measure()
        answer(200, null)
        return
      case 'burst':
        for (let times = Number((value as { count?: unknown } | null)?.count ?? 10); times > 0; times--)
          this.#actions.measure()
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
        if (traits.unknownStatus !== undefined) answer(traits.unknownStatus, { error: `no method ${name}` })
    }
  }

  #answer(rid: string, status: number, payload: unknown, link: Link): void {
    const { traits, connections } = this.#device
    const topic = `$iothub/methods/res/${String(status)}/?$rid=${traits.methodRid(rid)}`
    const body = JSON.stringify(traits.methodPayload(payload))
    const qos = traits.answerQos
    const send = (): void => {
      for (let times = traits.methodAnswers(connections); times > 0; times--)
        link.send((this.#lastAnswer = packets.publish(topic, body, qos, qos === 0 ? 0 : ++this.#id, false)))
    }
    const seconds = traits.answersWithinSeconds ?? traits.methodSeconds
    if (!traits.answersAll) this.#answerLast(link, send)
    else if (seconds > 0) link.after(seconds, send)
    else send()
  }

  /** What no good device does. */
  answerAgain(link: Link): void {
    if (this.#lastAnswer !== undefined) link.send(this.#lastAnswer)
  }

  #answerLast(link: Link, send: () => void): void {
    this.#last()
    let isLast = true
    this.#last = () => (isLast = false)
    link.after(0.3, () => {
      if (isLast) send()
    })
  }
}
