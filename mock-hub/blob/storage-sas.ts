/**
 * Shared access signatures of Azure Storage: for one blob (service SAS), and for the account in order to create a
 * container. Fields and order of the signed text follow "Create a service SAS" and "Create an account SAS", version
 * 2020-12-06 and later, and are verified against Azurite.
 */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { authenticationFailed, BlobError } from './blob-error.ts'

/** `sv` of new signatures; signatures of this version or later are accepted. */
const VERSION = '2021-12-02'
const OLDEST_VERSION = '2020-12-06'

export interface StorageAccount {
  readonly name: string
  /** base64. */
  readonly key: string
}

/** A blob by its container and name, not encoded. */
export interface BlobAddress {
  readonly container: string
  readonly blob: string
}

/** Permissions of a SAS: `r` read, `c` create, `w` write, `d` delete. */
export type BlobPermission = 'r' | 'c' | 'w' | 'd'

/** @param expiresAt epoch ms. @returns the query string, with its `?`. */
export function signBlobSas(
  account: StorageAccount,
  address: BlobAddress,
  permissions: string,
  expiresAt: number,
): string {
  const query = new Map([
    ['sv', VERSION],
    ['se', storageTime(expiresAt)],
    ['sr', 'b'],
    ['sp', permissions],
  ])
  return queryString(query, hmac(account.key, blobStringToSign(account.name, address, query)))
}

/** A SAS that may create containers. */
export function signAccountSas(account: StorageAccount, expiresAt: number): string {
  const query = new Map([
    ['sv', VERSION],
    ['ss', 'b'],
    ['srt', 'c'],
    ['sp', 'rwc'],
    ['se', storageTime(expiresAt)],
  ])
  const fields = ['sp', 'ss', 'srt', 'st', 'se', 'sip', 'spr', 'sv', 'ses']
  const text = [account.name, ...fields.map((field) => query.get(field) ?? ''), ''].join('\n')
  return queryString(query, hmac(account.key, text))
}

/**
 * Checks the SAS of a request.
 * @param query decoded parameters.
 * @param anyOf one of these permissions is enough.
 * @param now epoch ms.
 * @throws BlobError 403 AuthenticationFailed, AuthorizationPermissionMismatch.
 */
export function checkBlobSas(
  account: StorageAccount,
  address: BlobAddress,
  query: ReadonlyMap<string, string>,
  anyOf: readonly BlobPermission[],
  now: number,
): void {
  const signature = query.get('sig')
  if (signature === undefined) throw authenticationFailed('There is no shared access signature (sig).')
  const version = query.get('sv') ?? ''
  if (!/^\d{4}-\d\d-\d\d$/.test(version) || version < OLDEST_VERSION)
    throw authenticationFailed(
      `sv must be ${OLDEST_VERSION} or later; given: ${version.slice(0, 20) || 'none'}`,
    )
  if (query.get('sr') !== 'b')
    throw authenticationFailed('sr must be b: signatures are made for one blob each.')
  const expected = Buffer.from(hmac(account.key, blobStringToSign(account.name, address, query)))
  const given = Buffer.from(signature)
  if (expected.length !== given.length || !timingSafeEqual(expected, given))
    throw authenticationFailed(
      'Signature did not match: the address or a signed field is not what was signed.',
    )
  const start = query.get('st')
  if (start !== undefined && !(Date.parse(start) <= now))
    throw authenticationFailed(`Signature not valid yet: st=${start.slice(0, 40)}`)
  const expiry = query.get('se') ?? ''
  if (!(Date.parse(expiry) > now))
    throw authenticationFailed(`Signature not valid any more: se=${expiry.slice(0, 40) || 'none'}`)
  const permissions = query.get('sp') ?? ''
  if (!anyOf.some((permission) => permissions.includes(permission)))
    throw new BlobError(
      403,
      'AuthorizationPermissionMismatch',
      'This request is not authorized to perform this operation using this permission.',
      `needs one of ${anyOf.join(', ')}; sp=${permissions.slice(0, 20)}`,
    )
}

/** Fields in their order; an empty name stands for a field that is never used here (snapshot). */
const BLOB_FIELDS = ['si', 'sip', 'spr', 'sv', 'sr', '', 'ses', 'rscc', 'rscd', 'rsce', 'rscl', 'rsct']

function blobStringToSign(
  accountName: string,
  { container, blob }: BlobAddress,
  query: ReadonlyMap<string, string>,
): string {
  const field = (name: string): string => query.get(name) ?? ''
  return [
    field('sp'),
    field('st'),
    field('se'),
    `/blob/${accountName}/${container}/${blob}`,
    ...BLOB_FIELDS.map(field),
  ].join('\n')
}

function hmac(key: string, text: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text, 'utf8').digest('base64')
}

function queryString(query: ReadonlyMap<string, string>, signature: string): string {
  const pairs = [...query, ['sig', signature] as const]
  return `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`
}

/** In whole seconds, which every version of the storage service accepts. */
function storageTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
