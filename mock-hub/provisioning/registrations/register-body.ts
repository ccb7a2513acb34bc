/** The body of a registration (DPS-REG-08 to DPS-REG-14). */

import { isObject, own, type Json, type JsonObject } from '../../base/json.ts'
import { readJson } from '../../base/json-text.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { noTpm } from '../attestation/attestor.ts'
import type { Registrant } from '../contract/provisioning.ts'
import { sameId } from '../names.ts'
import { badRequest } from '../refusals.ts'

/**
 * A TPM registration comes without a credential: it is recognised before credentials are looked at.
 * @throws HubError GenericBadRequest, ProvisioningNotImplemented.
 */
export function refuseTpm(registrant: Registrant, text: string): void {
  let body: Json
  try {
    body = readJson(text)
  } catch {
    return
  }
  if (isObject(body) && (own(body, 'tpm') ?? null) !== null) throw noTpm(registrant)
}

/**
 * @param text JSON; empty: a device that sends nothing beyond its connection.
 * @returns what the device sends along; undefined: nothing.
 * @throws HubError GenericBadRequest.
 */
export function payloadOf({ registrationId, transport }: Registrant, text: string): Json | undefined {
  const body = text.trim() === '' && transport !== 'https' ? {} : objectIn(text)
  const given = own(body, 'registrationId') ?? registrationId
  if (typeof given !== 'string' || !sameId(given, registrationId))
    throw badRequest(
      'DPS-REG-11',
      `registrationId to be ${quoted(registrationId)}, as in the connection or the path`,
      typeof given === 'string' ? quoted(given) : 'something that is not text',
    )
  if ((own(body, 'csr') ?? null) !== null)
    throw badRequest('DPS-REG-14', 'no csr: this service issues no certificates', 'a csr')
  return own(body, 'payload') ?? undefined
}

function objectIn(text: string): JsonObject {
  let body: Json
  try {
    body = readJson(text)
  } catch (error) {
    const why = error instanceof RangeError ? error.message : 'a text that is not JSON'
    throw badRequest('DPS-REG-12', 'a JSON object', text === '' ? 'nothing' : why)
  }
  if (isObject(body)) return body
  throw badRequest('DPS-REG-12', 'a JSON object', `JSON that is none: ${text.slice(0, 40)}`)
}
