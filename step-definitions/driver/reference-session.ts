/** One client of the reference driver, with its application. */

import {
  type IoTHubDeviceClient,
  type IoTHubModuleClient,
  type MethodRequest,
  MethodResponse,
  type ReceivedMessage,
  type TwinPatch,
} from 'mock-iot-hub-client'
import { type DriverEvent, HAPPENINGS, type Happening, type JsonObject, type Verbs } from './client-driver.ts'
import { describeError, messageOf, methodOf } from './reference-values.ts'

const ATTRIBUTES = {
  message: 'onMessageReceived',
  method: 'onMethodRequestReceived',
  desired: 'onTwinDesiredPropertiesPatchReceived',
  connectionState: 'onConnectionStateChange',
  newSasToken: 'onNewSastokenRequired',
  backgroundException: 'onBackgroundException',
} as const satisfies Record<Happening, keyof IoTHubDeviceClient & keyof IoTHubModuleClient>

/** The arguments of a handler; their type depends on the attribute. */
type HandlerArguments = readonly unknown[]

export class ReferenceSession {
  readonly client: IoTHubDeviceClient | IoTHubModuleClient
  readonly #name: string
  readonly #listener: (event: DriverEvent) => void
  readonly #requests = new Map<string, MethodRequest>()
  #last: MethodRequest | undefined
  #held: (() => void)[] = []
  #holding = true
  #seq = 0

  constructor(
    name: string,
    client: IoTHubDeviceClient | IoTHubModuleClient,
    listener: (event: DriverEvent) => void,
  ) {
    this.#name = name
    this.client = client
    this.#listener = listener
  }

  /** A method request that the application received. Default: the last one. */
  request(requestId: string | undefined): MethodRequest | undefined {
    return requestId === undefined ? this.#last : this.#requests.get(requestId)
  }

  remember(request: MethodRequest): JsonObject {
    this.#last = request
    this.#requests.set(request.requestId, request)
    return methodOf(request)
  }

  emit(event: DriverEvent['event'], data: JsonObject): void {
    this.#listener({ event, session: this.#name, seq: ++this.#seq, data })
  }

  /** The events that have a handler. */
  handlers(): readonly string[] {
    return HAPPENINGS.filter((happening) => this.client[ATTRIBUTES[happening]] !== null)
  }

  handle({ happening, kind, behaviour = {} }: Verbs['handle']): void {
    this.#holding = true
    const work = async (args: HandlerArguments): Promise<void> => {
      if (behaviour.answer !== undefined && happening === 'method') {
        const request = args[0] as MethodRequest // the argument of a method handler
        await this.client.sendMethodResponse(
          MethodResponse.createFromMethodRequest(request, behaviour.answer.status, behaviour.answer.payload),
        )
      }
      if (behaviour.token !== undefined) await this.client.updateSastoken(behaviour.token)
      if (behaviour.disconnect === true) await this.client.disconnect()
      if (behaviour.hold === true && this.#holding)
        await new Promise<void>((resolve) => this.#held.push(resolve))
      if (behaviour.fail === true) throw new Error('The application failed')
    }
    const report = (args: HandlerArguments): void => {
      this.emit(happening, {
        argumentCount: args.length,
        connected: this.client.connected,
        ...this.#data(happening, args),
      })
    }
    const handler =
      kind === 'coroutine'
        ? async (...args: HandlerArguments): Promise<void> => {
            // A client that does not await the handler would not get past this point in the same turn.
            await Promise.resolve()
            report(args)
            await work(args)
          }
        : (...args: HandlerArguments): unknown => {
            report(args)
            return Object.keys(behaviour).length === 0 ? undefined : work(args)
          }
    Object.assign(this.client, { [ATTRIBUTES[happening]]: kind === 'none' ? null : handler })
  }

  release(): void {
    this.#holding = false
    for (const resume of this.#held.splice(0)) resume()
  }

  /** Ends the client in any state. */
  async end(): Promise<void> {
    this.release()
    await this.client[Symbol.asyncDispose]()
  }

  #data(happening: Happening, args: HandlerArguments): JsonObject {
    switch (happening) {
      // The signatures of the client define these types.
      case 'message':
        return { ...messageOf(args[0] as ReceivedMessage) }
      case 'method':
        return this.remember(args[0] as MethodRequest)
      case 'desired':
        return { patch: args[0] as TwinPatch }
      case 'backgroundException': {
        const { kind, native } = describeError(args[0])
        return { kind, native, isError: args[0] instanceof Error }
      }
      case 'connectionState':
      case 'newSasToken':
        return {}
    }
  }
}
