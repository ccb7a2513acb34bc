/** Authentication mechanisms: what a caller gives, with generated keys where keys are missing. */

import { base64Problem } from '../../base/base64.ts'
import type {
  AuthenticationMechanism,
  AuthenticationType,
  IdentitySpec,
  KeyChoice,
  SymmetricKeys,
  Thumbprints,
} from '../contract/registry.ts'
import type { Random } from '../../base/random.ts'
import { HubError } from '../errors/hub-error.ts'
import { isThumbprint } from './x509.ts'

const NO_KEYS: SymmetricKeys = Object.freeze({ primaryKey: null, secondaryKey: null })
const NO_THUMBPRINTS: Thumbprints = Object.freeze({ primaryThumbprint: null, secondaryThumbprint: null })
const KEY_BYTES = 32

/**
 * @param before the current mechanism; undefined: the identity is created.
 * @throws HubError ArgumentInvalid for malformed keys or thumbprints; its text never contains a key.
 */
export function mechanismOf(
  asked: IdentitySpec['authentication'],
  before: AuthenticationMechanism | undefined,
  random: Random,
): AuthenticationMechanism {
  if (asked === undefined && before !== undefined) return before
  const type = typeOf(asked, before)
  switch (type) {
    case 'sas':
      return {
        type,
        symmetricKey: keysOf(asked?.symmetricKey, before, random),
        x509Thumbprint: NO_THUMBPRINTS,
      }
    case 'selfSigned':
      return { type, symmetricKey: NO_KEYS, x509Thumbprint: thumbprintsOf(asked?.x509Thumbprint, before) }
    case 'certificateAuthority':
    case 'none':
      return { type, symmetricKey: NO_KEYS, x509Thumbprint: NO_THUMBPRINTS }
  }
}

/** A body with thumbprints and no keys means `selfSigned`. */
function typeOf(
  asked: IdentitySpec['authentication'],
  before: AuthenticationMechanism | undefined,
): AuthenticationType {
  if (asked?.type !== undefined) return asked.type
  if (given(asked?.symmetricKey?.primaryKey) || given(asked?.symmetricKey?.secondaryKey)) return 'sas'
  const { primaryThumbprint, secondaryThumbprint } = asked?.x509Thumbprint ?? {}
  if (given(primaryThumbprint) || given(secondaryThumbprint)) return 'selfSigned'
  return before?.type ?? 'sas'
}

function keysOf(
  asked: Partial<SymmetricKeys> | null | undefined,
  before: AuthenticationMechanism | undefined,
  random: Random,
): SymmetricKeys {
  // Two empty keys ask for new ones (WIRE-REG-28).
  const known = asked?.primaryKey === '' && asked.secondaryKey === '' ? undefined : before?.symmetricKey
  const key = (name: keyof SymmetricKeys): string => {
    const wanted = asked?.[name]
    if (given(wanted)) return checkedKey(name, wanted)
    return known?.[name] ?? random.bytes(KEY_BYTES).toString('base64')
  }
  return { primaryKey: key('primaryKey'), secondaryKey: key('secondaryKey') }
}

/** @throws HubError InvalidOperation: there are no symmetric keys. */
export function newKeys(
  { type, symmetricKey }: AuthenticationMechanism,
  which: KeyChoice,
  random: Random,
): SymmetricKeys {
  if (type !== 'sas')
    throw new HubError({
      kind: 'InvalidOperation',
      rule: 'WIRE-REG-22',
      expected: 'an identity whose authentication type is sas',
      received: `type ${type}`,
    })
  const renewed = (name: keyof SymmetricKeys): string | null =>
    which === name || which === 'both' ? random.bytes(KEY_BYTES).toString('base64') : symmetricKey[name]
  return { primaryKey: renewed('primaryKey'), secondaryKey: renewed('secondaryKey') }
}

function checkedKey(name: string, text: string): string {
  const problem = base64Problem(text)
  const length = Buffer.from(text, 'base64').length
  if (problem === undefined && length >= 16 && length <= 64) return text
  const received = problem ?? `a key of ${String(length)} bytes`
  throw new HubError({
    kind: 'ArgumentInvalid',
    message: problem === undefined ? 'Invalid device key length' : undefined,
    rule: 'WIRE-REG-02',
    expected: `authentication.symmetricKey.${name} to be base64 of 16 to 64 bytes`,
    received,
  })
}

function thumbprintsOf(
  asked: Partial<Thumbprints> | null | undefined,
  before: AuthenticationMechanism | undefined,
): Thumbprints {
  const thumbprint = (name: keyof Thumbprints): string | null => {
    const wanted = asked?.[name]
    if (!given(wanted)) return asked == null ? (before?.x509Thumbprint[name] ?? null) : null
    if (isThumbprint(wanted)) return wanted
    throw new HubError({
      kind: 'ArgumentInvalid',
      message: 'StringIsNotThumbprint',
      rule: 'WIRE-AUTH-15',
      expected: `authentication.x509Thumbprint.${name} to be 40 or 64 hex digits`,
      received: `${String(wanted.length)} characters that are not`,
    })
  }
  return {
    primaryThumbprint: thumbprint('primaryThumbprint'),
    secondaryThumbprint: thumbprint('secondaryThumbprint'),
  }
}

function given(text: string | null | undefined): text is string {
  return text != null && text !== ''
}
