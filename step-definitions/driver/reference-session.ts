/** One client of the reference driver, with the application that listens to it. */

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

/** Handlers are told apart by attribute, not by the type of their argument. */
type Given = readonly unknown[]

export class ReferenceSession {
  readonly client: IoTHubDeviceClient | IoTHubModuleClient
  readonly #name: string
  readonly #emit: (event: DriverEvent) => void
  readonly #requests = new Map<string, MethodRequest>()
  #newest: MethodRequest | undefined
  #held: (() => void)[] = []
  #holding = true
  #seq = 0

  constructor(
    name: string,
    client: IoTHubDeviceClient | IoTHubModuleClient,
    emit: (event: DriverEvent) => void,
  ) {
    this.#name = name
    this.client = client
    this.#emit = emit
  }

  /** A method request that the application has got; left out: the newest. */
  request(requestId: string | undefined): MethodRequest | undefined {
    return requestId === undefined ? this.#newest : this.#requests.get(requestId)
  }

  remember(request: MethodRequest): JsonObject {
    this.#newest = request
    this.#requests.set(request.requestId, request)
    return methodOf(request)
  }

  tell(event: DriverEvent['event'], data: JsonObject): void {
    this.#emit({ event, session: this.#name, seq: ++this.#seq, data })
  }

  /** Which happenings have a handler. */
  handlers(): readonly string[] {
    return HAPPENINGS.filter((happening) => this.client[ATTRIBUTES[happening]] !== null)
  }

  handle({ happening, kind, behaviour = {} }: Verbs['handle']): void {
    this.#holding = true
    const work = async (given: Given): Promise<void> => {
      if (behaviour.answer !== undefined && happening === 'method') {
        const request = given[0] as MethodRequest // the client hands methods over as such
        await this.client.sendMethodResponse(
          MethodResponse.createFromMethodRequest(request, behaviour.answer.status, behaviour.answer.payload),
        )
      }
      if (behaviour.token !== undefined) await this.client.updateSastoken(behaviour.token)
      if (behaviour.hold === true && this.#holding)
        await new Promise<void>((resolve) => this.#held.push(resolve))
      if (behaviour.fail === true) throw new Error('The application has failed')
    }
    const told = (given: Given): void => {
      this.tell(happening, {
        argumentCount: given.length,
        connected: this.client.connected,
        ...this.#data(happening, given),
      })
    }
    const handler =
      kind === 'coroutine'
        ? async (...given: Given): Promise<void> => {
            // A handler that is started but never awaited would not come past this point in its turn.
            await Promise.resolve()
            told(given)
            await work(given)
          }
        : (...given: Given): unknown => {
            told(given)
            return Object.keys(behaviour).length === 0 ? undefined : work(given)
          }
    Object.assign(this.client, { [ATTRIBUTES[happening]]: kind === 'none' ? null : handler })
  }

  release(): void {
    this.#holding = false
    for (const goOn of this.#held.splice(0)) goOn()
  }

  /** The end, however the client stands. */
  async end(): Promise<void> {
    this.release()
    await this.client[Symbol.asyncDispose]()
  }

  #data(happening: Happening, given: Given): JsonObject {
    switch (happening) {
      // The client's signatures say what these are.
      case 'message':
        return { ...messageOf(given[0] as ReceivedMessage) }
      case 'method':
        return this.remember(given[0] as MethodRequest)
      case 'desired':
        return { patch: given[0] as TwinPatch }
      case 'backgroundException': {
        const { kind, native } = describeError(given[0])
        return { kind, native, isError: given[0] instanceof Error }
      }
      case 'connectionState':
      case 'newSasToken':
        return {}
    }
  }
}
