/**
 * The RSA authority under the EC one. The hub sends this certificate after its RSA server certificate, so that one root is
 * enough for both chains: `ca.pem` as it is before the RSA chain is made, or the first certificate of the file, which is
 * all that keytool and others read. A client without ECDSA trusts the RSA root itself.
 */

import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { crossCertificate, type Authority } from './authority.ts'
import { putInPlace, textOf } from './whole-files.ts'

export const CROSS_FILE = 'ca-cross.pem'

/** @param directory that keeps it; undefined: it lives as long as the process. */
export async function crossCertificateOf(
  directory: string | undefined,
  rsa: Authority,
  ec: Authority,
): Promise<string> {
  if (directory === undefined) return crossCertificate(rsa, ec)
  const path = join(directory, CROSS_FILE)
  const found = await textOf(path)
  if (found !== undefined && joins(found, rsa, ec)) return found
  const made = await crossCertificate(rsa, ec)
  // A directory that can only be read goes without the file.
  await putInPlace(path, made, 0o644).catch(() => undefined)
  return made
}

/** Whether it is the certificate of these two, as they are now. */
function joins(pem: string, rsa: Authority, ec: Authority): boolean {
  try {
    const [cross, own, above] = [pem, rsa.cert, ec.cert].map((text) => new X509Certificate(text))
    if (cross === undefined || own === undefined || above === undefined) return false
    const isOfOwn = cross.publicKey.equals(own.publicKey) && cross.subject === own.subject
    const isAsOld = cross.validFrom === own.validFrom && cross.validTo === own.validTo
    return isOfOwn && isAsOld && cross.checkIssued(above) && cross.verify(above.publicKey)
  } catch {
    return false
  }
}
