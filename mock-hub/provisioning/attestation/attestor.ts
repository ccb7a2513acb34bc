/** Judges who registers: the form of a connection, and the credential itself (DPS-AUTH-01 to DPS-AUTH-17). */

import { percentDecoded } from '../../base/percent.ts'
import type { Clock } from '../../base/clock.ts'
import type { Settings } from '../../core/contract/settings.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import {
  expiryOf,
  isSignedByEither,
  parseSasToken,
  SIGNATURE_RULE,
  signatureProblem,
  type SasToken,
} from '../../core/identity/sas-token.ts'
import type { DeviceAuthentication } from '../contract/linked-hub.ts'
import type { Registrant } from '../contract/provisioning.ts'
import type { Enrollment } from '../enrollments/enrollment.ts'
import { ID_RULE, ID_TEXT, sameId } from '../names.ts'
import { badCredential, badRequest, badToken, notImplemented } from '../refusals.ts'
import type { Authorities } from './authorities.ts'
import { authoritiesAbove } from './chain.ts'
import { commonNames, dateProblem, parse, thumbprint, type Certificate } from './certificate.ts'
import { deviceKeyOf } from './group-key.ts'

/** The only policy name that a device's token may have (DPS-AUTH-05, DPS-AUTH-06). */
const DEVICE_POLICY = 'registration'
/** No real chain has more certificates; what a device sends beyond them is not looked at. */
const LONGEST_CHAIN = 10

export interface AttestorDependencies {
  readonly idScope: string
  readonly clock: Clock
  readonly settings: Settings
  readonly authorities: Authorities
  readonly individual: (registrationId: string) => Enrollment | undefined
  /** Sorted by id. */
  readonly groups: () => readonly Enrollment[]
}

/** Who has proven what. */
export interface Attested {
  readonly enrollment: Enrollment
  readonly authentication: DeviceAuthentication
  /** The certificate presented. */
  readonly leaf: Certificate | undefined
}

export class Attestor {
  readonly #deps: AttestorDependencies

  constructor(deps: AttestorDependencies) {
    this.#deps = deps
  }

  /** @throws HubError when the names or the shape of the credential cannot be right, whatever is enrolled. */
  checkForm({ idScope, registrationId, credentials: { sasToken, certificates } }: Registrant): void {
    if (!ID_RULE.test(registrationId))
      throw badToken('DPS-CONN-04', `the registration id ${ID_TEXT}`, quoted(registrationId))
    if (sasToken !== undefined) this.#checkToken(readToken(sasToken), idScope, registrationId)
    else if (certificates !== undefined && certificates.length > 0)
      checkCommonName(certificates, registrationId)
    else
      throw badToken('DPS-AUTH-17', 'a token as the password, or a client certificate', 'neither of the two')
  }

  /**
   * The enrollment that admits a device: its own, else the group of the nearest issuer, or the group whose key is behind
   * the token. The first entry found decides.
   * @throws HubError GenericNotFound for another scope; GenericUnauthorized, IotHubUnauthorizedAccess.
   */
  attest(registrant: Registrant): Attested {
    this.checkScope(registrant.idScope)
    this.checkForm(registrant)
    const { registrationId, credentials } = registrant
    const { sasToken, certificates = [] } = credentials
    const own = this.#deps.individual(registrationId)
    if (own?.attestation.type === 'tpm') throw noTpm(registrant)
    return sasToken === undefined
      ? this.#byCertificate(own, certificates)
      : this.#byKey(own, readToken(sasToken), registrationId)
  }

  /** @throws HubError GenericNotFound (DPS-ERR-04). */
  checkScope(idScope: string): void {
    if (idScope === this.#deps.idScope) return
    throw new HubError({
      kind: 'GenericNotFound',
      message: 'ID scope not found.',
      rule: 'DPS-ERR-04',
      expected: `the ID scope ${this.#deps.idScope}`,
      received: quoted(idScope),
    })
  }

  #checkToken(token: SasToken, idScope: string, registrationId: string): void {
    const wanted = `${idScope}/registrations/${registrationId}`
    if (!sameId(percentDecoded(token.sr), wanted))
      throw badToken(
        'DPS-AUTH-08',
        `a token for ${quoted(wanted)}`,
        `one for ${quoted(percentDecoded(token.sr))}`,
      )
    if (token.skn !== undefined && token.skn !== DEVICE_POLICY)
      throw badToken(
        'DPS-AUTH-06',
        `a token with skn=${DEVICE_POLICY}, an empty skn or none`,
        `skn=${quoted(token.skn)}`,
      )
    const { clock, settings } = this.#deps
    const lateMs = clock.now() - expiryOf(token)
    if (lateMs <= settings.clockSkewSeconds * 1000) return
    throw badToken(
      'DPS-AUTH-09',
      `se to lie no more than ${String(settings.clockSkewSeconds)} s before the hub's clock`,
      `se ${token.se}, ${String(Math.floor(lateMs / 1000))} s ago`,
    )
  }

