/**
 * Creates, parses and checks shared access signatures.
 * Source: docs/contract/client/construction.md#client-connection-string,
 * docs/contract/client/construction.md#client-sastoken; docs/contract/authentication.md#authentication-sas-token.
 */

import { createHmac } from 'node:crypto'
import { ValueError } from '../core/errors/value-error.ts'
import { percentEncode } from '../core/percent.ts'
import type { Identity } from '../core/ports.ts'

/** A parsed token. */
export interface SasToken {
  /** The complete text, as the hub receives it. */
  readonly text: string
  readonly hostName: string
  readonly identity: Identity
  /** Epoch seconds. */
  readonly expiresAt: number
}

const PREFIX = 'SharedAccessSignature '
const REQUIRED = ['sr', 'sig', 'se'] as const
const KNOWN: readonly string[] = [...REQUIRED, 'skn']

/** `sr` of tokens for the identity, percent-encoded, including the slashes. */
export function resourceOf(hostName: string, { deviceId, moduleId }: Identity): string {
  const path = `${hostName}/devices/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}`
  return percentEncode(path)
}

/** The text that is signed. */
export function textToSign(resource: string, expiresAt: number): string {
  return `${resource}\n${expiresAt}`
}

/** HMAC-SHA256 of the text with the key, in base64. */
export function signWithKey(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('base64')
}

/** @param signature - in base64. @param expiresAt - epoch seconds. */
export function formatSasToken(resource: string, signature: string, expiresAt: number): string {
  return `${PREFIX}sr=${resource}&sig=${percentEncode(signature)}&se=${expiresAt}`
}

/**
 * Decodes a base64 key.
 * @throws ValueError when it is not base64; the message does not contain the key.
 */
export function decodeKey(key: string): Buffer {
  const padded = /^[A-Za-z0-9+/]*={0,2}$/.test(key) && key.length % 4 === 0
  if (!padded || key === '') throw new ValueError('Invalid Symmetric Key: not base64')
  return Buffer.from(key, 'base64')
}

/**
 * Parses a token. Does not check the signature: the hub does.
 * @throws TypeError when it is not a string; ValueError when it is malformed or its resource has the wrong form.
 */
export function parseSasToken(text: unknown): SasToken {
  if (typeof text !== 'string') throw new TypeError(`sastoken must be a string, was ${typeof text}`)
  const fields = fieldsOf(text)
  const { sr, se } = { sr: fields.get('sr') ?? '', se: fields.get('se') ?? '' }
  if (!/^\d+$/.test(se)) throw invalid('se must be a number of seconds')
  return { text, ...resourceParts(sr), expiresAt: Number(se) }
}

/** @throws ValueError when `now`, in epoch seconds, is after the second of the expiry. */
export function assertNotExpired(token: SasToken, now: number): void {
  if (token.expiresAt < Math.floor(now)) throw new ValueError('Provided SasToken has already expired')
}

function fieldsOf(text: string): Map<string, string> {
  const pieces = text.split(PREFIX)
  if (pieces.length !== 2 || pieces[0] !== '') throw invalid(`it must start with '${PREFIX.trim()}'`)
  const fields = new Map<string, string>()
  for (const pair of (pieces[1] ?? '').split('&')) {
    const cut = pair.indexOf('=')
    if (cut < 1) throw invalid('each field must have the form name=value')
    const name = pair.slice(0, cut)
    if (!KNOWN.includes(name)) throw invalid(`its fields must be among ${KNOWN.join(', ')}`)
    if (fields.has(name)) throw invalid(`it has the field ${name} twice`)
    fields.set(name, pair.slice(cut + 1))
  }
  for (const name of REQUIRED) if (!fields.has(name)) throw invalid(`it has no ${name} field`)
  return fields
}

function resourceParts(sr: string): { readonly hostName: string; readonly identity: Identity } {
  let decoded: string
  try {
    decoded = decodeURIComponent(sr)
  } catch (cause) {
    throw new ValueError('Invalid SAS URI', { cause })
  }
  const [hostName = '', devices, deviceId = '', modules, moduleId, ...rest] = decoded.split('/')
  const count = decoded.split('/').length
  if ((count !== 3 && count !== 5) || rest.length > 0) throw new ValueError('Invalid SAS URI')
  if (hostName === '') throw new ValueError('Invalid SAS URI: it has no host name')
  if (devices !== 'devices' || deviceId === '') {
    throw new ValueError('Cannot extract device id from SAS URI')
  }
  if (count === 5 && (modules !== 'modules' || moduleId === undefined || moduleId === '')) {
    throw new ValueError('Cannot extract module id from SAS URI')
  }
  return { hostName, identity: { deviceId, moduleId } }
}

function invalid(why: string): ValueError {
  return new ValueError(`Invalid SasToken provided: ${why}`)
}
