/**
 * The roots that the system trusts, and those of a hub. `SSL_CERT_FILE` and `REQUESTS_CA_BUNDLE` replace the roots of a
 * client: with a bundle of both it reaches the hub and everything that it reached before.
 */

import { existsSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { textOf } from './whole-files.ts'

/** Where systems keep their roots, as OpenSSL and Go look for them. */
const SYSTEM_FILES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Arch, Alpine
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // Fedora, Red Hat
  '/etc/pki/tls/certs/ca-bundle.crt', // Red Hat 6
  '/etc/ssl/ca-bundle.pem', // SUSE
  '/etc/ssl/cert.pem', // macOS, BSD
]
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * @param own roots of the hub, in PEM.
 * @param env of the caller: the file of `SSL_CERT_FILE` stands for the roots of the system, that of `NODE_EXTRA_CA_CERTS`
 *   is added, for example that of a company's proxy.
 */
export async function trustBundle(own: string, env: NodeJS.ProcessEnv): Promise<string> {
  const roots = await systemRoots(env['SSL_CERT_FILE'])
  const extra = await readable(env['NODE_EXTRA_CA_CERTS'] ?? '')
  // These files may be of another hub, or older ones of this hub.
  const all = new Set([own, roots, extra ?? ''].flatMap(certificatesIn))
  return `${[...all].join('\n')}\n`
}

/** The file with the roots of this system; undefined: it has none that is known. */
export function systemRootsFile(): string | undefined {
  return SYSTEM_FILES.find((file) => existsSync(file))
}

async function systemRoots(given: string | undefined): Promise<string> {
  for (const file of given === undefined ? SYSTEM_FILES : [given, ...SYSTEM_FILES]) {
    const text = await readable(file)
    if (text !== undefined) return text
  }
  return rootCertificates.join('\n')
}

async function readable(file: string): Promise<string | undefined> {
  try {
    return await textOf(file)
  } catch {
    return undefined
  }
}

function certificatesIn(text: string): readonly string[] {
  return text.replaceAll('\r\n', '\n').match(CERTIFICATE) ?? []
}
