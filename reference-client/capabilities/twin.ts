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
import type { Answer, Requests } from '../connection/requests.ts'
import { reportedPatchTopic, twinGetTopic, TWIN_ANSWERS_FILTER } from '../mqtt/topics.ts'
import { type Session, subscribed } from './session.ts'
import { unexpected } from './telemetry.ts'

/** What a GET carries: nothing to say, but the original's blank. */
const BLANK = ' '

export class TwinAccess {
  readonly #session: Session
  readonly #requests: Requests

  constructor(session: Session, requests: Requests) {
    this.#session = session
    this.#requests = requests
  }

  /** @throws ClientError for an answer of 300 and more, its cause a ServiceError, and for one that is no JSON. */
  async get(scope: Scope | undefined): Promise<Twin> {
    const answer = await this.#ask(twinGetTopic, BLANK, scope)
    try {
      const twin: unknown = JSON.parse(answer.payload.toString('utf8'))
      if (isTwin(twin)) return twin
    } catch (cause) {
      throw unexpected(new Error('The twin that the hub sent is not JSON', { cause }))
    }
    throw unexpected(new Error('The twin that the hub sent has no desired and reported properties'))
  }

  /** @throws ClientError as get, and for a patch that JSON cannot write. */
  async patchReported(patch: JsonObject, scope: Scope | undefined): Promise<void> {
    await this.#ask(reportedPatchTopic, jsonOf(patch), scope)
  }

  async #ask(
    topicOf: (requestId: string) => string,
    payload: string,
    scope: Scope | undefined,
  ): Promise<Answer> {
    if (!this.#session.subscriptions.has(TWIN_ANSWERS_FILTER)) {
      await subscribed(this.#session, TWIN_ANSWERS_FILTER)
    }
    while (!this.#session.connection.connected) await this.#session.connection.ready()
    scope?.signal.throwIfAborted()
    const answer = await this.#requests.ask(topicOf, payload, scope?.signal)
    if (answer.status >= 300) throw refusal(answer)
    return answer
  }
}

/** @throws ClientError when JSON cannot write the value. */
export function jsonOf(value: unknown): string {
  let text: unknown // undefined for functions and the like, whatever the types say
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw unexpected(new TypeError('The value cannot be written as JSON', { cause }))
  }
  if (typeof text !== 'string') throw unexpected(new TypeError('The value cannot be written as JSON'))
  return text
}

function refusal({ status, payload }: Answer): ClientError {
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
