/** What the workload API computes with the key of a module: signatures, encryption and decryption. */

import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto'
import { base64Problem } from '../../base/base64.ts'
import type { IdentityRecord } from '../../core/contract/registry.ts'
import { HubError } from '../../core/errors/hub-error.ts'

/** @throws HubError InvalidOperation when the module has no symmetric key. */
export function moduleKey(record: IdentityRecord): Buffer {
  const { primaryKey } = record.authentication.symmetricKey
  if (primaryKey !== null) return Buffer.from(primaryKey, 'base64')
  throw new HubError({
    kind: 'InvalidOperation',
    message: 'The module has no symmetric key.',
    rule: 'WIRE-EDGE-04',
    expected: 'a module with authentication type sas',
    received: `authentication type ${record.authentication.type}`,
  })
}

/** The bytes of a base64 field of a body. @throws HubError ArgumentInvalid when it is not base64. */
export function base64Of(body: unknown, field: string): Buffer {
  const fields = new Map<string, unknown>(
    typeof body === 'object' && body !== null ? Object.entries(body) : [],
  )
  const value = fields.get(field)
  if (typeof value === 'string' && base64Problem(value) === undefined) return Buffer.from(value, 'base64')
  throw new HubError({
    kind: 'ArgumentInvalid',
    message: `Expected ${field} to be base64 text; given: ${typeof value}.`,
    rule: 'WIRE-EDGE-04',
    expected: `${field} to be base64 text`,
    received:
      typeof value === 'string' ? `${String(value.length)} characters that are not base64` : typeof value,
  })
}

/** base64 of the HMAC-SHA256 (WIRE-EDGE-04). */
export function signWith(key: Buffer, data: Buffer): string {
  return createHmac('sha256', key).update(data).digest('base64')
}

/** Encrypts with AES-256-GCM under a key derived from the module's key. The result is the tag followed by the ciphertext. */
export function encrypt(key: Buffer, iv: Buffer, plaintext: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', encryptionKey(key), nonce(iv))
  const text = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([cipher.getAuthTag(), text])
}

/** The reverse of {@link encrypt}. @throws HubError ArgumentInvalid for another ciphertext or another initialization vector. */
export function decrypt(key: Buffer, iv: Buffer, ciphertext: Buffer): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', encryptionKey(key), nonce(iv), { authTagLength: 16 })
    decipher.setAuthTag(ciphertext.subarray(0, 16))
    return Buffer.concat([decipher.update(ciphertext.subarray(16)), decipher.final()])
  } catch {
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'The text cannot be decrypted.',
      rule: 'WIRE-EDGE-02',
      expected: 'a ciphertext of this module with its initialization vector',
      received: `${String(ciphertext.length)} bytes that are not such a ciphertext`,
    })
  }
}

function encryptionKey(key: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'workload-encryption', 32))
}

/** Callers choose initialization vectors of any length. */
function nonce(iv: Buffer): Buffer {
  return createHash('sha256').update(iv).digest().subarray(0, 12)
}
