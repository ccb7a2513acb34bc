import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { hubTls, type HubTls, type HubTlsOptions } from './hub-certificates.ts'
import type { ServerCredentials } from './tls-faults.ts'

let directory: string
let said: string[]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mock-iot-hub-test-'))
  said = []
})
afterEach(() => {
  vi.unstubAllEnvs()
  return rm(directory, { recursive: true })
})

const open = (options: Partial<HubTlsOptions> = {}): Promise<HubTls> =>
  hubTls({ hostNames: ['hub.example'], directory, rsa: false, say: (line) => said.push(line), ...options })
const certificatesIn = (text: string): number => text.split('-----BEGIN CERTIFICATE-----').length - 1
const caOnDisk = (): Promise<string> => readFile(join(directory, 'ca.pem'), 'utf8')

describe('certificates in a directory', () => {
  test('EC alone: ca.pem has one root, and the bundle those of the system as well', async () => {
    const tls = await open()
    expect(await caOnDisk()).toBe(tls.caPem)
    expect(certificatesIn(tls.caPem)).toBe(1)
    const bundle = await readFile(tls.caBundlePath ?? '', 'utf8')
    expect(bundle).toContain(tls.caPem.trim())
    expect(certificatesIn(bundle)).toBeGreaterThan(50)
    expect((await readdir(directory)).sort()).toEqual(['ca-bundle.pem', 'ca.pem', 'certificates.json'])
  })

  test('the file of SSL_CERT_FILE stands for the roots of the system, and that of NODE_EXTRA_CA_CERTS is added', async () => {
    const [company, proxy] = [join(directory, 'company.pem'), join(directory, 'proxy.pem')]
    const { caPem } = await open({ directory: undefined })
    const { caPem: other } = await open({ directory: undefined, hostNames: ['proxy.example'] })
    await writeFile(company, caPem)
    await writeFile(proxy, other)
    vi.stubEnv('SSL_CERT_FILE', company)
    vi.stubEnv('NODE_EXTRA_CA_CERTS', proxy)
    const tls = await open()
    const bundle = await readFile(tls.caBundlePath ?? '', 'utf8')
    expect(bundle).toBe(tls.caPem + caPem + other)
    // The variables of an earlier hub: its bundle does not grow.
    vi.stubEnv('SSL_CERT_FILE', tls.caBundlePath)
    await open()
    expect(await readFile(tls.caBundlePath ?? '', 'utf8')).toBe(bundle)
  })

  test('a bundle that cannot be written does not keep the hub from starting', async () => {
    const { caPem } = await open()
    await rm(join(directory, 'ca-bundle.pem'))
    // As root, a directory cannot be made read-only; a directory in the place of the file has the same effect.
    await mkdir(join(directory, 'ca-bundle.pem'))
    const tls = await open()
    expect([tls.caPem, tls.caBundlePath]).toEqual([caPem, undefined])
    expect(said.at(-1)).toMatch(/ca-bundle\.pem cannot be brought up to date: EISDIR/)
  })

  test('RSA beside it, from the start', async () => {
    const tls = await open({ rsa: true })
    expect(kinds(tls.credentials)).toEqual(['ec', 'rsa'])
    expect(certificatesIn(tls.caPem)).toBe(2)
    expect(await caOnDisk()).toBe(tls.caPem)
    // Another start finds it, whatever it asks for.
    for (const rsa of [false, 'background'] as const) expect((await open({ rsa })).caPem).toBe(tls.caPem)
  })

  test('RSA in the background: the listeners and the files get it', async () => {
    const tls = await open({ rsa: 'background' })
    expect(kinds(tls.credentials)).toEqual(['ec'])
    const renewed = await new Promise<ServerCredentials>((resolve) => tls.addRsa(resolve))
    expect(kinds(renewed)).toEqual(['ec', 'rsa'])
    expect(tls.credentials).toEqual(renewed)
    expect(await caOnDisk()).toBe(tls.caPem)
    expect(certificatesIn(tls.caPem)).toBe(2)
  })

  test('RSA in the background: a hub that stops waits for the files and renews nothing', async () => {
    const tls = await open({ rsa: 'background' })
    const renewed: unknown[] = []
    const stop = tls.addRsa((credentials) => renewed.push(credentials))
    await stop()
    expect(renewed).toEqual([])
    expect(await readdir(directory)).toContain('certificates-rsa.json')
  })

  test('hubs that start at once agree on both chains', async () => {
    const all = await Promise.all([open({ rsa: true }), open({ rsa: true })])
    expect(new Set(all.map(({ caPem }) => caPem)).size).toBe(1)
    expect(await caOnDisk()).toBe(all[0].caPem)
  })

  /** Whether a client that trusts `ca.pem` as it is now accepts the names of a hub: the root must permit them all. */
  const permitted = async (): Promise<readonly string[]> => {
    const { authority } = JSON.parse(await readFile(join(directory, 'certificates.json'), 'utf8')) as {
      authority: { cert: string; permitted: readonly string[] }
    }
    expect(await caOnDisk()).toContain(authority.cert.trim())
    return authority.permitted
  }
  const NAMES = ['one', 'two', 'three', 'four', 'five', 'six'].map((name) => `${name}.example`)

  test('hubs of other names that start at once have one CA that permits all of them', async () => {
    await Promise.all(NAMES.map((name) => open({ hostNames: [name] })))
    expect(await permitted()).toEqual(expect.arrayContaining(NAMES))
    expect((await readdir(directory)).filter((file) => !/^c[a-z-]+\.(json|pem)$/.test(file))).toEqual([])
  })

  test('RSA in the background does not bring back the CA from before another hub had its name', async () => {
    const tls = await open({ rsa: 'background' })
    const stop = tls.addRsa(() => undefined)
    await open({ hostNames: ['other.example'] })
    await stop()
    expect(await permitted()).toEqual(expect.arrayContaining(['hub.example', 'other.example']))
    expect(certificatesIn(await caOnDisk())).toBe(2)
  })

  test('a lock that a hub has left behind is taken over', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid
    await writeFile(join(directory, 'certificates.lock'), `${hostname()} ${String(gone)}`)
    await open()
    await writeFile(join(directory, 'certificates.lock'), 'elsewhere')
    await utimes(join(directory, 'certificates.lock'), 0, 0)
    await open({ hostNames: ['other.example'] })
    expect(await permitted()).toContain('other.example')
    expect(await readdir(directory)).not.toContain('certificates.lock')
  })
})

