/** The client's side of `features/vectors/provisioning.json`: topics, user names, tokens, bodies. */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decodeKey, formatSasToken, signWithKey, textToSign } from '../auth/sas-token.ts'
import { ServiceError } from '../core/errors/service-error.ts'
import { step } from './machine.ts'
import {
  parseAnswerTopic,
  pollTopic,
  registerTopic,
  registrationResource,
  registrationUsername,
} from './topics.ts'

interface Row {
  readonly name: string
  readonly kind: string
  readonly side?: 'hub' | 'client'
}

/** The rows of one kind, by name. */
function rowsOf<R>(kind: string): (readonly [string, R])[] {
  const text = readFileSync(new URL('../../features/vectors/provisioning.json', import.meta.url), 'utf8')
  const rows = JSON.parse(text) as (Row & R)[] // the format in features/vectors/README.md
  return rows.filter((row) => row.kind === kind && row.side !== 'hub').map((row) => [row.name, row] as const)
}

interface RequestRow {
  readonly topic: string
  readonly means: { readonly type: string; readonly requestId: string; readonly operationId?: string }
}
test.each(rowsOf<RequestRow>('request'))('writes %s', (_name, { topic, means }) => {
  const { requestId, operationId } = means
  expect(operationId === undefined ? registerTopic(requestId) : pollTopic(requestId, operationId)).toBe(topic)
})

interface AnswerRow {
  readonly topic: string
  readonly means: { readonly status: number; readonly requestId: string; readonly retryAfter?: number } | null
}
test.each(rowsOf<AnswerRow>('answer'))('reads %s', (_name, { topic, means }) => {
  expect(parseAnswerTopic(topic)).toEqual(means === null ? undefined : { retryAfter: undefined, ...means })
})

interface NameRow {
  readonly username: string
  readonly agent: string
  readonly idScope: string
  readonly registrationId: string
}
test.each(rowsOf<NameRow>('userName'))('writes %s', (_name, { username, agent, idScope, registrationId }) => {
  expect(registrationUsername(idScope, registrationId, agent)).toBe(username)
})

interface SignatureRow {
  readonly key: string
  readonly resource: string
  readonly expiresAt: number
  readonly idScope: string
  readonly registrationId: string
  readonly signature: string
}
test.each(rowsOf<SignatureRow>('signature'))('writes %s', (_name, row) => {
  const resource = registrationResource(row.idScope, row.registrationId)
  expect(resource).toBe(row.resource)
  const signature = signWithKey(decodeKey(row.key), textToSign(resource, row.expiresAt))
  expect(formatSasToken(resource, signature, row.expiresAt)).toBe(
    `SharedAccessSignature sr=${row.resource}&sig=${encodeURIComponent(row.signature)}&se=${String(row.expiresAt)}`,
  )
})

interface BodyRow {
  readonly status: number
  readonly body: { readonly operationId?: string }
  readonly means: { readonly waits?: true; readonly result?: object; readonly error?: string | number }
}
test.each(rowsOf<BodyRow>('body'))('reads %s', (_name, { status, body, means }) => {
  const request = { type: 'poll', operationId: body.operationId ?? 'o' } as const
  const [state] = step(
    { at: 'requesting', request, requestId: '1' },
    {
      type: 'answer',
      topic: { status, requestId: '1', retryAfter: undefined },
      body: JSON.stringify(body),
    },
  )
  if (means.waits === true) {
    expect(state).toEqual({ at: 'waiting', request, requestId: '1' })
    return
  }
  if (state.at !== 'closing') throw new Error(`the registration is at ${state.at}`)
  if ('result' in state.outcome) {
    const { operationId, registrationState } = state.outcome.result
    expect([operationId, registrationState]).toEqual([body.operationId, means.result])
    return
  }
  const { message, cause } = state.outcome.error
  if (typeof means.error === 'string') expect(message).toContain(means.error)
  else {
    if (!(cause instanceof ServiceError)) throw new Error(`the cause is ${String(cause)}`)
    expect(cause).toMatchObject({ status, errorCode: means.error })
  }
})
