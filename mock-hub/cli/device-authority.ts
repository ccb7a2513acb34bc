/**
 * A CA for certificates of devices: suites that create X.509 devices sign with its key, and the hub trusts it. It is not
 * the CA of the hub: no client trusts it.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { HubClock } from '../base/clock.ts'
import { makeAuthority, type KeyAndCertificate } from '../net/certificates/authority.ts'
import { makeDirectory } from '../net/certificates/certificate-store.ts'
import { DAY_MS } from '../net/certificates/server-certificates.ts'
import { putInPlace, putWhereNothingIs, textOf } from '../net/certificates/whole-files.ts'

export interface DeviceAuthority {
  /** PEM. */
  readonly cert: string
  /** Files with certificate and key, and both as base64 of their PEM text. */
  readonly environment: Readonly<Record<string, string>>
}

const LIFE_MS = 397 * DAY_MS
const LEAST_LEFT_MS = 30 * DAY_MS

/** The CA of a directory, made when there is none or when it expires soon. @throws the system's error. */
export async function deviceAuthority(directory: string): Promise<DeviceAuthority> {
  await makeDirectory(directory)
  const { key, cert } = await stored(join(directory, 'device-ca.json'))
  const [certPath, keyPath] = [join(directory, 'device-ca.pem'), join(directory, 'device-ca.key')]
  for (const [path, text, mode] of [
    [certPath, cert, 0o644],
    [keyPath, key, 0o600],
  ] as const)
    if ((await textOf(path)) !== text) await putInPlace(path, text, mode)
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  return {
    cert,
    environment: {
      MOCK_IOT_HUB_DEVICE_CA: certPath,
      MOCK_IOT_HUB_DEVICE_CA_KEY: keyPath,
      IOTHUB_CA_ROOT_CERT: base64(cert),
      IOTHUB_CA_ROOT_CERT_KEY: base64(key),
    },
  }
}

async function stored(path: string): Promise<KeyAndCertificate> {
  const now = new HubClock().now()
  const before = await textOf(path)
  const found = before === undefined ? undefined : usable(before, now)
  if (found !== undefined) return found
  const { key, cert } = await makeAuthority({
    commonName: 'Mock IoT Hub device CA',
    notBefore: now - DAY_MS,
    notAfter: now + LIFE_MS,
  })
  const text = JSON.stringify({ key, cert })
  if (before !== undefined) await putInPlace(path, text, 0o600)
  else if (!(await putWhereNothingIs(path, text))) return stored(path)
  return { key, cert }
}

/** @returns undefined: the file is damaged, or the certificate expires soon. */
function usable(text: string, now: number): KeyAndCertificate | undefined {
  try {
    const { key, cert } = JSON.parse(text) as KeyAndCertificate
    const certificate = new X509Certificate(cert)
    const good = certificate.checkPrivateKey(createPrivateKey(key))
    return good && Date.parse(certificate.validTo) - now > LEAST_LEFT_MS ? { key, cert } : undefined
  } catch {
    return undefined
  }
}
