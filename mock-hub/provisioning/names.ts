/** Names of the provisioning service: ids, etags, operations. */

import { uuidFrom, type Random } from '../base/random.ts'

/** 1 to 128 letters, digits and `- . _ :`; the first is a letter or digit, the last one of them or `-`. */
export const ID_RULE = /^(?=.{1,128}$)[A-Za-z0-9](?:[A-Za-z0-9\-._:]*[A-Za-z0-9\-])?$/
export const ID_TEXT =
  'to be 1 to 128 letters, digits or - . _ :, beginning with a letter or digit and ending with one or a hyphen'

/** Ids are compared without regard to case. */
export function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** `13003fea-0000-0300-0000-62d1d5e50000`, without quotes. */
export function newEtag(random: Random): string {
  return random
    .bytes(16)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** The etag of a registration: base64 of the quoted text (DPS-POLL-06). */
export function registrationEtag(etag: string): string {
  return Buffer.from(`"${etag}"`).toString('base64')
}

/** `5.316aac5bdc130deb.b1e02da8-c3a0-4ff2-a121-7ea7a6b7f550`. */
export function newOperationId(random: Random): string {
  const [digit = 0] = random.bytes(1)
  return `${String(digit % 10)}.${random.bytes(8).toString('hex')}.${uuidFrom(random)}`
}
