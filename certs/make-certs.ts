/**
 * `npm run certs [-- --device NAME …] [--dir DIRECTORY]`: certificates for trying X.509 by hand. Writes a root that
 * a hub can be told to trust (`--trust-ca`), a device certificate under it for each name (type certificateAuthority),
 * and a self-signed one with its thumbprint (type selfSigned).
 */

import { X509Certificate } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { generate } from 'selfsigned'

const { values } = parseArgs({
  options: {
    device: { type: 'string', multiple: true, default: ['device-1'] },
    dir: { type: 'string', default: join(import.meta.dirname, 'made') },
  },
})
/** selfsigned signs with SHA-1 unless it is told otherwise. */
const KIND = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const

const directory = values.dir
await mkdir(directory, { recursive: true })
const root = await generate([{ name: 'commonName', value: 'Test root' }], {
  ...KIND,
  extensions: [
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ],
})
await put('root.pem', root.cert)
for (const device of values.device) {
  // Characters that a distinguished name gives a meaning to.
  const name = [{ name: 'commonName', value: device.replace(/[,+"\\<>;=#]/g, '\\$&') }]
  const issued = await generate(name, { ...KIND, ca: { key: root.private, cert: root.cert } })
  await put(`${device}.pem`, issued.cert)
  await put(`${device}.key`, issued.private)
  const own = await generate(name, KIND)
  await put(`${device}-self-signed.pem`, own.cert)
  await put(`${device}-self-signed.key`, own.private)
  const thumbprint = new X509Certificate(own.cert).fingerprint.replaceAll(':', '')
  process.stdout.write(
    `${device}: x509Thumbprint.primaryThumbprint of the self-signed one is ${thumbprint}\n`,
  )
}
process.stdout.write(
  `written to ${directory}; start the hub with --trust-ca ${join(directory, 'root.pem')}\n`,
)

async function put(file: string, pem: string): Promise<void> {
  await writeFile(join(directory, file), `${pem.trimEnd()}\n`, { mode: 0o600 })
}
