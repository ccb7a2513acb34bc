/** Client certificates of the suite: made once a process, kept in files of a directory that goes with it. */

import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
  /** The same certificate as binary DER. */
  readonly derFile: string
  /** SHA-1 in hexadecimal, as the registry knows certificates. */
  readonly thumbprint: string
}

let made: Promise<CertificateFiles> | undefined

export function certificateFiles(): Promise<CertificateFiles> {
  made ??= make()
  return made
}

async function make(): Promise<CertificateFiles> {
  const directory = mkdtempSync(join(tmpdir(), 'conformance-'))
  process.once('exit', () => {
    rmSync(directory, { recursive: true, force: true })
  })
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'device-1' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
  })
  const { raw, fingerprint } = new X509Certificate(cert)
  const write = (name: string, content: string | Buffer): string => {
    const file = join(directory, name)
    writeFileSync(file, content, { mode: 0o600 })
    return file
  }
  return {
    certFile: write('device.pem', cert),
    keyFile: write('device.key', key),
    derFile: write('device.der', raw),
    thumbprint: fingerprint.replaceAll(':', ''),
  }
}
