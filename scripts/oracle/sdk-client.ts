/** One client of an official SDK, behind its driver. */

import type {
  ClientDriver,
  DriverEvent,
  DriverRequest,
  Json,
  JsonObject,
  Verb,
  Verbs,
} from '../../step-definitions/driver/client-driver.ts'

export class SdkClient {
  readonly #driver: ClientDriver
  readonly #session: string
  readonly #events: DriverEvent[] = []
  readonly #wake = new Set<() => void>()
  readonly #stopListening: () => void

  constructor(driver: ClientDriver, session: string) {
    this.#driver = driver
    this.#session = session
    this.#stopListening = driver.onEvent((event) => {
      if (event.session !== session) return
      this.#events.push(event)
      for (const wake of this.#wake) wake()
    })
  }

  /** @throws Error when the SDK reports an error. */
  async ask<V extends Verb>(verb: V, fields: Omit<Verbs[V], 'session'>): Promise<Json> {
    const reply = await this.reply(verb, fields)
    if ('ok' in reply) return reply.ok
    throw new Error(`${verb}: ${JSON.stringify(reply)}`)
  }

  reply<V extends Verb>(verb: V, fields: Omit<Verbs[V], 'session'>): ReturnType<ClientDriver['request']> {
    // The fields are those of the verb; TypeScript cannot derive this for the union of all requests.
    return this.#driver.request({ do: verb, session: this.#session, ...fields } as unknown as DriverRequest)
  }

  /** Waits for the first event that fits. */
  async event(name: DriverEvent['event'], fits: (data: JsonObject) => boolean): Promise<JsonObject> {
    for (;;) {
      const found = this.#events.find(({ event, data }) => event === name && fits(data))
      if (found !== undefined) return found.data
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#wake.delete(wake)
          resolve()
        }
        this.#wake.add(wake)
      })
    }
  }

  async end(): Promise<void> {
    await this.#driver.request({ do: 'destroy', session: this.#session })
    this.#stopListening()
  }
}
