/** Whether the variables that SDKs read name the CA of the hub. */

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HubClock } from '../../base/clock.ts'
import { CA_FILE } from '../../net/certificates/certificate-store.ts'
import { BUNDLE_FILE } from '../../net/hub-certificates.ts'
import { quoted } from '../ready-text.ts'
import { findingsOf, type Finding } from './finding.ts'

const { ok, note, problem } = findingsOf('trust')
/** By variable: who reads it, and what it should name. Node adds the file to its roots, the others replace them. */
const READERS: ReadonlyMap<string, { readonly reader: string; readonly file: string }> = new Map([
  ['NODE_EXTRA_CA_CERTS', { reader: 'Node', file: CA_FILE }],
  ['SSL_CERT_FILE', { reader: 'Python device SDK, C, Go, Rust, .NET', file: BUNDLE_FILE }],
  ['REQUESTS_CA_BUNDLE', { reader: 'Python service SDK, uploads, az', file: BUNDLE_FILE }],
])
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** @param directory that keeps the CA. @param env of the shell in which SDKs run. */
export function trustFindings(directory: string, env: NodeJS.ProcessEnv): readonly Finding[] {
  const caPath = join(directory, CA_FILE)
  const authorities = certificatesIn(caPath)
  if (authorities === undefined)
    return [note(`${caPath} is not there yet`, 'the first start of a hub makes it: npx mock-iot-hub')]
  const variables = new Map(Object.entries(env))
  return [
    ...authorities.map((authority) => lifeOf(caPath, authority)),
    ...[...READERS].map(([name, { reader, file }]) => {
      const value = Object.hasOwn(env, name) ? variables.get(name) : undefined
      // A file that is named already may be needed: the bundle has its certificates too.
      const remedy = `export ${name}=${quoted(join(directory, value ? BUNDLE_FILE : file))}, or run the program with npx mock-iot-hub exec -- …`
      return variableFinding(`${name} (${reader})`, value, remedy, authorities)
    }),
  ]
}

/** The common name of a root. */
function nameOf(subject: string): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subject
}

function lifeOf(caPath: string, { subject, validTo }: X509Certificate): Finding {
  return Date.parse(validTo) > new HubClock().now()
    ? ok(`${caPath}: ${nameOf(subject)} is valid until ${validTo}`)
    : problem(
        `${caPath}: ${nameOf(subject)} has expired (${validTo})`,
        'start a hub: it makes a new one, which clients must trust again',
      )
}

function variableFinding(
  name: string,
  file: string | undefined,
  remedy: string,
  authorities: readonly X509Certificate[],
): Finding {
  if (file === undefined || file === '') return note(`${name} is not set`, remedy)
  const held = certificatesIn(file)
  if (held === undefined) return problem(`${name} names ${file}, which cannot be read`, remedy)
  const prints = new Set(held.map(({ fingerprint256 }) => fingerprint256))
  return authorities.every(({ fingerprint256 }) => prints.has(fingerprint256))
    ? ok(`${name} has the CA of the hub`)
    : problem(`${name} names ${file}, which lacks the CA of the hub`, remedy)
}

/** @returns undefined: the file cannot be read. */
function certificatesIn(file: string): readonly X509Certificate[] | undefined {
  try {
    const text = readFileSync(file, 'utf8')
    return (text.match(CERTIFICATES) ?? []).map((pem) => new X509Certificate(pem))
  } catch {
    return undefined
  }
}
