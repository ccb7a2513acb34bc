/** Messages between the modules of a device, along routes of IoT Edge (WIRE-MOD-03, WIRE-MOD-04). */

import type { ModuleInputs } from '../contract/messaging.ts'
import type { Registry } from '../contract/registry.ts'
import type { DeviceLink } from '../contract/sessions.ts'
import { checkIdentity, identityKey, type Identity } from '../contract/identity.ts'
import type { Message } from '../contract/message.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { parseRoute, type Route } from './edge-route.ts'

export interface ModuleRoutingDependencies {
  readonly registry: Registry
  linkOf(identity: Identity): DeviceLink | undefined
  /** Records in the journal that a message is sent to a link. */
  delivered(link: DeviceLink, inputName: string, message: Message): void
}

interface Waiting {
  readonly inputName: string
  readonly message: Message
}

/** When more messages wait for a module, the oldest are dropped. */
const MOST_WAITING = 1_000

export class ModuleRouting implements ModuleInputs {
  readonly #deps: ModuleRoutingDependencies
  readonly #waiting = new Map<string, Waiting[]>()
  #routes: readonly Route[] = []

  constructor(deps: ModuleRoutingDependencies) {
    this.#deps = deps
    deps.registry.onChange(({ type, record }) => {
      if (type === 'deleted') this.#waiting.delete(identityKey(record.identity))
    })
  }

  get routes(): readonly string[] {
    return this.#routes.map(({ text }) => text)
  }

  /** Replaces all routes, or none when one is malformed. */
  set routes(texts: readonly string[]) {
    this.#routes = texts.map(parseRoute)
  }

  send(target: Identity, inputName: string, message: Message): void {
    checkIdentity(target)
    if (target.moduleId === undefined)
      throw new HubError({
        kind: 'InvalidOperation',
        rule: 'WIRE-MOD-03',
        expected: 'a module: devices have no inputs',
        received: `device ${quoted(target.deviceId)}`,
      })
    this.#deps.registry.get(target)
    const key = identityKey(target)
    const queue = this.#waiting.get(key) ?? []
    if (queue.length >= MOST_WAITING) queue.shift()
    queue.push({ inputName, message })
    this.#waiting.set(key, queue)
    this.#flush(target)
  }

  /**
   * Sends a module's message along the routes. Without routes, all messages go to the cloud.
   * @returns whether the message goes to the cloud.
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

  /** The module has subscribed to its inputs: sends what waits. */
  deviceReady(link: DeviceLink): void {
    this.#flush(link.principal.identity)
  }

  /** Messages for a module that does not exist are dropped, as on a real device. */
  #forward(target: Identity, inputName: string, sender: string, message: Message): void {
    if (this.#deps.registry.find(target) === undefined) return
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
      const link = this.#deps.linkOf(target)
      if (link?.accepts('inputs') !== true) return
      const next = this.#waiting.get(key)?.shift()
      if (next === undefined) {
        this.#waiting.delete(key)
        return
      }
      this.#deps.delivered(link, next.inputName, next.message)
      link.deliverInput(next.inputName, next.message)
    }
  }
}
