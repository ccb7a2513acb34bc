/** Checks the contract over a whole history. It is a pure function: it knows neither the hub nor the clients. */

import type { History, HistoryEvent } from './history.ts'

/** The rules of the contract that a history can break. */
export type Rule =
  | 'acknowledged-is-stored'
  | 'nothing-invented'
  | 'order-kept'
  | 'settled-once'
  | 'received-by-its-device'
  | 'versions-rise'
  | 'one-link'
  | 'answered-by-the-asked'
  | 'last-report-wins'
  | 'recovers'

export interface Violation {
  readonly rule: Rule
  readonly device: string
  /** Index of the event that shows it. */
  readonly index: number
  readonly what: string
}

/** How late a copy of a message may arrive that was on its way when the message was settled. */
const LATE_MS = 120_000

/** @returns the violations, in order. Rules about the end need the event `quiet`. */
export function check(history: History): readonly Violation[] {
  const checker = new Checker()
  history.forEach((event, index) => {
    checker.next(event, index)
  })
  return checker.violations
}

interface Device {
  readonly offered: Map<string, number>
  readonly acknowledged: Set<string>
  readonly stored: Set<string>
  /** Place of the newest message that was stored for the first time. */
  newestStored: number
  /** When it was settled; undefined: not yet. */
  readonly c2d: Map<string, number | undefined>
  desiredSet: number
  desiredSeen: number
  reported: number
  link: string | undefined
}

class Checker {
  readonly violations: Violation[] = []
  readonly #devices = new Map<string, Device>()
  /** By call: the device that was asked, and whether there was a result. */
  readonly #calls = new Map<number, { device: string; received: boolean; done: boolean }>()

  next(event: HistoryEvent, index: number): void {
    const violated = (rule: Rule, what: string): void => {
      this.violations.push({ rule, device: 'device' in event ? event.device : '', index, what })
    }
    if (event.type === 'quiet') {
      this.#end(index)
      return
    }
    const device = this.#device(event.device)
    switch (event.type) {
      case 'offered':
        device.offered.set(event.id, device.offered.size)
        break
      case 'acknowledged':
        device.acknowledged.add(event.id)
        if (!device.stored.has(event.id))
          violated('acknowledged-is-stored', `${event.id} was acknowledged, and no reader sees it`)
        break
      case 'stored': {
        const place = device.offered.get(event.id)
        if (place === undefined) violated('nothing-invented', `${event.id} was stored, and nobody sent it`)
        else if (!device.stored.has(event.id)) {
          if (place < device.newestStored)
            violated('order-kept', `${event.id} was stored after what was sent later`)
          device.newestStored = Math.max(device.newestStored, place)
        }
        device.stored.add(event.id)
        break
      }
      case 'c2d-sent':
        device.c2d.set(event.id, undefined)
        break
      case 'c2d-received': {
        if (!device.c2d.has(event.id))
          violated('received-by-its-device', `${event.id} was not sent to ${event.device}`)
        const settledAt = device.c2d.get(event.id)
        if (settledAt !== undefined && event.at > settledAt + LATE_MS)
          violated('settled-once', `${event.id} was delivered after it was settled`)
        break
      }
      case 'c2d-settled':
        if (!device.c2d.has(event.id))
          violated('nothing-invented', `${event.id} was settled, and nobody sent it`)
        else if (device.c2d.get(event.id) !== undefined)
          violated('settled-once', `${event.id} was settled twice`)
        device.c2d.set(event.id, event.at)
        break
      case 'desired-set':
        if (event.version <= device.desiredSet)
          violated(
            'versions-rise',
            `desired properties got version ${event.version} after ${device.desiredSet}`,
          )
        device.desiredSet = Math.max(device.desiredSet, event.version)
        break
      case 'desired-seen':
        if (event.version < device.desiredSeen)
          violated('versions-rise', `the device saw version ${event.version} after ${device.desiredSeen}`)
        device.desiredSeen = Math.max(device.desiredSeen, event.version)
        break
      case 'reported':
        device.reported = Math.max(device.reported, event.value)
        break
      case 'reported-at-end':
        if (event.value < device.reported)
          violated('last-report-wins', `${device.reported} was acknowledged, and the twin has ${event.value}`)
        break
      case 'method-asked':
        this.#calls.set(event.call, { device: event.device, received: false, done: false })
        break
      case 'method-received': {
        const call = this.#calls.get(event.call)
        if (call?.device !== event.device)
          violated(
            'answered-by-the-asked',
            `${event.device} received call ${event.call} of ${call?.device ?? 'nobody'}`,
          )
        else if (call.received) violated('answered-by-the-asked', `call ${event.call} was delivered twice`)
        if (call !== undefined) call.received = true
        break
      }
      case 'method-result': {
        const call = this.#calls.get(event.call)
        if (event.status === 200 && event.by !== event.device)
          violated(
            'answered-by-the-asked',
            `call ${event.call} of ${event.device} was answered by ${event.by ?? 'nobody'}`,
          )
        if (event.status === 200 && call?.received !== true)
          violated('answered-by-the-asked', `call ${event.call} was answered, and nobody received it`)
        if (call?.done !== false)
          violated('answered-by-the-asked', `call ${event.call} had two results, or was not asked`)
        if (call !== undefined) call.done = true
        break
      }
      case 'link-up':
        if (device.link !== undefined && device.link !== event.link)
          violated('one-link', `${event.link} is up while ${device.link} is`)
        device.link = event.link
        break
      case 'link-down':
        if (device.link === event.link) device.link = undefined
        break
      case 'failed':
      case 'fault':
        break
    }
  }

  #end(index: number): void {
    const violated = (rule: Rule, device: string, what: string): void => {
      this.violations.push({ rule, device, index, what })
    }
    for (const [name, { c2d, offered, acknowledged }] of this.#devices) {
      for (const [id, settledAt] of c2d)
        if (settledAt === undefined) violated('settled-once', name, `${id} was never settled`)
      const last = [...offered.keys()].at(-1)
      if (last !== undefined && !acknowledged.has(last))
        violated('recovers', name, `${last}, sent when all faults were over, was not acknowledged`)
    }
    for (const [call, { device, done }] of this.#calls)
      if (!done) violated('answered-by-the-asked', device, `call ${call} had no result`)
  }

  #device(name: string): Device {
    const known = this.#devices.get(name)
    if (known !== undefined) return known
    const device: Device = {
      ...{ offered: new Map(), acknowledged: new Set(), stored: new Set(), newestStored: -1, c2d: new Map() },
      ...{ desiredSet: 0, desiredSeen: 0, reported: -1, link: undefined },
    }
    this.#devices.set(name, device)
    return device
  }
}
