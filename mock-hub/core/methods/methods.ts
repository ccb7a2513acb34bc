/** Direct methods: a call waits for its device, then for the response. */

import { forPurpose, type Clock } from '../../base/clock.ts'
import type { MethodCall, MethodResult, Methods } from '../contract/methods.ts'
import type { Registry } from '../contract/registry.ts'
import type { DeviceLink } from '../contract/sessions.ts'
import { HubError } from '../errors/hub-error.ts'
import { quoted } from '../errors/quoted.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import type { Settings } from '../contract/settings.ts'
import { checkCall, checkResponse } from './method-checks.ts'
import {
  callerGone,
  deletedMeanwhile,
  displaced,
  noResponse,
  notOnline,
  unavailable,
} from './method-errors.ts'
import { textOf, valueOf } from './method-payload.ts'

export interface MethodsDependencies {
  readonly clock: Clock
  readonly settings: Settings
  readonly registry: Registry
  linkOf(identity: Identity): DeviceLink | undefined
  /** Records in the journal that a request is sent. */
  requested(link: DeviceLink, requestId: string, methodName: string, payload: string | undefined): void
}

/** A call in flight: first without a link, then with one. */
interface Pending {
  readonly key: string
  readonly methodName: string
  readonly payload: string | undefined
  readonly responseTimeoutSeconds: number
  link: DeviceLink | undefined
  cancelTimer: () => void
  settle(outcome: MethodResult | HubError): void
}

export class HubMethods implements Methods {
  readonly #deps: MethodsDependencies
  readonly #pending = new Map<string, Pending>()
  readonly #byIdentity = new Map<string, Set<string>>()
  #lastRequest = 0

  constructor(deps: MethodsDependencies) {
    this.#deps = deps
    deps.registry.onChange(({ type, record }) => {
      if (type === 'deleted') this.#failAll(record.identity, () => deletedMeanwhile(record.identity))
    })
  }

  async invoke(target: Identity, call: MethodCall, signal?: AbortSignal): Promise<MethodResult> {
    const timeouts = checkCall(call)
    this.#checkTarget(target)
    const key = identityKey(target)
    this.#checkInFlight(key)
    if (signal?.aborted === true) throw callerGone()
    const requestId = (++this.#lastRequest).toString(16)
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        pending.settle(callerGone())
      }
      const pending: Pending = {
        key,
        methodName: call.methodName,
        payload: textOf(call.payload),
        responseTimeoutSeconds: timeouts.response,
        link: undefined,
        cancelTimer: () => undefined,
        settle: (outcome) => {
          if (!this.#forget(requestId)) return
          pending.cancelTimer()
          signal?.removeEventListener('abort', aborted)
          if (outcome instanceof HubError) reject(outcome)
          else resolve(outcome)
        },
      }
      this.#remember(requestId, pending)
      signal?.addEventListener('abort', aborted, { once: true })
      const link = this.#deps.linkOf(target)
      if (link?.accepts('methods', call.methodName) === true) this.#request(requestId, pending, link)
      else this.#awaitDevice(pending, timeouts.connect)
    })
  }

  /**
   * The response of a device.
   * @throws HubError InvalidOperation when no call waits for it; the adapter ignores that (WIRE-METH-08). ArgumentInvalid
   *   when it is too large.
   */
  respond(from: Identity, requestId: string, status: number, body: Buffer): void {
    checkResponse(body)
    const pending = this.#pending.get(requestId)
    if (pending?.link === undefined || pending.key !== identityKey(from))
      throw new HubError({
        kind: 'InvalidOperation',
        rule: 'WIRE-METH-08',
        expected: 'the request id of a call that waits for its response',
        received: quoted(requestId),
      })
    pending.settle({ status, payload: valueOf(body), body })
  }

  /** A delayed response: the call may have ended meanwhile. */
  respondIfAwaited(from: Identity, requestId: string, status: number, body: Buffer): void {
    if (this.#pending.has(requestId)) this.respond(from, requestId, status, body)
  }

  /** The device has subscribed: sends the calls that wait for it (WIRE-METH-15). */
  deviceReady(link: DeviceLink): void {
    for (const requestId of [...(this.#byIdentity.get(identityKey(link.principal.identity)) ?? [])]) {
      const pending = this.#pending.get(requestId)
      if (pending === undefined || pending.link !== undefined) continue
      if (link.accepts('methods', pending.methodName)) this.#request(requestId, pending, link)
    }
  }

  /** The link is closed: its calls in flight fail (WIRE-METH-17, WIRE-CONN-28). */
  linkGone(link: DeviceLink, takenOver: boolean): void {
    for (const requestId of [...(this.#byIdentity.get(identityKey(link.principal.identity)) ?? [])]) {
      const pending = this.#pending.get(requestId)
      if (pending?.link === link) pending.settle(takenOver ? displaced() : unavailable())
    }
  }

  stop(): void {
    for (const pending of [...this.#pending.values()]) pending.settle(unavailable())
  }

  #request(requestId: string, pending: Pending, link: DeviceLink): void {
    pending.cancelTimer()
    pending.link = link
    const late = (): void => {
      pending.settle(noResponse(pending.responseTimeoutSeconds))
    }
    pending.cancelTimer = this.#deps.clock.schedule(
      pending.responseTimeoutSeconds * 1000,
      forPurpose({ kind: 'method-timeout', identity: pending.key }, late),
    )
    const { methodName, payload } = pending
    this.#deps.requested(link, requestId, methodName, payload)
    link.requestMethod(requestId, methodName, payload)
  }

  #awaitDevice(pending: Pending, seconds: number): void {
    if (seconds === 0) {
      pending.settle(notOnline(0))
      return
    }
    const absent = (): void => {
      pending.settle(notOnline(seconds))
    }
    pending.cancelTimer = this.#deps.clock.schedule(
      seconds * 1000,
      forPurpose({ kind: 'method-timeout', identity: pending.key }, absent),
    )
  }

  /** A call to a disabled device fails as if it were not registered (WIRE-METH-19). */
  #checkTarget(target: Identity): void {
    const { registry } = this.#deps
    const record = registry.get(target)
    if (record.status === 'enabled' && registry.get({ deviceId: target.deviceId }).status === 'enabled')
      return
    throw new HubError({
      kind: 'DeviceNotFound',
      rule: 'WIRE-METH-19',
      expected: 'a device that is enabled',
      received: 'a disabled one',
    })
  }

  #checkInFlight(key: string): void {
    const { maxMethodsInFlight } = this.#deps.settings
    if ((this.#byIdentity.get(key)?.size ?? 0) < maxMethodsInFlight) return
    throw new HubError({
      kind: 'DeviceMaximumInflightMethodExceeded',
      rule: 'WIRE-METH-21',
      expected: `at most ${String(maxMethodsInFlight)} calls in flight to one device`,
      received: 'one more',
    })
  }

  #remember(requestId: string, pending: Pending): void {
    this.#pending.set(requestId, pending)
    const ids = this.#byIdentity.get(pending.key) ?? new Set()
    ids.add(requestId)
    this.#byIdentity.set(pending.key, ids)
  }

  #forget(requestId: string): boolean {
    const pending = this.#pending.get(requestId)
    if (pending === undefined) return false
    this.#pending.delete(requestId)
    const ids = this.#byIdentity.get(pending.key)
    ids?.delete(requestId)
    if (ids?.size === 0) this.#byIdentity.delete(pending.key)
    return true
  }

  #failAll(identity: Identity, why: () => HubError): void {
    for (const requestId of [...(this.#byIdentity.get(identityKey(identity)) ?? [])])
      this.#pending.get(requestId)?.settle(why())
  }
}
