/** A hub with a manual clock, and links that record what the hub sends; for tests of the core. */

import { createHmac } from 'node:crypto'
import { ManualClock } from '../../base/clock.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { C2dDelivery } from '../contract/c2d.ts'
import type { Hub } from '../contract/hub.ts'
import type { Caller } from '../contract/operations.ts'
import type { IdentityPrincipal } from '../contract/principal.ts'
import type { Channel, CloseReason, DeviceLink, Session } from '../contract/sessions.ts'
import { HubError } from '../errors/hub-error.ts'
import { createHub, type HubOptions } from '../create-hub.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import type { Message, SystemProperties } from '../contract/message.ts'
import type { Settings } from '../contract/settings.ts'

export interface TestHub {
  readonly hub: Hub
  readonly clock: ManualClock
}

export function openHub(
  settings: Partial<Settings> = {},
  options: Omit<HubOptions, 'clock' | 'settings'> = {},
): TestHub {
  const clock = new ManualClock()
  return { hub: createHub({ ...options, clock, settings }), clock }
}

let links = 0

/** A link of an identity that is authenticated with its own key, or as the principal says. */
export class TestLink implements DeviceLink {
  readonly id = `link-${String(++links)}`
  readonly transport = 'mqtt'
  readonly principal: IdentityPrincipal
  readonly modelId: string | undefined
  readonly c2d: C2dDelivery[] = []
  readonly requests: { id: string; name: string; payload: string | undefined }[] = []
  readonly desired: { patch: JsonObject; version: number }[] = []
  readonly inputs: { name: string; message: Message }[] = []
  readonly closed: CloseReason[] = []
  readonly session: Session
  readonly #hub: Hub
  readonly #channels = new Set<Channel>()

  constructor(hub: Hub, identity: Identity, principal: Partial<IdentityPrincipal> = {}, modelId?: string) {
    this.#hub = hub
    this.modelId = modelId
    this.principal = { ...principalOf(hub, identity), ...principal }
    this.session = hub.openSession(this)
  }

  get caller(): Caller {
    return { principal: this.principal, transport: 'mqtt', linkId: this.id, modelId: this.modelId }
  }

  subscribe(...channels: Channel[]): this {
    for (const channel of channels) {
      this.#channels.add(channel)
      this.session.ready(channel)
    }
    return this
  }

  accepts(channel: Channel): boolean {
    return this.#channels.has(channel)
  }

  deliverC2d(delivery: C2dDelivery): void {
    this.c2d.push(delivery)
  }

  requestMethod(id: string, name: string, payload: string | undefined): void {
    this.requests.push({ id, name, payload })
  }

  notifyDesired(patch: JsonObject, version: number): void {
    this.desired.push({ patch, version })
  }

  deliverInput(name: string, message: Message): void {
    this.inputs.push({ name, message })
  }

  close(reason: CloseReason): void {
    this.closed.push(reason)
    this.session.ended()
  }

  /** Responds to a method request as the device. */
  respond(requestId: string, status = 200, payload: Json | Buffer = null): void {
    const body = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload))
    void this.#hub.perform(this.caller, 'methodResponse', { requestId, status, payload: body })
  }
}

/** The identity, authenticated with its own key. */
export function principalOf(hub: Hub, identity: Identity): IdentityPrincipal {
  const { generationId } = hub.registry.get(identity)
  const scope = identity.moduleId === undefined ? 'device' : 'module'
  return { type: 'identity', identity, scope, credential: 'sas', generationId, expiresAt: undefined }
}

/** The identity as a caller over HTTPS. */
export function callerOf(hub: Hub, identity: Identity): Caller {
  return { principal: principalOf(hub, identity), transport: 'https', linkId: undefined }
}

export function messageOf(
  body = 'hello',
  properties: Record<string, string> = {},
  system: SystemProperties = {},
): Message {
  return { body: Buffer.from(body), properties, system }
}

/** The refusal of an action. @throws Error when it succeeds or fails otherwise. */
export function refusalOf(act: () => unknown): HubError {
  try {
    act()
  } catch (error) {
    if (error instanceof HubError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** The refusal of an asynchronous action. @throws Error when it succeeds or fails otherwise. */
export async function rejectionOf(work: Promise<unknown>): Promise<HubError> {
  try {
    await work
  } catch (error) {
    if (error instanceof HubError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

/** A token. @param sr and se exactly as they are sent, encoded or not. */
export function signed(sr: string, key: string, se: number | string, skn?: string): string {
  const sig = createHmac('sha256', Buffer.from(key, 'base64'))
    .update(`${sr}\n${String(se)}`)
    .digest('base64')
  const policy = skn === undefined ? '' : `&skn=${skn}`
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${String(se)}${policy}`
}

export function primaryKeyOf(hub: Hub, identity: Identity): string {
  const { primaryKey } = hub.registry.get(identity).authentication.symmetricKey
  if (primaryKey === null) throw new Error(`${identityKey(identity)} has no key`)
  return primaryKey
}