test('each chain has its wrong certificates', async () => {
  const tls = await open({ rsa: true, directory: undefined })
  const { cert } = await tls.variant('self_signed_leaf')
  expect([cert].flat().map((one) => keyOf(one))).toEqual(['ec', 'rsa'])
  for (const one of [cert].flat()) {
    const certificate = new X509Certificate(one)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
  }
})

test('certificates for modules are of a CA of their own, which only their trust bundle has', async () => {
  const tls = await open()
  const request = { commonName: 'gateway.local', names: ['gateway.local', 'filter', '10.0.0.9'] }
  const issued = await tls.issue({ ...request, usage: 'server', expiresAt: Date.UTC(2099, 0, 1) })
  const [leaf, issuer] = issued.certificate.split(/(?<=-----END CERTIFICATE-----\n)/)
  const certificate = new X509Certificate(leaf ?? '')
  expect(certificate.verify(new X509Certificate(issuer ?? '').publicKey)).toBe(true)
  expect(certificate.checkHost('filter')).toBe('filter')
  expect(certificate.checkIP('10.0.0.9')).toBe('10.0.0.9')
  expect(await tls.edgeTrustBundle()).toBe(`${tls.caPem}${issuer ?? ''}`)
  expect(tls.caPem).not.toContain(issuer?.trim())
})

function kinds({ cert }: ServerCredentials): string[] {
  return [cert].flat().map(keyOf)
}

function keyOf(cert: string): string {
  return new X509Certificate(cert).publicKey.asymmetricKeyType ?? ''
}
