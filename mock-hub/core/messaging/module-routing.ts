/** Messages between the modules of a device, along routes as IoT Edge has them (WIRE-MOD-03, WIRE-MOD-04). */

import type { ModuleInputs } from '../contract/messaging.ts'
import type { Registry } from '../contract/registry.ts'
import type { DeviceLink } from '../contract/sessions.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import type { Message } from '../contract/message.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { parseRoute, type Route } from './edge-route.ts'

export interface ModuleRoutingPort {
  readonly registry: Registry
  linkOf(identity: Identity): DeviceLink | undefined
  /** Tells the journal. */
  delivered(link: DeviceLink, inputName: string, message: Message): void
}

interface Waiting {
  readonly inputName: string
  readonly message: Message
}

/** The oldest go when a module stays away for long. */
const MOST_WAITING = 1_000

export class ModuleRouting implements ModuleInputs {
  readonly #port: ModuleRoutingPort
  readonly #waiting = new Map<string, Waiting[]>()
  #routes: readonly Route[] = []

  constructor(port: ModuleRoutingPort) {
    this.#port = port
    port.registry.onChange(({ type, record }) => {
      if (type === 'deleted') this.#waiting.delete(identityKey(record.identity))
    })
  }

  get routes(): readonly string[] {
    return this.#routes.map(({ text }) => text)
  }

  /** Replaces all of them, or none when one cannot be read. */
  set routes(texts: readonly string[]) {
    this.#routes = texts.map(parseRoute)
  }

  send(target: Identity, inputName: string, message: Message): void {
    if (target.moduleId === undefined)
      throw new HubError({
        kind: 'InvalidOperation',
        rule: 'WIRE-MOD-03',
        expected: 'a module: devices have no inputs',
        received: `device ${quoted(target.deviceId)}`,
      })
    this.#port.registry.get(target)
    const key = identityKey(target)
    const queue = this.#waiting.get(key) ?? []
    if (queue.length >= MOST_WAITING) queue.shift()
    queue.push({ inputName, message })
    this.#waiting.set(key, queue)
    this.#flush(target)
  }

  /**
   * Takes a module's message along the routes. Without any, all goes to the cloud.
   * @returns whether it goes to the cloud.
   */
  route({ deviceId, moduleId }: Identity, message: Message): boolean {
    if (this.#routes.length === 0 || moduleId === undefined) return true
    let upstream = false
    for (const route of this.#routes) {
      if (!route.matches({ deviceId, moduleId, message })) continue
      const { input } = route
      if (input === undefined) upstream = true
      else this.#forward({ deviceId, moduleId: input.moduleId }, input.inputName, moduleId, message)
    }
    return upstream
  }

  /** The module has subscribed to its inputs: what waits may go. */
  deviceReady(link: DeviceLink): void {
    this.#flush(link.principal.identity)
  }

  /** A route may name a module that is not there; its messages go nowhere, as on a real device. */
  #forward(target: Identity, inputName: string, sender: string, message: Message): void {
    if (this.#port.registry.find(target) === undefined) return
    const system = { ...message.system, connectionDeviceId: target.deviceId, connectionModuleId: sender }
    delete system.outputName
    this.send(target, inputName, {
      body: message.body,
      properties: message.properties,
      system,
    })
  }

  #flush(target: Identity): void {
    const key = identityKey(target)
    for (;;) {
      const link = this.#port.linkOf(target)
      if (link?.accepts('inputs') !== true) return
      const next = this.#waiting.get(key)?.shift()
      if (next === undefined) {
        this.#waiting.delete(key)
        return
      }
      this.#port.delivered(link, next.inputName, next.message)
      link.deliverInput(next.inputName, next.message)
    }
  }
}
