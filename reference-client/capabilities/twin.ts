/**
 * Reads the twin and patches its reported properties.
 * Source: docs/contract/client/errors.md#client-errors-status,
 * docs/contract/client/twin.md#client-get-twin; decisions D-08, D-34.
 */

import type { Scope } from '../core/call.ts'
import type { ClientError } from '../core/errors/client-errors.ts'
import { serviceErrorFrom } from '../core/errors/service-error.ts'
import type { JsonObject } from '../core/models/json.ts'
import type { Twin } from '../core/models/twin.ts'
import type { Requests, Response } from '../connection/requests.ts'
import { reportedPatchTopic, twinGetTopic, TWIN_RESPONSES_FILTER } from '../mqtt/topics.ts'
import { type Session, subscribed } from './session.ts'
import { unexpected } from './telemetry.ts'

/** The payload of a GET: a single blank, as the Python SDK sends. */
const BLANK = ' '

export class TwinAccess {
  readonly #session: Session
  readonly #requests: Requests

  constructor(session: Session, requests: Requests) {
    this.#session = session
    this.#requests = requests
  }

  /**
   * @throws ClientError for a status of 300 or above, with a ServiceError as cause; ClientError when it is not JSON.
   */
  async get(scope: Scope | undefined): Promise<Twin> {
    const response = await this.#request(twinGetTopic, BLANK, scope)
    try {
      const twin: unknown = JSON.parse(response.payload.toString('utf8'))
      if (isTwin(twin)) return twin
    } catch (cause) {
      throw unexpected(new Error('The response of the hub is not JSON', { cause }))
    }
    throw unexpected(new Error('The response of the hub has no desired and reported properties'))
  }

  /** @throws ClientError as get, and for a patch that cannot be serialized as JSON. */
  async patchReported(patch: JsonObject, scope: Scope | undefined): Promise<void> {
    await this.#request(reportedPatchTopic, jsonOf(patch), scope)
  }

  async #request(
    topicOf: (requestId: string) => string,
    payload: string,
    scope: Scope | undefined,
  ): Promise<Response> {
    if (!this.#session.subscriptions.has(TWIN_RESPONSES_FILTER)) {
      await subscribed(this.#session, TWIN_RESPONSES_FILTER)
    }
    while (!this.#session.connection.connected) await this.#session.connection.ready()
    scope?.signal.throwIfAborted()
    const response = await this.#requests.send(topicOf, payload, scope?.signal)
    if (response.status >= 300) throw refusal(response)
    return response
  }
}

/** @throws ClientError when the value cannot be serialized as JSON. */
export function jsonOf(value: unknown): string {
  let text: unknown // undefined for functions and symbols, despite its declared type
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw unexpected(new TypeError('The value cannot be serialized as JSON', { cause }))
  }
  if (typeof text !== 'string') throw unexpected(new TypeError('The value cannot be serialized as JSON'))
  return text
}

function refusal({ status, payload }: Response): ClientError {
  return unexpected(
    serviceErrorFrom(`twin operation returned status ${status}`, status, payload.toString('utf8')),
  )
}

function isTwin(value: unknown): value is Twin {
  return (
    typeof value === 'object' &&
    value !== null &&
    'desired' in value &&
    'reported' in value &&
    typeof value.desired === 'object' &&
    typeof value.reported === 'object'
  )
}
