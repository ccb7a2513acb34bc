import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import { issueCertificate } from './authority.ts'
import { STORE_FILE, storedCertificates } from './certificate-store.ts'
import {
  DAY_MS,
  makeServerCertificates,
  makeVariant,
  serverNames,
  type CertificateVariant,
} from './server-certificates.ts'

describe('server certificates', () => {
  const now = Date.UTC(2026, 0, 1)

  it('are PEM texts that end with a line break, so that tools can join them', async () => {
    const { server, authority } = await makeServerCertificates(serverNames([]), now)
    for (const pem of [server.cert, authority.cert, server.key])
      expect(pem).toMatch(/-----END [A-Z ]+-----\n$/)
  })

  it('names localhost, its sub-domains, both loopback addresses and the given names', async () => {
    const { server } = await makeServerCertificates(serverNames(['hub.example', '10.0.0.7']), now)
    const certificate = new X509Certificate(server.cert)
    // OpenSSL itself matches no wildcard below a top-level name, other verifiers do.
    expect(certificate.subjectAltName).toContain('DNS:*.localhost')
    for (const host of ['localhost', 'hub.example']) expect(certificate.checkHost(host), host).toBeDefined()
    for (const ip of ['127.0.0.1', '::1', '10.0.0.7']) expect(certificate.checkIP(ip), ip).toBeDefined()
    expect(certificate.checkHost('other.example')).toBeUndefined()
    // Some verifiers know no IP addresses and look for the text among the DNS names.
    expect(certificate.subjectAltName).toContain('DNS:127.0.0.1')
    expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' })
  })

  it('has the key identifiers and critical constraints that strict verifiers require', async () => {
    const { authority, server } = await makeServerCertificates(serverNames([]), now)
    const { X509Certificate: Parsed } = await import('@peculiar/x509')
    const ca = new Parsed(authority.cert)
    const leaf = new Parsed(server.cert)
    const [SKI, AKI, CONSTRAINTS, USAGE] = ['2.5.29.14', '2.5.29.35', '2.5.29.19', '2.5.29.15']
    for (const oid of [SKI, AKI]) {
      expect(ca.getExtension(oid), `CA ${oid}`).not.toBeNull()
      expect(leaf.getExtension(oid), `server ${oid}`).not.toBeNull()
    }
    expect(ca.getExtension(CONSTRAINTS)?.critical).toBe(true)
    expect(ca.getExtension(USAGE)?.critical).toBe(true)
    expect(new X509Certificate(authority.cert).ca).toBe(true)
    expect(new X509Certificate(server.cert).ca).toBe(false)
  })

  it.each(['ec', 'rsa'] as const)('are limited in names, usage and life: %s', async (keyType) => {
    const { authority, server } = await makeServerCertificates(serverNames(['hub.example']), now, keyType)
    const [ca, leaf] = [new X509Certificate(authority.cert), new X509Certificate(server.cert)]
    expect([ca, leaf].map((one) => one.publicKey.asymmetricKeyType)).toEqual([keyType, keyType])
    expect(leaf.verify(ca.publicKey)).toBe(true)
    expect(ca.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect((Date.parse(ca.validTo) - now) / DAY_MS).toBeLessThanOrEqual(825)
    expect((Date.parse(leaf.validTo) - now) / DAY_MS).toBeLessThanOrEqual(398)
  })

  it.each<[CertificateVariant, (variant: X509Certificate, ca: X509Certificate) => boolean]>([
    ['missing_issuer', (variant, ca) => !variant.verify(ca.publicKey)],
    ['self_signed_root', (variant, ca) => !variant.verify(ca.publicKey)],
    ['self_signed_leaf', (variant, ca) => !variant.verify(ca.publicKey)],
    ['wrong_name', (variant) => variant.checkHost('localhost') === undefined],
    ['expired', (variant) => Date.parse(variant.validTo) < now],
    ['not_yet_valid', (variant) => Date.parse(variant.validFrom) > now],
  ])('is wrong in one way as %s', async (name, isWrong) => {
    const made = await makeServerCertificates(serverNames([]), now)
    const variant = new X509Certificate((await makeVariant(name, made, serverNames([]), now)).cert)
    const ca = new X509Certificate(made.authority.cert)
    expect(isWrong(variant, ca)).toBe(true)
    const right = {
      unknown: !variant.verify(ca.publicKey),
      wrong_name: variant.checkHost('localhost') === undefined,
      expired: Date.parse(variant.validTo) < now,
      not_yet_valid: Date.parse(variant.validFrom) > now,
    }
    expect(Object.values(right).filter(Boolean)).toHaveLength(1)
  })
})

describe('certificate store', () => {
  let directory: string
  let clock: ManualClock
  let said: string[]
  const open = (names: readonly string[] = serverNames([])) =>
    storedCertificates({ directory, names, clock, say: (line) => said.push(line) })

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mock-iot-hub-test-'))
    clock = new ManualClock()
    said = []
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('makes certificates once and gives them again', async () => {
    const first = await open()
    expect(said).toHaveLength(1)
    expect(await open()).toEqual(first)
    expect(said).toHaveLength(1)
  })

  it('keeps keys from other users and leaves no other files behind', async () => {
    await open()
    expect((await stat(join(directory, STORE_FILE))).mode & 0o077).toBe(0)
    expect(await readdir(directory)).toEqual([STORE_FILE])
  })

  it('adds a name that the CA permits and keeps those it had', async () => {
    const first = await open(serverNames(['a.example', '10.0.0.7', 'fe80::1']))
    const second = await open(serverNames(['b.a.example', '127.0.0.2', '127.9.9.9']))
    expect(second.authority).toEqual(first.authority)
    const certificate = new X509Certificate(second.server.cert)
    for (const name of ['a.example', 'b.a.example']) expect(certificate.checkHost(name)).toBeDefined()
    for (const ip of ['::1', '10.0.0.7', 'fe80::1', '127.0.0.2', '127.9.9.9'])
      expect(certificate.checkIP(ip), ip).toBeDefined()
    expect(said[1]).toContain('b.a.example')
    expect(await open(serverNames(['a.example', 'fe80::1']))).toEqual(second)
  })

  it('makes a new certificate of the CA, with its key, for a name that the CA does not permit', async () => {
    const first = await open(serverNames(['a.example']))
    const second = await open(serverNames(['b.example']))
    expect(second.authority.key).toBe(first.authority.key)
    expect(second.authority.cert).not.toBe(first.authority.cert)
    const certificate = new X509Certificate(second.server.cert)
    expect(certificate.verify(new X509Certificate(second.authority.cert).publicKey)).toBe(true)
    for (const name of ['a.example', 'b.example']) expect(certificate.checkHost(name)).toBeDefined()
    expect(said[1]).toMatch(/trust again.*b\.example/)
    expect(await open(serverNames(['a.example', 'b.example']))).toEqual(second)
  })

  it('limits a CA from before CAs were limited, and keeps its key', async () => {
    const first = await open()
    const path = join(directory, STORE_FILE)
    await writeFile(path, (await readFile(path, 'utf8')).replace(/,"permitted":\[[^\]]*\]/, ''))
    const second = await open()
    expect(second.authority.key).toBe(first.authority.key)
    expect(said[1]).toMatch(/trust again.*any name/)
  })

  it('makes a new server certificate before the old one expires, under the same CA', async () => {
    const first = await open()
    clock.advance(380 * DAY_MS)
    const second = await open()
    expect(second.authority).toEqual(first.authority)
    expect(second.server).not.toEqual(first.server)
    expect(said[1]).toContain('expires')
  })

  it('makes a new CA when the old one expires, and says that it must be trusted', async () => {
    const first = await open()
    clock.advance(820 * DAY_MS)
    expect((await open()).authority).not.toEqual(first.authority)
    expect(said[1]).toMatch(/trust again.*expires/)
  })

  it.each([
    ['cut off', (text: string) => text.slice(0, 100)],
    ['empty', () => ''],
    ['of another shape', () => '{"authority":{}}'],
    ['with a key that is not the CA’s', (text: string) => swapKeys(text)],
  ])('remakes a file that is %s', async (_what, spoil) => {
    const first = await open()
    const path = join(directory, STORE_FILE)
    await writeFile(path, spoil(await readFile(path, 'utf8')))
    const second = await open()
    expect(second.authority).not.toEqual(first.authority)
    expect(said[1]).toContain('damaged')
    expect(await open()).toEqual(second)
  })

  it('gives hubs that start at once the same CA', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => open()))
    expect(new Set(all.map(({ authority }) => authority.cert)).size).toBe(1)
    expect(said).toHaveLength(1)
  })

  it('a directory that the hub makes is left out by git; one that was there is not touched', async () => {
    const made = join(directory, 'new')
    await storedCertificates({ directory: made, names: serverNames([]), clock, say: () => undefined })
    expect(await readFile(join(made, '.gitignore'), 'utf8')).toBe('*\n')
    await storedCertificates({ directory, names: serverNames([]), clock, say: () => undefined })
    expect(await readdir(directory)).not.toContain('.gitignore')
  })

  it('reports a directory that cannot be used', async () => {
    await writeFile(join(directory, 'file'), '')
    const at = { directory: join(directory, 'file'), names: serverNames([]), clock, say: () => undefined }
    await expect(storedCertificates(at)).rejects.toMatchObject({ code: 'EEXIST' })
  })
})

describe('an authority', () => {
  it('issues client certificates that chain to it', async () => {
    const now = Date.UTC(2026, 0, 1)
    const { authority } = await makeServerCertificates(serverNames([]), now)
    const { cert } = await issueCertificate(authority, {
      commonName: 'd1',
      usage: 'client',
      notBefore: now,
      notAfter: now + DAY_MS,
    })
    const certificate = new X509Certificate(cert)
    const ca = new X509Certificate(authority.cert)
    expect(certificate.subject).toBe('CN=d1')
    expect(certificate.checkIssued(ca) && certificate.verify(ca.publicKey)).toBe(true)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  })
})

/** The keys of the authority and the server change places. */
function swapKeys(text: string): string {
  const { authority, server } = JSON.parse(text) as Record<
    'authority' | 'server',
    { key: string; cert: string }
  >
  return JSON.stringify({
    authority: { ...authority, key: server.key },
    server: { ...server, key: authority.key },
  })
}
