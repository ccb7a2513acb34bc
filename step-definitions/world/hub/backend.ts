/** The service side of a scenario: sends messages, calls methods, sets desired properties. */

import { HarnessError } from '../../driver/client-driver.ts'
import type { Activity } from '../time/activity.ts'
import type { Identity, JsonValue, MethodResult, MockHub } from 'mock-iot-hub'

/** A method call of the back end, pending or settled. */
export interface Invocation {
  readonly methodName: string
  readonly result: Promise<MethodResult>
  settled: MethodResult | Error | undefined
}

export interface OutgoingMessage {
  readonly text: string
  readonly system?: Readonly<Record<string, string>>
  readonly properties?: Readonly<Record<string, string | null>>
}

export class Backend {
  readonly #hub: MockHub
  readonly #activity: Activity
  readonly #signal: AbortSignal
  readonly invocations: Invocation[] = []

  constructor(hub: MockHub, activity: Activity, signal: AbortSignal) {
    this.#hub = hub
    this.#activity = activity
    this.#signal = signal
  }

  /** Sends a cloud-to-device message. */
  send(target: Identity, { text, system = {}, properties = {} }: OutgoingMessage): void {
    this.#hub.c2d.send(target, { body: Buffer.from(text), system, properties })
  }

  /** Calls a direct method; a later step looks at the response. */
  invoke(target: Identity, methodName: string, payload?: JsonValue): Invocation {
    const invocation: Invocation = {
      methodName,
      settled: undefined,
      result: this.#hub.methods.invoke(
        target,
        {
          methodName,
          payload: payload === undefined ? undefined : JSON.stringify(payload), // a string, too, is a value
          responseTimeoutInSeconds: 30,
        },
        this.#signal,
      ),
    }
    const settle = (settled: MethodResult | Error): void => {
      invocation.settled = settled
      this.#activity.record()
    }
    invocation.result.then(settle, (error: unknown) => {
      settle(error instanceof Error ? error : new Error(String(error)))
    })
    this.invocations.push(invocation)
    return invocation
  }

  /** Sends a message from the rows of a table. */
  sendRows(target: Identity, rows: Readonly<Record<string, string>>): void {
    const system: Record<string, string> = {}
    const properties: Record<string, string> = {}
    for (const [name, value] of Object.entries(rows)) {
      if (name.startsWith('property ')) properties[name.slice('property '.length)] = value
      else if (name !== 'text') system[name] = value
    }
    this.send(target, { text: rows['text'] ?? '', system, properties })
  }

  /** The result of the last call of the method; waits for it. @throws AssertionError when it does not come. */
  async resultOf(methodName: string): Promise<MethodResult> {
    const invocation = this.invocation(methodName)
    await this.#activity.eventually(
      () => invocation.settled !== undefined,
      `The answer to the method ${methodName}`,
    )
    return invocation.result
  }

  /** The last call of the method. */
  invocation(methodName: string): Invocation {
    const found = this.invocations.findLast((invocation) => invocation.methodName === methodName)
    if (found === undefined) throw new HarnessError(`The back end has not called the method ${methodName}`)
    return found
  }

  /** Delivers a message to an input, as a route from another module would. */
  route(target: Identity, input: string, text: string): void {
    this.#hub.inputs.send(target, input, { body: Buffer.from(text), system: {}, properties: {} })
  }

  desire(target: Identity, desired: Readonly<Record<string, JsonValue>>): void {
    this.#hub.twins.patch(target, { desired }, undefined)
  }
}
