/**
 * The fault types of the service itself: a telemetry message with `AzIoTHub_FaultOperationType` orders a fault for its
 * sender (WIRE-D2C-19, WIRE-D2C-20; names from the CSharp SDK's FaultInjectionConstants). Over MQTT the connection is
 * closed before the PUBACK of that message. Types for AMQP have no effect here, and their messages are acknowledged.
 */

import type { Clock } from '../../base/clock.ts'
import type { ApplicationProperties } from '../../core/contract/message.ts'

const CUTTING: ReadonlySet<string> = new Set(['KillTcp', 'ShutDownMqtt'])
const THROTTLING: ReadonlySet<string> = new Set(['InvokeThrottling', 'InvokeMaxMessageQuota'])
const AUTH_ERROR = 'InvokeAuthError'

/** The property that orders a fault. */
export const FAULT_ORDER = 'AzIoTHub_FaultOperationType'

export interface InjectedFault {
  readonly type: string
  readonly delayMs: number
  readonly durationMs: number
}

/** @returns undefined: the message orders no fault that exists over MQTT. */
export function readInjectedFault(properties: ApplicationProperties): InjectedFault | undefined {
  const type = properties[FAULT_ORDER]
  if (type === undefined || type === null) return undefined
  if (!CUTTING.has(type) && !THROTTLING.has(type) && type !== AUTH_ERROR) return undefined
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

interface Running {
  readonly type: string
  readonly until: number
}

/** The faults in force, by identity. */
export class InjectedFaults {
  readonly #clock: Clock
  readonly #running = new Map<string, Running>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get idle(): boolean {
    return this.#running.size === 0
  }

  /**
   * Starts the fault after its delay.
   * @param cut closes the connection of the message that ordered it.
   * @returns true: that message is not acknowledged.
   */
  begin(key: string, fault: InjectedFault, cut: () => void): boolean {
    const cuts = CUTTING.has(fault.type)
    const start = (): void => {
      if (fault.durationMs > 0) {
        const running = { type: fault.type, until: this.#clock.now() + fault.durationMs }
        this.#running.set(key, running)
        this.#clock.schedule(fault.durationMs, () => {
          if (this.#running.get(key) === running) this.#running.delete(key)
        })
      }
      if (cuts) cut()
    }
    if (fault.delayMs === 0) start()
    else this.#clock.schedule(fault.delayMs, start)
    return cuts
  }

  /** What happens to a CONNECT of this identity now: the connection is closed, CONNACK says 5, or nothing. */
  onConnect(key: string): 'close' | 'refuse' | undefined {
    const type = this.#running.get(key)?.type
    if (type === undefined) return undefined
    if (CUTTING.has(type)) return 'close'
    return type === AUTH_ERROR ? 'refuse' : undefined
  }

  /** How long acknowledgements to this identity are held back, in ms; 0: not at all (WIRE-D2C-19). */
  holdMs(key: string): number {
    const running = this.#running.get(key)
    return running !== undefined && THROTTLING.has(running.type) ? running.until - this.#clock.now() : 0
  }
}
