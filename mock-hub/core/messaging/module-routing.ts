/** Messages between the modules of a device, along routes of IoT Edge (WIRE-MOD-03, WIRE-MOD-04). */

import {
  placeKey,
  placeOf,
  type Commits,
  type StateDocument,
  type StateSource,
} from '../contract/store/commits.ts'
import { storedMessage, type StoredBody } from '../store/stored-message.ts'
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
  readonly commits: Commits
  linkOf(identity: Identity): DeviceLink | undefined
  /** Records in the journal that a message is sent to a link. */
  delivered(link: DeviceLink, inputName: string, message: Message): void
}

interface Waiting {
  /** Place in the store. */
  readonly number: number
  readonly inputName: string
  readonly message: Message
}

/** When more messages wait for a module, the oldest are dropped. */
const MOST_WAITING = 1_000

interface StoredInput {
  readonly inputName: string
  readonly message: StoredBody
}

/** There is one list of routes. */
const ALL = 'all'

export class ModuleRouting implements ModuleInputs, StateSource<StoredInput> {
  readonly kind = 'input'
  readonly #deps: ModuleRoutingDependencies
  readonly #waiting = new Map<string, Waiting[]>()
  #routes: readonly Route[] = []
  #number = 0

  constructor(deps: ModuleRoutingDependencies) {
    this.#deps = deps
    deps.registry.onChange(({ type, record }) => {
      if (type === 'deleted') this.#forget(identityKey(record.identity))
    })
    deps.commits.keep(this)
    deps.commits.keep<readonly string[]>({
      kind: 'routes',
      keys: () => [ALL],
      read: () => this.routes,
      load: ([document]) => {
        this.routes = document?.value ?? []
      },
    })
  }

  get routes(): readonly string[] {
    return this.#routes.map(({ text }) => text)
  }

  /** Replaces all routes, or none when one is malformed. */
  set routes(texts: readonly string[]) {
    this.#routes = texts.map(parseRoute)
    this.#deps.commits.changed('routes', ALL)
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
    if (queue.length >= MOST_WAITING) this.#changed(key, queue.shift())
    const waiting = { inputName, message, number: ++this.#number }
    queue.push(waiting)
    this.#waiting.set(key, queue)
    this.#changed(key, waiting)
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

  *keys(): Iterable<string> {
    for (const [owner, queue] of this.#waiting) for (const { number } of queue) yield placeKey(owner, number)
  }

  read(key: string): StoredInput | undefined {
    const { owner, place } = placeOf(key)
    const found = this.#waiting.get(owner)?.find(({ number }) => number === place)
    return found && { inputName: found.inputName, message: storedMessage.write(found.message) }
  }

  problem(value: unknown): string | undefined {
    const { message }: { readonly message?: unknown } =
      typeof value === 'object' && value !== null ? value : {}
    return storedMessage.problem(message)
  }

  load(documents: readonly StateDocument<StoredInput>[]): void {
    for (const key of [...this.#waiting.keys()]) this.#forget(key)
    const inOrder = documents
      .map(({ key, value }) => ({ ...placeOf(key), value }))
      .sort((a, b) => a.place - b.place)
    for (const { owner, place, value } of inOrder) {
      const queue = this.#waiting.get(owner) ?? []
      queue.push({
        inputName: value.inputName,
        message: storedMessage.read(value.message),
        number: place,
      })
      this.#waiting.set(owner, queue)
      this.#number = Math.max(this.#number, place)
    }
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

  #changed(owner: string, waiting: Waiting | undefined): void {
    const { commits } = this.#deps
    if (waiting === undefined || !commits.active) return
    commits.changed('input', placeKey(owner, waiting.number), waiting.message.body.length + 512)
  }

  #forget(owner: string): void {
    for (const waiting of this.#waiting.get(owner) ?? []) this.#changed(owner, waiting)
    this.#waiting.delete(owner)
  }

  #flush(target: Identity): void {
    const key = identityKey(target)
    for (;;) {
      const link = this.#deps.linkOf(target)
      if (link?.accepts('inputs') !== true) return
      const next = this.#waiting.get(key)?.shift()
      this.#changed(key, next)
      if (next === undefined) {
        this.#waiting.delete(key)
        return
      }
      this.#deps.delivered(link, next.inputName, next.message)
      link.deliverInput(next.inputName, next.message)
    }
  }
}
