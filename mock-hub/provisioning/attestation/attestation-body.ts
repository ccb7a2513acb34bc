/** Reads the attestation of an enrollment from a body, and writes it (DPS-ENR-02, DPS-ENR-03, DPS-ENR-08 to DPS-ENR-12). */

import { base64Problem } from '../../base/base64.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Random } from '../../base/random.ts'
import type { BodyReader } from '../body-reader.ts'
import { badField } from '../refusals.ts'
import {
  X509_KINDS,
  type Attestation,
  type Pair,
  type SymmetricKeyAttestation,
  type TpmAttestation,
  type X509Attestation,
  type X509Kind,
} from './attestation.ts'
import { certificateInfo, readCertificate, type Certificate } from './certificate.ts'

const KEY_BYTES = 64
const TYPES = ['tpm', 'x509', 'symmetricKey'] as const

export interface AttestationContext {
  readonly kind: 'individual' | 'group'
  /** What is stored; undefined: the enrollment is created. */
  readonly before: Attestation | undefined
  readonly random: Random
}

/** @throws HubError GenericBadRequest. */
export function attestationOf(body: BodyReader, context: AttestationContext): Attestation {
  const part = body.part('attestation')
  if (part === undefined) throw badField('attestation', 'to be given', undefined)
  const type = part.word('type', TYPES)
  switch (type) {
    case undefined:
      throw badField('attestation.type', `to be one of ${TYPES.join(', ')}`, undefined)
    case 'symmetricKey':
      return keysOf(part.part('symmetricKey'), context)
    case 'x509':
      return x509Of(part.part('x509'), context)
    case 'tpm':
      return tpmOf(part.part('tpm'), context)
  }
}

/** Keys that are not given are kept, or made. */
function keysOf(
  given: BodyReader | undefined,
  { before, random }: AttestationContext,
): SymmetricKeyAttestation {
  const stored = before?.type === 'symmetricKey' ? before : undefined
  const key = (name: 'primaryKey' | 'secondaryKey'): string => {
    const text = given?.text(name) ?? ''
    if (text === '') return stored?.[name] ?? random.bytes(KEY_BYTES).toString('base64')
    const length = Buffer.from(text, 'base64').length
    const problem = base64Problem(text)
    if (problem === undefined && length >= 16 && length <= 64) return text
    const rule = `to be base64 of 16 to 64 bytes, not ${problem ?? `of ${String(length)} bytes`}`
    throw badField(`attestation.symmetricKey.${name}`, rule, text)
  }
  return { type: 'symmetricKey', primaryKey: key('primaryKey'), secondaryKey: key('secondaryKey') }
}

function tpmOf(given: BodyReader | undefined, { kind }: AttestationContext): TpmAttestation {
  if (kind === 'group') throw badField('attestation.type', 'not to be tpm in a group', 'tpm')
  const endorsementKey = given?.text('endorsementKey') ?? ''
  if (endorsementKey === '') throw badField('attestation.tpm.endorsementKey', 'to be given', undefined)
  const problem = base64Problem(endorsementKey)
  if (problem !== undefined)
    throw badField('attestation.tpm.endorsementKey', `to be base64, not ${problem}`, endorsementKey)
  return { type: 'tpm', endorsementKey, storageRootKey: given?.text('storageRootKey') }
}

function x509Of(given: BodyReader | undefined, context: AttestationContext): X509Attestation {
  if (given === undefined) throw badField('attestation.x509', 'to be given', undefined)
  const kinds = X509_KINDS.filter((each) => given.has(each))
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1)
    throw badField('attestation.x509', `to have one of ${X509_KINDS.join(', ')}`, kinds)
  const wrong: X509Kind = context.kind === 'group' ? 'clientCertificates' : 'signingCertificates'
  if (kind === wrong)
    throw badField(
      `attestation.x509.${kind}`,
      `not to be given in ${context.kind === 'group' ? 'a group' : 'an individual enrollment'}`,
      'certificates',
    )
  const pair = given.part(kind)
  if (kind === 'caReferences') return { type: 'x509', kind, names: namesOf(pair) }
  const { before } = context
  const stored = before?.type === 'x509' && before.kind === kind ? before.certificates : undefined
  const certificates = {
    primary: certificateOf(pair?.part('primary'), stored?.primary),
    secondary: certificateOf(pair?.part('secondary'), stored?.secondary),
  }
  if (certificates.primary === undefined && certificates.secondary === undefined)
    throw badField(`attestation.x509.${kind}`, 'to have a certificate', undefined)
  return { type: 'x509', kind, certificates }
}

function namesOf(pair: BodyReader | undefined): Pair<string> {
  const names = { primary: pair?.text('primary'), secondary: pair?.text('secondary') }
  if (names.primary === undefined && names.secondary === undefined)
    throw badField('attestation.x509.caReferences', 'to name a certificate', undefined)
  return names
}

/** A side with `info` and no certificate means the stored one (DPS-ENR-09). */
function certificateOf(
  side: BodyReader | undefined,
  stored: Certificate | undefined,
): Certificate | undefined {
  if (side === undefined) return undefined
  const text = side.text('certificate') ?? ''
  if (text === '') {
    if (side.has('info') && stored !== undefined) return stored
    throw badField(side.fieldOf('certificate'), 'to be given', undefined)
  }
  const certificate = readCertificate(text)
  if (certificate !== undefined) return certificate
  throw badField(
    side.fieldOf('certificate'),
    'to be a certificate in PEM, in base64 of PEM, or in base64 of DER',
    text,
  )
}

/** @param withKeys whether symmetric keys are shown. */
export function attestationDocument(attestation: Attestation, withKeys: boolean): JsonObject {
  switch (attestation.type) {
    case 'symmetricKey': {
      const { type, primaryKey, secondaryKey } = attestation
      return withKeys ? { type, symmetricKey: { primaryKey, secondaryKey } } : { type }
    }
    case 'tpm': {
      const { type, endorsementKey, storageRootKey = null } = attestation
      return { type, tpm: { endorsementKey, storageRootKey } }
    }
    case 'x509': {
      const { type, kind } = attestation
      if (kind === 'caReferences') {
        const { primary = null, secondary = null } = attestation.names
        return { type, x509: { [kind]: { primary, secondary } } }
      }
      const { primary, secondary } = attestation.certificates
      return { type, x509: { [kind]: { primary: shown(primary), secondary: shown(secondary) } } }
    }
  }
}

function shown(certificate: Certificate | undefined): JsonObject | null {
  return certificate === undefined ? null : { info: certificateInfo(certificate) }
}
