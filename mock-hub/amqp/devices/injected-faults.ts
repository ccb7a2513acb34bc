/**
 * The service's own fault vocabulary over AMQP: a telemetry message with `AzIoTHub_FaultOperationType` orders a fault
 * for its sender (wire contract 1.12, field notes 9; names from the CSharp SDK's FaultInjectionConstants).
 */

import type { Clock } from '../../base/clock.ts'
import type { HubErrorKind } from '../../core/errors/catalogue.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { ApplicationProperties } from '../../core/contract/message.ts'

/** What may be broken of the sender's connection; a link by what it is for. */
export type Broken = 'tcp' | 'connection' | 'session' | 'cbs' | BrokenLink
export type BrokenLink = 'd2c' | 'c2d' | 'twin' | 'methods'

const BREAKING: Readonly<Record<string, Broken>> = {
  KillTcp: 'tcp',
  KillAmqpConnection: 'connection',
  ShutDownAmqp: 'connection',
  KillAmqpSession: 'session',
  KillAmqpCBSLinkReq: 'cbs',
  KillAmqpCBSLinkResp: 'cbs',
  KillAmqpD2CLink: 'd2c',
  KillAmqpC2DLink: 'c2d',
  KillAmqpTwinLinkReq: 'twin',
  KillAmqpTwinLinkResp: 'twin',
  KillAmqpMethodReqLink: 'methods',
  KillAmqpMethodRespLink: 'methods',
}
const REFUSING: Readonly<Record<string, HubErrorKind>> = {
  InvokeThrottling: 'ThrottlingException',
  InvokeMaxMessageQuota: 'IotHubQuotaExceeded',
  InvokeAuthError: 'IotHubUnauthorizedAccess',
}

export interface FaultOrder {
  readonly type: string
  readonly delayMs: number
  readonly durationMs: number
}

/** @returns undefined: the message orders no fault that AMQP knows. */
export function faultOrder(properties: ApplicationProperties): FaultOrder | undefined {
  const type = properties['AzIoTHub_FaultOperationType']
  if (type === undefined || type === null || !(type in BREAKING || type in REFUSING)) return undefined
  return {
    type,
    delayMs: seconds(properties['AzIoTHub_FaultOperationDelayInSecs']) * 1000,
    durationMs: seconds(properties['AzIoTHub_FaultOperationDurationInSecs']) * 1000,
  }
}

function seconds(text: string | null | undefined): number {
  const value = Number(text ?? 0)
  return Number.isFinite(value) && value > 0 ? value : 0
}

/** The faults in force, by identity; they outlive the connection that ordered them. */
export class InjectedFaults {
  readonly #clock: Clock
  readonly #refusing = new Map<string, { readonly type: string; readonly until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Begins after the delay. @param breaks called for a fault that breaks something. */
  begin(key: string, { type, delayMs, durationMs }: FaultOrder, breaks: (what: Broken) => void): void {
    this.#clock.schedule(delayMs, () => {
      const what = BREAKING[type]
      if (what !== undefined) breaks(what)
      if (type in REFUSING) this.#refusing.set(key, { type, until: this.#clock.now() + durationMs })
    })
  }

  /** @throws HubError while an order says that this identity is refused. */
  check(key: string): void {
    const error = this.#errorOf(key)
    if (error !== undefined) throw error
  }

  #errorOf(key: string): HubError | undefined {
    const running = this.#refusing.get(key)
    if (running === undefined) return undefined
    if (running.until <= this.#clock.now()) {
      this.#refusing.delete(key)
      return undefined
    }
    const kind = REFUSING[running.type]
    if (kind === undefined) return undefined
    return new HubError({
      kind,
      rule: 'WIRE-D2C-20',
      expected: `the fault ${running.type} of this device to be over`,
      received: 'a request before',
    })
  }
}
