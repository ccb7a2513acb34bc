/** The service's side of `features/vectors/provisioning.json`: topics, user names, tokens, bodies. */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { JsonObject } from '../../base/json.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { deviceKeyOf } from '../../provisioning/attestation/group-key.ts'
import { errorAnswer } from '../../provisioning/contract/error-answer.ts'
import {
  connectHub,
  individual,
  keyed,
  openProvisioning,
  provision,
  stateIn,
} from '../../provisioning/testing/test-provisioning.ts'
import { createProvisioning } from '../../provisioning/create-provisioning.ts'
import { formatAnswerTopic, parseRequestTopic } from './topics.ts'
import { parseRegistrationUserName } from './user-name.ts'

interface Row {
  readonly name: string
  readonly kind: string
  readonly side?: 'hub' | 'client'
}

/** The rows of one kind, by name. */
function rowsOf<R>(kind: string): (readonly [string, R])[] {
  const text = readFileSync(new URL('../../../features/vectors/provisioning.json', import.meta.url), 'utf8')
  const rows = JSON.parse(text) as (Row & R)[] // the format in features/vectors/README.md
  return rows
    .filter((row) => row.kind === kind && row.side !== 'client')
    .map((row) => [row.name, row] as const)
}

interface RequestRow {
  readonly topic: string
  readonly means: { readonly type: string; readonly requestId: string; readonly operationId?: string }
}
test.each(rowsOf<RequestRow>('request'))('reads %s', (_name, { topic, means }) => {
  expect(parseRequestTopic(topic)).toEqual({ ...means, requestId: encodeURIComponent(means.requestId) })
})

interface AnswerRow {
  readonly topic: string
  readonly means: { readonly status: number; readonly requestId: string; readonly retryAfter?: number }
}
test.each(rowsOf<AnswerRow>('answer'))('writes %s', (_name, { topic, means }) => {
  expect(formatAnswerTopic(means.status, means.requestId, means.retryAfter)).toBe(topic)
})

interface NameRow {
  readonly username: string
  readonly idScope: string
  readonly registrationId: string
  readonly apiVersion: string
}
test.each(rowsOf<NameRow>('userName'))(
  'reads %s',
  (_name, { username, idScope, registrationId, apiVersion }) => {
    expect(parseRegistrationUserName(username)).toEqual({ idScope, registrationId, apiVersion })
  },
)

interface SignatureRow {
  readonly key: string
  readonly resource: string
  readonly expiresAt: number
  readonly idScope: string
  readonly registrationId: string
  readonly signature: string
}
test.each(rowsOf<SignatureRow>('signature'))('accepts %s', async (_name, row) => {
  const { key, resource, expiresAt, idScope, registrationId, signature } = row
  const opened = openProvisioning()
  const never = (): Promise<never> => Promise.reject(new Error('nobody is called'))
  const dps = createProvisioning({ hub: opened.hub, idScope, callWebhook: never, connectHub })
  const symmetricKey = { primaryKey: key, secondaryKey: key }
  dps.individual.put(registrationId, { attestation: { type: 'symmetricKey', symmetricKey } })
  const sasToken = (sig: string): string =>
    `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(sig)}&se=${String(expiresAt)}`
  const registrant = keyed(opened, registrationId, key, { idScope })
  const register = (sig: string) =>
    dps.devices.register({ ...registrant, credentials: { sasToken: sasToken(sig) } }, '')
  expect(await register(signature)).toMatchObject({ status: 202 })
  await expect(register(signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')))).rejects.toThrow(
    'Unauthorized',
  )
})

interface KeyRow {
  readonly groupKey: string
  readonly registrationId: string
  readonly deviceKey: string
}
test.each(rowsOf<KeyRow>('deviceKey'))('derives %s', (_name, { groupKey, registrationId, deviceKey }) => {
  expect(deviceKeyOf(groupKey, registrationId)).toBe(deviceKey)
})

interface BodyRow {
  readonly status: number
  readonly body: JsonObject
}
const membersOf = (document: JsonObject): readonly string[] => Object.keys(document).sort()

test.each(rowsOf<BodyRow>('body'))('writes the members of %s', async (_name, { status, body }) => {
  if (status >= 400) {
    const refusal = new HubError({
      ...{ kind: 'IotHubUnauthorizedAccess', message: 'Invalid certificate.' },
      ...{ rule: 'DPS-AUTH-13', expected: 'a certificate', received: 'another' },
    })
    const answer = errorAnswer(refusal, new ManualClock().now())
    expect([answer.status, membersOf(answer.body)]).toEqual([status, membersOf(body)])
    expect(answer.body).toMatchObject({ errorCode: body['errorCode'], message: body['message'] })
    return
  }
  const opened = openProvisioning()
  const registrant = keyed(opened, 'd1')
  opened.webhook = { status: 400, body: '' }
  const fails = body['status'] === 'failed'
  const customAllocationDefinition = { webhookUrl: 'https://hooks.example/', apiVersion: '2019-03-31' }
  const custom = fails ? { allocationPolicy: 'custom', customAllocationDefinition } : {}
  opened.dps.individual.put('d1', individual('d1', custom))
  if (status === 202) {
    opened.hub.faults.arm({ name: 'dps.register.assigning', parameters: { times: 9 } })
    const accepted = await opened.dps.devices.register(registrant, '')
    const { operationId = '' } = accepted.body as { readonly operationId?: string }
    const polled = await opened.dps.devices.poll(registrant, operationId)
    const written = ('registrationState' in body ? polled : accepted).body as JsonObject
    expect([written['status'], membersOf(written)]).toEqual([body['status'], membersOf(body)])
    return
  }
  const written = await provision(opened, registrant)
  expect([written['status'], membersOf(written)]).toEqual([body['status'], membersOf(body)])
  const wanted = membersOf(stateIn(body))
  // The sample's device has shown a certificate; a failed one says nothing of how it proved itself.
  const told = membersOf(stateIn(written)).map((name) => (name === 'symmetricKey' ? 'x509' : name))
  expect(told.filter((name) => name !== 'x509')).toEqual(wanted.filter((name) => name !== 'x509'))
  expect(stateIn(written)).toMatchObject(
    fails ? { errorCode: stateIn(body)['errorCode'], errorMessage: stateIn(body)['errorMessage'] } : {},
  )
})