  #byKey(own: Enrollment | undefined, token: SasToken, registrationId: string): Attested {
    if (own !== undefined) {
      const { attestation } = own
      if (attestation.type === 'symmetricKey' && isSignedByEither(token, attestation))
        return attestedByKey(own, attestation.primaryKey, attestation.secondaryKey)
      throw badCredential(
        'DPS-AUTH-01',
        attestation.type === 'symmetricKey'
          ? `a token signed with a key of the individual enrollment ${quoted(own.id)}`
          : `a client certificate: the individual enrollment ${quoted(own.id)} has ${attestation.type} attestation`,
        attestation.type === 'symmetricKey' ? 'another signature' : 'a token',
      )
    }
    let ofGroupItself: string | undefined
    for (const group of this.#deps.groups()) {
      const { attestation } = group
      if (attestation.type !== 'symmetricKey') continue
      const primaryKey = deviceKeyOf(attestation.primaryKey, registrationId)
      const secondaryKey = deviceKeyOf(attestation.secondaryKey, registrationId)
      if (isSignedByEither(token, { primaryKey, secondaryKey }))
        return attestedByKey(group, primaryKey, secondaryKey)
      if (isSignedByEither(token, attestation)) ofGroupItself ??= group.id
    }
    throw badCredential(
      ofGroupItself === undefined ? 'DPS-AUTH-03' : 'DPS-AUTH-04',
      `an individual enrollment ${quoted(registrationId)}, or a token signed with the device key that a group's key gives for it`,
      ofGroupItself === undefined
        ? 'no such enrollment, and a signature of no group'
        : `a signature of the key of the group ${quoted(ofGroupItself)} itself`,
    )
  }

  #byCertificate(own: Enrollment | undefined, sent: readonly Buffer[]): Attested {
    const presented = sent
      .slice(0, LONGEST_CHAIN)
      .map((der) => parse(der))
      .filter((each) => each !== undefined)
    const [leaf] = presented
    if (leaf === undefined) throw invalidCertificate('DPS-AUTH-13', 'a certificate', 'bytes that are none')
    const problem = dateProblem(leaf, this.#deps.clock.now())
    if (problem !== undefined)
      throw invalidCertificate('DPS-AUTH-13', "a certificate that is valid at the hub's time", problem)
    const attested = (enrollment: Enrollment): Attested => ({
      enrollment,
      authentication: { type: 'selfSigned', thumbprint: thumbprint(leaf) },
      leaf,
    })
    if (own !== undefined) {
      this.#checkOwn(own, presented, leaf)
      return attested(own)
    }
    return attested(this.#groupBehind(leaf, presented))
  }

  #checkOwn(own: Enrollment, presented: readonly Certificate[], leaf: Certificate): void {
    const { attestation } = own
    if (attestation.type === 'x509' && attestation.kind !== 'caReferences') {
      const { primary, secondary } = attestation.certificates
      if ([primary, secondary].some((each) => each?.raw.equals(leaf.raw) === true)) return
      throw invalidCertificate(
        'DPS-AUTH-13',
        `a certificate of the individual enrollment ${quoted(own.id)}`,
        `another, with the thumbprint ${thumbprint(leaf)}`,
      )
    }
    if (attestation.type === 'x509') {
      for (const authority of this.#above(leaf, presented))
        if (this.#refersTo(own, authority) && this.#isVerified(authority, presented)) return
      throw noAuthority(`a chain to the authority that the enrollment ${quoted(own.id)} names`, presented)
    }
    throw badCredential(
      'DPS-AUTH-11',
      `a token: the individual enrollment ${quoted(own.id)} has symmetric keys`,
      'a client certificate',
    )
  }

  /** The group of the nearest issuer decides (DPS-AUTH-16). */
  #groupBehind(leaf: Certificate, presented: readonly Certificate[]): Enrollment {
    for (const authority of this.#above(leaf, presented)) {
      const group = this.#deps.groups().find((each) => this.#refersTo(each, authority))
      if (group === undefined) continue
      if (this.#isVerified(authority, presented)) return group
      throw noAuthority(
        `the certificate of the group ${quoted(group.id)}, or an authority above it, to be uploaded and verified`,
        presented,
      )
    }
    throw noAuthority('a chain to a certificate that a group enrolls', presented)
  }

  /** The authorities above a certificate: those that the device has sent, and those that it need not send. */
  #above(certificate: Certificate, presented: readonly Certificate[]): Iterable<Certificate> {
    const { authorities, clock } = this.#deps
    const enrolled = this.#deps.groups().flatMap(({ attestation }) => {
      if (attestation.type !== 'x509' || attestation.kind === 'caReferences') return []
      const { primary, secondary } = attestation.certificates
      return [primary, secondary].filter((each) => each !== undefined)
    })
    return authoritiesAbove(
      certificate,
      [...presented, ...authorities.certificates, ...enrolled],
      clock.now(),
    )
  }

  #refersTo({ attestation }: Enrollment, certificate: Certificate): boolean {
    if (attestation.type !== 'x509') return false
    const { primary, secondary } =
      attestation.kind === 'caReferences'
        ? {
            primary: this.#named(attestation.names.primary),
            secondary: this.#named(attestation.names.secondary),
          }
        : attestation.certificates
    return [primary, secondary].some((each) => each?.raw.equals(certificate.raw) === true)
  }

  #named(name: string | undefined): Certificate | undefined {
    return name === undefined ? undefined : this.#deps.authorities.named(name)
  }

  /** Whether the enrolled certificate, or an authority above it, is verified. */
  #isVerified(enrolled: Certificate, presented: readonly Certificate[]): boolean {
    const { authorities, settings } = this.#deps
    if (!settings.dpsRequiresVerifiedCa || authorities.isVerified(enrolled)) return true
    for (const above of this.#above(enrolled, presented)) if (authorities.isVerified(above)) return true
    return false
  }
}

