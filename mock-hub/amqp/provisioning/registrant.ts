/**
 * A device that asks for its hub over AMQP (DPS-AMQP-01 to DPS-AMQP-08): SASL PLAIN carries its token, or TLS its
 * certificate; it sends requests on one link and receives the answers on another.
 */

import { HubError, toHubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { API_VERSION_FORM, isApiVersion } from '../../provisioning/contract/api-version.ts'
import { errorAnswer } from '../../provisioning/contract/error-answer.ts'
import type {
  Provisioning,
  Registrant,
  RegistrationAnswer,
} from '../../provisioning/contract/provisioning.ts'
import { segmentsOf } from '../addresses.ts'
import { bodyOf, decodeMessage, encodeMessage, type AmqpMessage } from '../codec/messages.ts'
import type { AmqpError } from '../codec/performative-fields.ts'
import { int, textOf } from '../codec/values.ts'
import { REQUEST_LIMITS, type ConnectionContext } from '../connection-context.ts'
import type { Incoming, Link } from '../endpoint/links.ts'
import { conditionOf, hubErrorOf } from '../refusals.ts'
import { SendQueue } from '../send-queue.ts'

/** Who registers: the names in an address, or in the identity of SASL PLAIN. */
export interface RegistrationName {
  readonly idScope: string
  readonly registrationId: string
}

const API_VERSION = 'com.microsoft:api-version'
const OPERATION = 'iotdps-operation-type'
const OPERATION_ID = 'iotdps-operation-id'
const RETRY_AFTER = 'retry-after'
/** Of SASL PLAIN, and of links that name none (decision 69). */
const DEFAULT_VERSION = '2019-03-31'

/** `{scope}/registrations/{id}`, with a leading slash or as a URL. @returns undefined: the text names no registration. */
export function registrationNameOf(address: string): RegistrationName | undefined {
  const [idScope = '', registrations, registrationId = '', ...more] = segmentsOf(address)
  return registrations === 'registrations' && registrationId !== '' && more.length === 0
    ? { idScope, registrationId }
    : undefined
}

export class RegistrantNode {
  readonly #context: ConnectionContext
  readonly #provisioning: Provisioning
  readonly #certificates: readonly Buffer[] | undefined
  #token: { readonly name: RegistrationName; readonly sasToken: string } | undefined
  /** Who has attached: both links name the same registration. */
  #registrant: Registrant | undefined
  #answers: SendQueue | undefined

  constructor(
    context: ConnectionContext,
    provisioning: Provisioning,
    certificates: readonly Buffer[] | undefined,
  ) {
    this.#context = context
    this.#provisioning = provisioning
    this.#certificates = certificates
  }

  /** The identity and the password of SASL PLAIN; the token is judged when the connection is opened. */
  authenticate(name: RegistrationName, sasToken: string): void {
    this.#token = { name, sasToken }
  }

  /** OPEN has been answered. @returns the error of CLOSE when the token of SASL PLAIN is refused (DPS-AMQP-08). */
  opened(): AmqpError | undefined {
    if (this.#token === undefined) return undefined
    const { name } = this.#token
    try {
      this.#provisioning.devices.prove(this.#registrantOf(name, DEFAULT_VERSION))
      return undefined
    } catch (error) {
      return this.#refusal(error, name)
    }
  }

  /** Opens a link of a registration, or refuses it (DPS-AMQP-08). */
  attach(link: Link, name: RegistrationName): void {
    try {
      const registrant = this.#prove(link, name)
      this.#registrant = registrant
      if (link.type === 'sending') {
        const queue = new SendQueue(link, this.#context, () => {
          if (this.#answers === queue) this.#answers = undefined
        })
        this.#answers = queue
        return
      }
      const onMessage = (incoming: Incoming): void => {
        void this.#handle(registrant, incoming)
      }
      link.open({ onMessage, onGone: () => undefined }, REQUEST_LIMITS)
    } catch (error) {
      link.refuse(this.#refusal(error, name))
    }
  }

  #refusal(error: unknown, { registrationId }: RegistrationName): AmqpError {
    const refusal = hubErrorOf(error)
    this.#context.refused(refusal, registrationId)
    return this.#errorOf(refusal)
  }

  #registrantOf(name: RegistrationName, apiVersion: string): Registrant {
    return {
      ...name,
      credentials: { sasToken: this.#token?.sasToken, certificates: this.#certificates },
      transport: this.#context.transport,
      linkId: this.#context.linkId,
      apiVersion,
    }
  }

  /** @throws HubError. */
  #prove(link: Link, name: RegistrationName): Registrant {
    const before = this.#registrant ?? this.#token?.name
    if (before !== undefined && !isSame(before, name))
      throw new HubError({
        kind: 'IotHubUnauthorizedAccess',
        message: 'Unauthorized',
        rule: 'DPS-AMQP-03',
        expected: `a link of the registration ${quoted(before.registrationId)}, as before on this connection`,
        received: `one of ${quoted(name.registrationId)}`,
      })
    const registrant = this.#registrantOf(name, apiVersionOf(link))
    this.#provisioning.devices.prove(registrant)
    return registrant
  }

  /** The request is accepted before its answer is sent; one that fails is rejected with the error (DPS-AMQP-07). */
  async #handle(registrant: Registrant, { payload, settle }: Incoming): Promise<void> {
    try {
      const request = decodeMessage(payload)
      const answer = await this.#perform(registrant, request)
      if (answer.instead === 'close') {
        this.#context.breakPart('tcp')
        return
      }
      settle({ type: 'accepted' })
      if (answer.instead === undefined) this.#send(answer, request)
    } catch (error) {
      const refusal = hubErrorOf(error)
      this.#context.refused(refusal, registrant.registrationId)
      settle({ type: 'rejected', error: this.#errorOf(refusal) })
    }
  }

  #perform(registrant: Registrant, request: AmqpMessage): Promise<RegistrationAnswer> {
    const { devices } = this.#provisioning
    const operation = textOf(request.application?.get(OPERATION))
    switch (operation) {
      case 'iotdps-register':
        return devices.register(registrant, bodyOf(request).toString('utf8'))
      case 'iotdps-get-operationstatus':
        return devices.poll(registrant, textOf(request.application?.get(OPERATION_ID)) ?? '')
      default:
        throw new HubError({
          kind: 'ProvisioningNotImplemented',
          rule: 'DPS-AMQP-05',
          expected: `the application property ${OPERATION} to be iotdps-register or iotdps-get-operationstatus`,
          received: operation === undefined ? 'none' : quoted(operation),
        })
    }
  }

  /** The correlation id is echoed when there is one (DPS-AMQP-06). */
  #send({ body, retryAfter }: RegistrationAnswer, { properties }: AmqpMessage): void {
    const correlationId = properties?.correlationId
    const payload = encodeMessage({
      ...(correlationId === undefined ? {} : { properties: { correlationId } }),
      ...(retryAfter === undefined ? {} : { application: new Map([[RETRY_AFTER, int(retryAfter)]]) }),
      data: [Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))],
    })
    this.#answers?.push({ payload })
  }

  #errorOf(error: HubError): AmqpError {
    const refusal = toHubError(error)
    const { body, retryAfter } = errorAnswer(refusal, this.#context.hub.clock.now())
    return {
      condition: conditionOf(refusal),
      description: JSON.stringify(body),
      ...(retryAfter === undefined ? {} : { info: new Map([[RETRY_AFTER, int(retryAfter)]]) }),
    }
  }
}

/** @throws HubError for one of another form. */
function apiVersionOf({ peerAttach }: Link): string {
  const given = textOf(peerAttach.properties?.get(API_VERSION)) ?? DEFAULT_VERSION
  if (isApiVersion(given)) return given
  throw new HubError({
    kind: 'GenericBadRequest',
    rule: 'DPS-AMQP-03',
    expected: `the property ${API_VERSION} of the link, if there is one: ${API_VERSION_FORM}`,
    received: quoted(given),
  })
}

function isSame(a: RegistrationName, b: RegistrationName): boolean {
  return a.idScope === b.idScope && a.registrationId.toLowerCase() === b.registrationId.toLowerCase()
}
