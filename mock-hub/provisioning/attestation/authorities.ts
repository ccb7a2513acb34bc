/** Uploaded certificates of authorities, and their verification by proof of possession (docs/contract/provisioning.md#dps-auth-14). */

import type { Clock } from '../../base/clock.ts'
import type { Commits } from '../../core/contract/store/commits.ts'
import type { Random } from '../../base/random.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import type { Certificates, UploadedCertificate } from '../contract/certificates.ts'
import { badField } from '../refusals.ts'
import { keepRecords } from '../stored-record.ts'
import {
  commonNames,
  dateProblem,
  nameOf,
  readCertificate,
  thumbprint,
  type Certificate,
} from './certificate.ts'

interface Authority {
  readonly name: string
  readonly certificate: Certificate
  readonly verified: boolean
  /** Asked for and not yet used. */
  readonly code: string | undefined
}

const FORMS = 'to be a certificate in PEM, in base64 of PEM, or in base64 of DER'
/** The portal allows letters, digits and `- . _`. */
const NAME_RULE = /^[A-Za-z0-9\-._]{1,128}$/
const CODE_BYTES = 24

export class Authorities implements Certificates {
  readonly #byName = new Map<string, Authority>()
  readonly #trusted: readonly Certificate[]
  readonly #clock: Clock
  readonly #random: Random
  readonly #commits: Commits

  /** @param trusted authorities that count as verified without being uploaded; a reset does not forget them. */
  constructor(clock: Clock, random: Random, commits: Commits, trusted: readonly Certificate[] = []) {
    this.#commits = commits
    this.#trusted = trusted
    keepRecords(commits, 'provisioningCertificate', this.#byName)
    this.#clock = clock
    this.#random = random
  }

  upload(name: string, certificate: string, verified = false): UploadedCertificate {
    if (!NAME_RULE.test(name))
      throw badField('name', 'to be 1 to 128 letters, digits or - . _', name, 'DPS-AUTH-14')
    const read = readCertificate(certificate)
    if (read === undefined) throw badField('certificate', FORMS, certificate, 'DPS-AUTH-14')
    if (!read.ca)
      throw badField('certificate', 'to be that of an authority', nameOf(read.subject), 'DPS-AUTH-14')
    return this.#put({ name, certificate: read, verified, code: undefined })
  }

  verificationCode(name: string): string {
    const authority = this.#get(name)
    const code = this.#random.bytes(CODE_BYTES).toString('hex').toUpperCase()
    this.#put({ ...authority, code })
    return code
  }

  verify(name: string, certificate: string): UploadedCertificate {
    const authority = this.#get(name)
    const proof = readCertificate(certificate)
    if (proof === undefined) throw badField('certificate', FORMS, certificate, 'DPS-AUTH-15')
    const names = commonNames(proof)
    if (authority.code === undefined || names.length !== 1 || names[0] !== authority.code)
      throw badField(
        'certificate',
        'to have the last verification code as its common name',
        names.join(', '),
        'DPS-AUTH-15',
      )
    const problem = dateProblem(proof, this.#clock.now())
    if (problem !== undefined || !proof.verify(authority.certificate.publicKey))
      throw badField(
        'certificate',
        `to be signed by ${nameOf(authority.certificate.subject)} and valid now`,
        problem ?? 'a certificate that another key has signed',
        'DPS-AUTH-15',
      )
    return this.#put({ ...authority, verified: true, code: undefined })
  }

  remove(name: string): void {
    this.#byName.delete(this.#get(name).name.toLowerCase())
    this.#changed(name)
  }

  list(): readonly UploadedCertificate[] {
    return [...this.#byName.values()].map(shown).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  clear(): void {
    for (const name of this.#byName.keys()) this.#changed(name)
    this.#byName.clear()
  }

  #changed(name: string): void {
    this.#commits.changed('provisioningCertificate', name.toLowerCase(), 2_048)
  }

  /** The certificate of this name; undefined: there is none. */
  named(name: string): Certificate | undefined {
    return this.#byName.get(name.toLowerCase())?.certificate
  }

  /** All certificates. */
  get certificates(): readonly Certificate[] {
    return [...this.#trusted, ...[...this.#byName.values()].map(({ certificate }) => certificate)]
  }

  /** Whether the certificate is uploaded and verified, or trusted from the start. */
  isVerified({ raw }: Certificate): boolean {
    return (
      this.#trusted.some((each) => each.raw.equals(raw)) ||
      [...this.#byName.values()].some((each) => each.verified && each.certificate.raw.equals(raw))
    )
  }

  #get(name: string): Authority {
    const authority = this.#byName.get(name.toLowerCase())
    if (authority !== undefined) return authority
    throw new HubError({
      kind: 'ProvisioningNotFound',
      message: 'Certificate not found.',
      rule: 'DPS-AUTH-14',
      expected: `the name of an uploaded certificate; there are: ${[...this.#byName.values()].map((each) => each.name).join(', ') || 'none'}`,
      received: quoted(name),
    })
  }

  #put(authority: Authority): UploadedCertificate {
    this.#byName.set(authority.name.toLowerCase(), authority)
    this.#changed(authority.name)
    return shown(authority)
  }
}

function shown({ name, certificate, verified }: Authority): UploadedCertificate {
  return { name, subject: nameOf(certificate.subject), thumbprint: thumbprint(certificate), verified }
}
