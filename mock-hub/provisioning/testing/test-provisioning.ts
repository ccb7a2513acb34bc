/** A provisioning service beside a hub, on a clock that stands still; for tests. */

import type { ManualClock } from '../../base/clock.ts'
import { isObject, own, type Json, type JsonObject } from '../../base/json.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { Settings } from '../../core/contract/settings.ts'
import { openHub, signed } from '../../core/testing/test-hub.ts'
import type { CallWebhook, ConnectHub, LinkedHub } from '../contract/linked-hub.ts'
import type { Provisioning, Registrant, RegistrationAnswer } from '../contract/provisioning.ts'
import { createProvisioning } from '../create-provisioning.ts'

export const SCOPE = '0ne00000000'
export const KEY = Buffer.alloc(64, 1).toString('base64')
export const OTHER_KEY = Buffer.alloc(64, 2).toString('base64')

export interface TestProvisioning {
  readonly hub: Hub
  readonly clock: ManualClock
  readonly dps: Provisioning
  /** Bodies that the webhook has received. */
  readonly asked: Json[]
  /** What the webhook answers. */
  webhook: { status: number; body: string } | Error
}

/** Tests of the service link hubs of this process alone. */
export const connectHub: ConnectHub = () => {
  throw new Error('no hub elsewhere')
}

export function openProvisioning(
  settings: Partial<Settings> = {},
  linkedHubs: readonly LinkedHub[] = [],
): TestProvisioning {
  const { hub, clock } = openHub(settings)
  const asked: Json[] = []
  const answers: { webhook: TestProvisioning['webhook'] } = { webhook: { status: 200, body: '{}' } }
  const callWebhook: CallWebhook = (_url, body) => {
    asked.push(body)
    const { webhook } = answers
    return webhook instanceof Error ? Promise.reject(webhook) : Promise.resolve(webhook)
  }
  return Object.assign(answers, {
    ...{ hub, clock, asked },
    dps: createProvisioning({ hub, linkedHubs, callWebhook, connectHub }),
  })
}

/** A service that has enrolled `d1` with keys. */
export function openEnrolled(settings: Partial<Settings> = {}): TestProvisioning {
  const test = openProvisioning(settings)
  test.dps.individual.put('d1', individual('d1'))
  return test
}

/** A second hub of this process, `other.example`. */
export function otherHub(): Hub {
  return openHub({ hostName: 'other.example' }).hub
}

export function token(
  { clock }: Pick<TestProvisioning, 'clock'>,
  registrationId: string,
  key = KEY,
  { skn = 'registration', scope = SCOPE, seconds = 3600, sr = '' } = {},
): string {
  const resource = sr === '' ? encodeURIComponent(`${scope}/registrations/${registrationId}`) : sr
  return signed(resource, key, Math.floor(clock.now() / 1000) + seconds, skn)
}

export function keyed(
  test: Pick<TestProvisioning, 'clock'>,
  registrationId: string,
  key = KEY,
  more: Partial<Registrant> = {},
): Registrant {
  return {
    idScope: SCOPE,
    registrationId,
    credentials: { sasToken: token(test, registrationId, key) },
    transport: 'mqtt',
    linkId: undefined,
    apiVersion: '2019-03-31',
    ...more,
  }
}

export function certified(registrationId: string, ...certificates: Buffer[]): Registrant {
  return {
    idScope: SCOPE,
    registrationId,
    credentials: { certificates },
    transport: 'mqtt',
    linkId: undefined,
    apiVersion: '2019-03-31',
  }
}

/** An individual enrollment with keys. */
export function individual(registrationId: string, more: JsonObject = {}): JsonObject {
  return {
    registrationId,
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: KEY, secondaryKey: OTHER_KEY } },
    ...more,
  }
}

/** A symmetric-key group. */
export function group(enrollmentGroupId: string, more: JsonObject = {}): JsonObject {
  return {
    enrollmentGroupId,
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: KEY, secondaryKey: OTHER_KEY } },
    ...more,
  }
}

/** Registers, and polls when it is decided. @returns the answer's body. */
export async function provision(
  test: Pick<TestProvisioning, 'dps' | 'hub'>,
  registrant: Registrant,
  body = '',
): Promise<JsonObject> {
  const operationId = await registered(test, registrant, body)
  const answer = await test.dps.devices.poll(registrant, operationId)
  if (answer.status !== 200) throw new Error(`not decided: ${JSON.stringify(answer)}`)
  return objectOf(answer.body)
}

/** Registers, and waits until it is decided. @returns the id of the operation. */
export async function registered(
  { dps, hub }: Pick<TestProvisioning, 'dps' | 'hub'>,
  registrant: Registrant,
  body = '',
): Promise<string> {
  const operationId = operationOf(await dps.devices.register(registrant, body))
  await hub.journal.until(
    (entry) =>
      entry.type === 'registration' &&
      entry.step === 'ended' &&
      own(entry.what, 'operationId') === operationId,
  )
  return operationId
}

/** The `registrationState` of an answer. */
export function stateIn(answer: JsonObject): JsonObject {
  return objectOf(own(answer, 'registrationState') ?? null)
}

/** A member that is a text. */
export function textIn(document: JsonObject, name: string): string {
  const value = own(document, name)
  if (typeof value !== 'string') throw new Error(`${name} is not text: ${JSON.stringify(value)}`)
  return value
}

export function operationOf({ body }: RegistrationAnswer): string {
  return textIn(objectOf(body), 'operationId')
}

function objectOf(body: Json): JsonObject {
  if (!isObject(body)) throw new Error(`no object: ${JSON.stringify(body)}`)
  return body
}
