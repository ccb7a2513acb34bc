/**
 * The faults that devices have ordered, by identity. Names from the CSharp SDK's FaultInjectionConstants; a fault starts
 * its delay after the message and lasts for its duration (WIRE-D2C-20).
 */

import type { Clock } from '../../base/clock.ts'
import { Emitter } from '../../base/emitter.ts'
import type { BrokenPart, DeviceFaultOrder, DeviceFaults } from '../contract/device-faults.ts'
import { identityKey } from '../contract/identity.ts'
import type { ApplicationProperties } from '../contract/message.ts'
import type { Transport } from '../contract/principal.ts'
import type { Registry } from '../contract/registry.ts'
import type { HubErrorKind } from '../errors/catalogue.ts'
import { HubError } from '../errors/hub-error.ts'

const TYPE = 'AzIoTHub_FaultOperationType'
const DELAY = 'AzIoTHub_FaultOperationDelayInSecs'
const DURATION = 'AzIoTHub_FaultOperationDurationInSecs'

const BREAKING: ReadonlyMap<string, BrokenPart> = new Map([
  ['KillTcp', 'tcp'],
  ['ShutDownMqtt', 'mqtt'],
  ['ShutDownAmqp', 'amqp'],
  ['KillAmqpConnection', 'amqp'],
  ['KillAmqpSession', 'amqp-session'],
  ['KillAmqpCBSLinkReq', 'amqp-cbs-request'],
  ['KillAmqpCBSLinkResp', 'amqp-cbs-answer'],
  ['KillAmqpD2CLink', 'amqp-telemetry'],
  ['KillAmqpC2DLink', 'amqp-c2d'],
  ['KillAmqpTwinLinkReq', 'amqp-twin-request'],
  ['KillAmqpTwinLinkResp', 'amqp-twin-answer'],
  ['KillAmqpMethodReqLink', 'amqp-method-request'],
  ['KillAmqpMethodRespLink', 'amqp-method-answer'],
])
const REFUSING: ReadonlyMap<string, HubErrorKind> = new Map([
  ['InvokeThrottling', 'ThrottlingException'],
  ['InvokeMaxMessageQuota', 'IotHubQuotaExceeded'],
  ['InvokeAuthError', 'IotHubUnauthorizedAccess'],
])
/** Parts that a new connection is broken for, as long as the fault lasts; a link or session may be opened again at once. */
const CONNECTIONS: ReadonlyMap<BrokenPart, (transport: Transport) => boolean> = new Map<
  BrokenPart,
  (transport: Transport) => boolean
>([
  ['tcp', () => true],
  ['mqtt', (transport) => transport.startsWith('mqtt')],
  ['amqp', (transport) => transport.startsWith('amqp')],
])

export class DeviceOrderedFaults implements DeviceFaults {
  readonly #clock: Clock
  readonly #inForce = new Map<string, DeviceFaultOrder>()
  /** Cancels what is scheduled for an identity: the start of a fault, or its end. */
  readonly #timers = new Map<string, Set<() => void>>()
  readonly #listeners = new Emitter<[string, BrokenPart]>()

  /** An identity that is deleted takes its faults along: the next one of its name starts without. */
  constructor(clock: Clock, registry: Pick<Registry, 'onChange'>) {
    this.#clock = clock
    registry.onChange(({ type, record }) => {
      if (type === 'deleted') this.#forget(identityKey(record.identity))
    })
  }

  get idle(): boolean {
    return this.#inForce.size === 0
  }

  orderIn(properties: ApplicationProperties): DeviceFaultOrder | undefined {
    const type = properties[TYPE]
    if (type === undefined || type === null) return undefined
    const breaks = BREAKING.get(type)
    if (breaks === undefined && !REFUSING.has(type)) return undefined
    return { type, breaks, delayMs: msOf(properties[DELAY]), durationMs: msOf(properties[DURATION]) }
  }

  begin(identity: string, order: DeviceFaultOrder): void {
    if (order.delayMs === 0) this.#start(identity, order)
    else
      this.#schedule(identity, order.delayMs, () => {
        this.#start(identity, order)
      })
  }

  breaks(identity: string, transport: Transport): BrokenPart | undefined {
    const part = this.#inForce.get(identity)?.breaks
    return part !== undefined && CONNECTIONS.get(part)?.(transport) === true ? part : undefined
  }

  refusal(identity: string): HubError | undefined {
    const type = this.#inForce.get(identity)?.type ?? ''
    const kind = REFUSING.get(type)
    if (kind === undefined) return undefined
    return new HubError({
      kind,
      rule: 'WIRE-D2C-20',
      expected: `the fault ${type} that the device ordered to be over`,
      received: 'a request before',
    })
  }

  onBreak(listener: (identity: string, part: BrokenPart) => void): () => void {
    return this.#listeners.add(listener)
  }

  /** Cancels what is scheduled. */
  stop(): void {
    for (const identity of [...this.#timers.keys()]) this.#forget(identity)
  }

  #start(identity: string, order: DeviceFaultOrder): void {
    const { breaks, durationMs } = order
    if (durationMs > 0) {
      this.#inForce.set(identity, order)
      this.#schedule(identity, durationMs, () => {
        if (this.#inForce.get(identity) === order) this.#inForce.delete(identity)
      })
    }
    // MQTT cannot refuse a message: an order to refuse cuts a live link once.
    this.#listeners.tell(identity, breaks ?? 'mqtt')
  }

  #schedule(identity: string, ms: number, run: () => void): void {
    const timers = this.#timers.get(identity) ?? new Set()
    this.#timers.set(identity, timers)
    const cancel = this.#clock.schedule(ms, () => {
      timers.delete(cancel)
      if (timers.size === 0) this.#timers.delete(identity)
      run()
    })
    timers.add(cancel)
  }

  #forget(identity: string): void {
    for (const cancel of this.#timers.get(identity) ?? []) cancel()
    this.#timers.delete(identity)
    this.#inForce.delete(identity)
  }
}

/** A number of seconds as text; anything else counts as none. */
function msOf(text: string | null | undefined): number {
  const seconds = Number(text ?? 0)
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0
}
