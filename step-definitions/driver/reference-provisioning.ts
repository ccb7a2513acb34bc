/** The provisioning clients of the reference driver, for the verbs `provisionCreate` and `provisionRegister`. */

import { type Clock, ProvisioningDeviceClient } from 'mock-iot-hub-client'
import type { Json, Verbs } from './client-driver.ts'
import { argument, optionsFor } from './reference-factories.ts'

/** The documented name of each factory, and its arguments in order. */
const FACTORIES = {
  symmetricKey: ['createFromSymmetricKey', ['provisioningHost', 'registrationId', 'idScope', 'symmetricKey']],
  x509: ['createFromX509Certificate', ['provisioningHost', 'registrationId', 'idScope', 'x509']],
} as const

/** Missing arguments and wrong types are passed on: the client must reject them. */
type AnyFactory = (...given: readonly unknown[]) => ProvisioningDeviceClient

export class ReferenceProvisioning {
  readonly #clients = new Map<string, ProvisioningDeviceClient>()
  readonly #ends = new Map<string, AbortController>()

  create({ session, factory, ...request }: Verbs['provisionCreate'], clock: Clock): void {
    const [name, names] = FACTORIES[factory]
    const make = ProvisioningDeviceClient[name] as unknown as AnyFactory
    const given = names.map((of) => argument(of, request.arguments))
    const client = make.call(ProvisioningDeviceClient, ...given, optionsFor(request, clock))
    this.#clients.set(session, client)
    this.#ends.set(session, new AbortController())
  }

  async register({ session, payload }: Verbs['provisionRegister']): Promise<Json> {
    const client = this.#clients.get(session)
    if (client === undefined) throw new Error(`The session ${session} does not exist`)
    if (payload !== undefined) client.provisioningPayload = payload as typeof client.provisioningPayload
    const signal = this.#ends.get(session)?.signal
    const { operationId, status, registrationState } = await client.register(
      signal === undefined ? {} : { signal },
    )
    return { operationId, status, registrationState: { ...registrationState } }
  }

  /** Ends one client, or all. */
  end(session?: string): void {
    const ended = session === undefined ? [...this.#ends.keys()] : [session]
    for (const name of ended) {
      this.#ends.get(name)?.abort()
      this.#ends.delete(name)
      this.#clients.delete(name)
    }
  }
}
