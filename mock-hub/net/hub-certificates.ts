/** The certificates of one hub, from a directory or made once per process, and the wrong ones of `tls.*` faults. */

import { join } from 'node:path'
import { CA_FILE, storedCertificates } from './certificates/certificate-store.ts'
import { issueCertificate, type KeyAndCertificate } from './certificates/authority.ts'
import {
  type CertificateVariant,
  DAY_MS,
  makeServerCertificates,
  makeVariant,
  type ServerCertificates,
  serverNames,
} from './certificates/server-certificates.ts'
import { HubClock } from '../base/clock.ts'
import type { IssueCertificate } from './certificates/issue-certificate.ts'

export interface HubTls {
  readonly authority: KeyAndCertificate
  /** The server's certificate is followed by its issuer. */
  readonly server: KeyAndCertificate
  /** The names in the server certificate. */
  readonly names: readonly string[]
  /** File of the CA; undefined: it is not on disk. */
  readonly caPath: string | undefined
  variant(variant: CertificateVariant): Promise<KeyAndCertificate>
  readonly issue: IssueCertificate
}

/** TLS clients check validity by the system's clock. */
const system = new HubClock()
const madeInProcess = new Map<string, Promise<ServerCertificates>>()

/** @throws the system's error when the directory cannot be read or written. */
export async function hubTls(
  hostNames: readonly string[],
  directory: string | undefined,
  say: (line: string) => void,
): Promise<HubTls> {
  const names = serverNames(hostNames)
  const certificates =
    directory === undefined
      ? await inProcess(names)
      : await storedCertificates({ directory, names, clock: system, say })
  const { authority, server } = certificates
  const variants = new Map<CertificateVariant, Promise<KeyAndCertificate>>()
  return {
    authority,
    server: chained(server, authority),
    names,
    caPath: directory === undefined ? undefined : join(directory, CA_FILE),
    variant(variant) {
      const made = variants.get(variant) ?? makeVariant(variant, certificates, names, system.now())
      variants.set(variant, made)
      return made
    },
    async issue({ usage, commonName, expiresAt }) {
      const request = {
        usage,
        commonName,
        names: [commonName],
        notBefore: system.now() - DAY_MS,
        notAfter: expiresAt,
      }
      const { key, cert } = await issueCertificate(authority, request)
      return { certificate: chained({ key, cert }, authority).cert, privateKey: key }
    },
  }
}

function inProcess(names: readonly string[]): Promise<ServerCertificates> {
  const key = names.join(' ')
  const made = madeInProcess.get(key) ?? makeServerCertificates(names, system.now())
  madeInProcess.set(key, made)
  return made
}

/** A PEM text may lack its last line break, and Node requires each certificate to begin on a line of its own. */
function chained({ key, cert }: KeyAndCertificate, authority: KeyAndCertificate): KeyAndCertificate {
  return { key, cert: `${cert.trimEnd()}\n${authority.cert.trimEnd()}\n` }
}