/** TPM enrollments are stored; their devices are refused with a reason (DPS-HTTP-10, DPS-REG-13). */
export function noTpm({ transport }: Pick<Registrant, 'transport'>): HubError {
  if (transport.startsWith('mqtt'))
    return badRequest(
      'DPS-REG-13',
      'no TPM over MQTT, which the service does not support',
      'a TPM registration',
    )
  return notImplemented(
    'DPS-HTTP-10',
    'a symmetric key or a certificate: this service stores TPM enrollments and does not register their devices',
    'a TPM registration',
  )
}

function attestedByKey(enrollment: Enrollment, primaryKey: string, secondaryKey: string): Attested {
  return { enrollment, authentication: { type: 'sas', primaryKey, secondaryKey }, leaf: undefined }
}

function readToken(text: string): SasToken {
  const token = parseSasToken(text)
  if (typeof token === 'string')
    throw badToken('DPS-AUTH-01', 'a token SharedAccessSignature sr=…&sig=…&se=…[&skn=registration]', token)
  const problem = signatureProblem(token)
  if (problem !== undefined) throw badToken('DPS-AUTH-01', SIGNATURE_RULE, problem)
  return token
}

function checkCommonName(certificates: readonly Buffer[], registrationId: string): void {
  const [der] = certificates
  const leaf = der === undefined ? undefined : parse(der)
  const names = leaf === undefined ? [] : commonNames(leaf)
  const [name = ''] = names
  if (names.length === 1 && sameId(name, registrationId)) return
  throw invalidCertificate(
    'DPS-AUTH-12',
    `the common name of the certificate to be the registration id, ${quoted(registrationId)}`,
    names.length === 1 ? quoted(name) : `${String(names.length)} common names`,
  )
}

function invalidCertificate(rule: string, expected: string, received: string): HubError {
  return badCredential(rule, expected, received, 'Invalid certificate.')
}

function noAuthority(expected: string, presented: readonly Certificate[]): HubError {
  const received = `a chain of ${String(presented.length)} that leads to none`
  return badCredential('DPS-AUTH-15', expected, received, 'CA certificate not found.')
}
