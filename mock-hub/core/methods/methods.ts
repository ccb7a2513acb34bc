/** Direct methods: a call waits for its device, then for its answer (wire contract 4). */

import type { Clock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type { MethodCall, MethodResult, Methods } from '../contract/methods.ts'
import type { Registry } from '../contract/registry.ts'
import type { DeviceLink } from '../contract/sessions.ts'
import { HubError } from '../errors/errors.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import { refusal, quoted } from '../errors/refusal.ts'
import type { Settings } from '../contract/settings.ts'
import { timeSpan } from '../../base/time-text.ts'

const SOURCE = 'wire contract 4'
const LONGEST_NAME = 100
/** Control characters and wildcards can stand in no topic, and the name goes into one. */

const NOT_IN_A_TOPIC = /[\u0000-\u001f\u007f#+]/
/** Each way (WIRE-METH-12). */
export const LARGEST_METHOD_PAYLOAD_BYTES = 131_072
const RESPONSE_TIMEOUT = { fewest: 5, most: 300, otherwise: 30 }
const CONNECT_TIMEOUT = { fewest: 0, most: 300, otherwise: 0 }

export interface MethodsPort {
  readonly clock: Clock
  readonly settings: Settings
  readonly registry: Registry
  linkOf(identity: Identity): DeviceLink | undefined
  /** Tells the journal that a request has gone out. */
  requested(link: DeviceLink, requestId: string, methodName: string, payload: string | undefined): void
}

/** A call on its way: first without a link, then with one. */
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
  readonly #port: MethodsPort
  readonly #pending = new Map<string, Pending>()
  readonly #byIdentity = new Map<string, Set<string>>()
  #lastRequest = 0

  constructor(port: MethodsPort) {
    this.#port = port
    port.registry.onChange(({ type, record }) => {
      if (type === 'deleted') this.#failAll(record.identity, () => notFound(record.identity))
    })
  }

  async invoke(target: Identity, call: MethodCall, signal?: AbortSignal): Promise<MethodResult> {
    const responseTimeoutSeconds = secondsOf('responseTimeoutInSeconds', call, RESPONSE_TIMEOUT)
    const connectTimeoutSeconds = secondsOf('connectTimeoutInSeconds', call, CONNECT_TIMEOUT)
    checkCall(call)
    this.#checkTarget(target)
    const key = identityKey(target)
    this.#checkInFlight(key)
    if (signal?.aborted === true) throw hungUp()
    const requestId = (++this.#lastRequest).toString(16)
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        pending.settle(hungUp())
      }
      const pending: Pending = {
        key,
        methodName: call.methodName,
        payload: call.payload,
        responseTimeoutSeconds,
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
      const link = this.#port.linkOf(target)
      if (link?.accepts('methods', call.methodName) === true) this.#request(requestId, pending, link)
      else this.#awaitDevice(pending, connectTimeoutSeconds)
    })
  }

  /**
   * A device's answer.
   * @throws HubError InvalidOperation when nobody waits for it (any more); the border ignores that (WIRE-METH-08).
   */
  respond(from: Identity, requestId: string, status: number, payload: Json): void {
    const pending = this.#pending.get(requestId)
    if (pending?.link === undefined || pending.key !== identityKey(from))
      throw refusal(
        'InvalidOperation',
        'WIRE-METH-08',
        'the request id of a call that waits for its answer',
        quoted(requestId),
        SOURCE,
      )
    pending.settle({ status, payload })
  }

  /** An answer that was held up: whoever waited may have gone. */
  respondIfAwaited(from: Identity, requestId: string, status: number, payload: Json): void {
    if (this.#pending.has(requestId)) this.respond(from, requestId, status, payload)
  }

  /** The device has subscribed: calls that waited for it go out (WIRE-METH-15). */
  deviceReady(link: DeviceLink): void {
    for (const requestId of [...(this.#byIdentity.get(identityKey(link.principal.identity)) ?? [])]) {
      const pending = this.#pending.get(requestId)
      if (pending === undefined || pending.link !== undefined) continue
      if (link.accepts('methods', pending.methodName)) this.#request(requestId, pending, link)
    }
  }

  /** Calls in flight on a link fail with it (wire contract 1.11, 4.3). */
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
    pending.cancelTimer = this.#port.clock.schedule(pending.responseTimeoutSeconds * 1000, () => {
      pending.settle(noAnswer(pending.responseTimeoutSeconds))
    })
    const { methodName, payload } = pending
    this.#port.requested(link, requestId, methodName, payload)
    link.requestMethod(requestId, methodName, payload)
  }

  #awaitDevice(pending: Pending, seconds: number): void {
    if (seconds === 0) {
      pending.settle(notOnline(0))
      return
    }
    pending.cancelTimer = this.#port.clock.schedule(seconds * 1000, () => {
      pending.settle(notOnline(seconds))
    })
  }

  /** Methods to a disabled device say what the error page says of it: not registered or disabled (section 12, 8c). */
  #checkTarget(target: Identity): void {
    const { registry } = this.#port
    const record = registry.get(target)
    if (record.status === 'enabled' && registry.get({ deviceId: target.deviceId }).status === 'enabled')
      return
    throw refusal('DeviceNotFound', 'WIRE-METH-19', 'a device that is enabled', 'a disabled one', SOURCE)
  }

  #checkInFlight(key: string): void {
    const { maxMethodsInFlight } = this.#port.settings
    if ((this.#byIdentity.get(key)?.size ?? 0) < maxMethodsInFlight) return
    throw refusal(
      'DeviceMaximumInflightMethodExceeded',
      'WIRE-METH-21',
      `at most ${String(maxMethodsInFlight)} calls in flight to one device`,
      'one more',
      'wire contract 4.3',
    )
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

function secondsOf(
  field: 'responseTimeoutInSeconds' | 'connectTimeoutInSeconds',
  call: MethodCall,
  { fewest, most, otherwise }: { fewest: number; most: number; otherwise: number },
): number {
  const seconds = call[field] ?? otherwise
  if (seconds >= fewest && seconds <= most) return seconds
  throw refusal(
    'ArgumentInvalid',
    'WIRE-METH-10',
    `${field} from ${String(fewest)} to ${String(most)}`,
    String(seconds),
    SOURCE,
  )
}

function checkCall({ methodName, payload }: MethodCall): void {
  if (methodName === '' || methodName.length > LONGEST_NAME)
    throw refusal(
      'ArgumentInvalid',
      'WIRE-METH-11',
      `methodName of 1 to ${String(LONGEST_NAME)} characters`,
      `${String(methodName.length)} characters`,
      SOURCE,
    )
  if (NOT_IN_A_TOPIC.test(methodName))
    throw refusal(
      'ArgumentInvalid',
      'WIRE-METH-11',
      'methodName without control characters, # and +',
      quoted(methodName),
      SOURCE,
    )
  const bytes = payload === undefined ? 0 : Buffer.byteLength(payload)
  if (bytes > LARGEST_METHOD_PAYLOAD_BYTES)
    throw refusal(
      'ArgumentInvalid',
      'WIRE-METH-12',
      `payload of at most ${String(LARGEST_METHOD_PAYLOAD_BYTES)} bytes`,
      `${String(bytes)} bytes`,
      SOURCE,
    )
}

function notOnline(seconds: number): HubError {
  return new HubError(
    'DeviceNotOnline',
    'Timed out waiting for device to connect.',
    {
      rule: seconds === 0 ? 'WIRE-METH-13' : 'WIRE-METH-15',
      expected: 'a device that is connected and subscribed to methods',
      received: `none within ${String(seconds)} s`,
      source: 'wire contract 4.3',
    },
    { timeout: timeSpan(seconds) },
  )
}

function noAnswer(seconds: number): HubError {
  return new HubError(
    'GatewayTimeout',
    'Timed out waiting for the response from device.',
    {
      rule: 'WIRE-METH-16',
      expected: `an answer of the device within ${String(seconds)} s`,
      received: 'none',
      source: 'wire contract 4.3',
    },
    {},
  )
}

function unavailable(): HubError {
  return new HubError('DeviceNotOnline', 'Device unavailable', {
    rule: 'WIRE-METH-17',
    expected: 'the device to stay connected until it has answered',
    received: 'its link was closed',
    source: 'wire contract 12, 16',
  })
}

function displaced(): HubError {
  return new HubError('ConnectionForcefullyClosedOnNewConnection', 'Device unavailable', {
    rule: 'WIRE-CONN-28',
    expected: 'the device to stay connected until it has answered',
    received: 'a newer link of the same device took over',
    source: 'wire contract 1.11',
  })
}

function notFound(identity: Identity): HubError {
  return refusal(
    identity.moduleId === undefined ? 'DeviceNotFound' : 'ModuleNotFound',
    identity.moduleId === undefined ? 'WIRE-METH-18' : 'WIRE-METH-20',
    'a registered identity',
    `${identityKey(identity)}, which was deleted`,
    SOURCE,
  )
}

function hungUp(): HubError {
  return refusal('ClientClosedRequest', 'WIRE-METH-16', 'the caller to wait', 'a caller who hung up', SOURCE)
}
