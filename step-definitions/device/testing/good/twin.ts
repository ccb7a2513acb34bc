/** The twin of the good device: it reads the document, takes what is desired, and reports. */

import type { OpenLink as Link, Owner } from './parts.ts'
import * as packets from './packets.ts'
import { parsed } from './values.ts'

type Patch = Readonly<Record<string, unknown>>
type Request = { readonly patch?: Patch; readonly cancel: () => void }

export const DESIRED = '$iothub/twin/PATCH/properties/desired/'

export class Twin {
  tokenSeconds: number
  readonly #device: Owner
  readonly #requests = new Map<string, Request>()
  #rid = 0
  #version = 0
  #reported: Patch = {}
  #afterRead: () => void = () => undefined

  constructor(device: Owner) {
    this.#device = device
    this.tokenSeconds = device.traits.tokenSeconds
  }

  stop(): void {
    for (const { cancel } of this.#requests.values()) cancel()
    this.#requests.clear()
  }

  forget(): void {
    this.#version = 0
    this.#reported = {}
    this.tokenSeconds = this.#device.traits.tokenSeconds
  }

  /** What was asked and not answered is asked again on the next link. */
  away(): void {
    const lost = [...this.#requests.values()].flatMap(({ patch }) => patch ?? [])
    this.stop()
    if (this.#device.traits.retriesPatch) this.#reported = Object.assign({}, this.#reported, ...lost) as Patch
  }

  /** @param then runs when the document has come. */
  read(link: Link, then: () => void = () => undefined): void {
    this.#afterRead = then
    this.#request('$iothub/twin/GET/', '', link)
  }

  report(patch: Patch): void {
    const { link, traits } = this.#device
    this.#reported = { ...this.#reported, ...patch }
    if (link?.openedAt === undefined) return
    const waiting = this.#reported
    this.#reported = {}
    this.#request('$iothub/twin/PATCH/properties/reported/', traits.reportedBody(waiting), link, waiting)
  }

  #request(topic: string, body: string, link: Link, patch?: Patch): void {
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

  /** A delivery on the topic of answers. */
  answered(topic: string, body: Buffer): void {
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
      if (Object.keys(this.#reported).length > 0) this.report({})
      this.#afterRead()
      return
    }
    if (Number(status) >= 429 && traits.retriesPatch)
      clock.schedule(traits.patchPauseSeconds * 1000, () => {
        this.report(patch)
      })
  }

  /** A notification. */
  desired(body: Buffer): void {
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
    if (traits.reportsDesired) this.report(desired)
    else if (interval !== undefined && interval !== null) this.report({ interval: { value: interval } })
  }
}
