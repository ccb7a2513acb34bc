/** The certificate of a device, and the check of one. */

import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { NUMBERS } from '../catalogue/numbers.ts'
import type { DeviceResults } from './results.ts'

interface Certificate {
  readonly certificate: Readonly<Record<string, unknown>>
  readonly signature?: { readonly algorithm: 'Ed25519'; readonly value: string; readonly publicKey: string }
}

/** @param keyPem private key of a lab. @throws RangeError for what is no Ed25519 key in PEM. */
export function signingKey(keyPem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(keyPem)
  } catch (error) {
    throw new RangeError(
      `--sign: must be a private key in PEM: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new RangeError(`--sign: must be an Ed25519 key, got ${String(key.asymmetricKeyType)}`)
  return key
}

/** @param keyPem private key of a lab (Ed25519); undefined: it is not signed. @throws RangeError for another key. */
export function deviceCertificate(results: DeviceResults, keyPem?: string): Certificate {
  const { suite, subject, run, startedAt, seconds, profiles, recoveries, interactions, repetitions, rows } =
    results
  const listed = (word: string): readonly string[] =>
    rows.filter((row) => row.word === word).map(({ id }) => id)
  const certificate = {
    ...{ format: 'iot-hub-device-certificate/1', suite, subject, run, startedAt, seconds },
    profiles: Object.fromEntries(
      Object.entries(profiles).map(([name, { met, counts }]) => [name, { met, counts }]),
    ),
    warnings: listed('WARN'),
    notObserved: listed('NOT_OBSERVED'),
    ...{ recoveries, interactions, repetitions, scaled: results.scaled },
    numbers: Object.fromEntries(
      Object.entries(NUMBERS).map(([name, { value }]) => [name, results.changedNumbers[name] ?? value]),
    ),
    changedNumbers: results.changedNumbers,
    hashes: { ...results.hashes, results: hashOf(results) },
    seed: results.seed,
    note: 'Not a certificate of Microsoft or of any vendor of hubs. Valid for exactly this device, firmware and suite.',
  }
  if (keyPem === undefined) return { certificate }
  const key = signingKey(keyPem)
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
  return {
    certificate,
    signature: {
      algorithm: 'Ed25519',
      value: sign(null, Buffer.from(JSON.stringify(certificate)), key).toString('base64'),
      publicKey,
    },
  }
}

function hashOf(value: unknown): string {
  return `sha256-${createHash('sha256').update(JSON.stringify(value)).digest('base64')}`
}

/** @param keyPem public key of the lab; undefined: that of the certificate. @returns what is wrong; undefined: nothing. */
export function certificateProblem(text: string, keyPem?: string): string | undefined {
  let read: Partial<Certificate>
  try {
    read = JSON.parse(text) as Partial<Certificate>
  } catch {
    return 'it is not JSON'
  }
  const { certificate, signature } = read
  if (certificate?.['format'] !== 'iot-hub-device-certificate/1') return 'it is no certificate of a device'
  if (signature === undefined) return keyPem === undefined ? undefined : 'it is not signed'
  const key = createPublicKey(keyPem ?? signature.publicKey)
  const isGood = verify(
    null,
    Buffer.from(JSON.stringify(certificate)),
    key,
    Buffer.from(signature.value, 'base64'),
  )
  return isGood ? undefined : 'the signature is not of this key, or the certificate was changed'
}
