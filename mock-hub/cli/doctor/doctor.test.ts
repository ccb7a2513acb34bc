import { once } from 'node:events'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { startMockHub } from '../../host/start.ts'
import { run } from '../program.ts'
import type { Terminal } from '../terminal.ts'
import type { Finding } from './finding.ts'
import { nameFindings } from './names.ts'
import { portFindings } from './ports.ts'
import { sdkFindings } from './sdks.ts'
import { trustFindings } from './trust.ts'

const directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-doctor-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})
const said = (findings: readonly Finding[]): string[] =>
  findings.map(({ state, text }) => `${state}: ${text}`)

async function doctor(...args: string[]) {
  const stdout = new PassThrough()
  let out = ''
  stdout.on('data', (text: Buffer) => (out += text.toString()))
  const stderr = new PassThrough()
  const code = await run(['doctor', '--dir', directory, ...args], {
    stdout,
    stderr,
    env: {},
  } as unknown as Terminal)
  return { code, out }
}

test('trust: a CA that is not there yet, then variables that name it, another one, or nothing', async () => {
  expect(said(trustFindings(join(directory, 'none'), {}))).toEqual([
    `note: ${join(directory, 'none', 'ca.pem')} is not there yet`,
  ])
  const hub = await startMockHub({ certificateDirectory: directory, controlPort: false })
  await hub.stop()
  const other = join(directory, 'other.pem')
  writeFileSync(other, '')
  const caPath = hub.caPath ?? ''
  const findings = trustFindings(directory, {
    NODE_EXTRA_CA_CERTS: caPath,
    SSL_CERT_FILE: other,
    REQUESTS_CA_BUNDLE: join(directory, 'no-such-file'),
  })
  expect(findings.map(({ state }) => state)).toEqual(['ok', 'ok', 'problem', 'problem'])
  expect(said(findings).slice(2)).toEqual([
    `problem: SSL_CERT_FILE (Python device SDK, C, Go, Rust, .NET) names ${other}, which lacks the CA of the hub`,
    `problem: REQUESTS_CA_BUNDLE (Python service SDK, uploads, az) names ${join(directory, 'no-such-file')}, which cannot be read`,
  ])
  expect(findings[2]?.remedy).toContain(`export SSL_CERT_FILE=${join(directory, 'ca-bundle.pem')}`)
  const node = (env: NodeJS.ProcessEnv) => trustFindings(directory, env)[1]?.remedy
  expect(node({})).toContain(`export NODE_EXTRA_CA_CERTS=${caPath},`)
  expect(node({ NODE_EXTRA_CA_CERTS: other })).toContain(
    `export NODE_EXTRA_CA_CERTS=${join(directory, 'ca-bundle.pem')},`,
  )
  expect(said(trustFindings(directory, {}))[1]).toBe('note: NODE_EXTRA_CA_CERTS (Node) is not set')
})

test('names: an address, a name that leads nowhere, a name without a dot', async () => {
  expect(said(await nameFindings('127.0.0.1', []))).toEqual([
    'ok: connection strings name 127.0.0.1, which every SDK accepts',
  ])
  expect(said(await nameFindings('127.0.0.1', ['no-such-hub.invalid']))).toEqual([
    'problem: no-such-hub.invalid leads nowhere',
  ])
  expect(said(await nameFindings('127.0.0.1', ['localhost'])).at(-1)).toBe(
    'problem: localhost has no dot: the SDKs for Java and C refuse it',
  )
})

test('ports: an address that is not of this machine', async () => {
  const [first] = await portFindings('192.0.2.1', false)
  expect(first).toMatchObject({ state: 'problem', text: '192.0.2.1 is not an address of this machine' })
})

test('ports: one that another program holds, and one that a running hub holds', async () => {
  const address = '127.0.0.94'
  const other = createServer().listen(8883, address)
  await once(other, 'listening')
  expect((other.address() as AddressInfo).port).toBe(8883)
  expect((await portFindings(address, false))[0]).toMatchObject({
    state: 'problem',
    text: `8883 on ${address} is in use by another program`,
  })
  expect((await portFindings(address, true))[0]).toMatchObject({ state: 'ok' })
  other.close()
})

test('SDKs: those of a folder, for Node and in the files of other languages', () => {
  const folder = join(directory, 'project')
  mkdirSync(join(folder, 'node_modules/azure-iot-device'), { recursive: true })
  writeFileSync(join(folder, 'node_modules/azure-iot-device/package.json'), '{"version":"1.18.4"}')
  writeFileSync(join(folder, 'go.mod'), 'require github.com/eclipse/paho.mqtt.golang v1.5.1\n')
  writeFileSync(
    join(folder, 'Cargo.toml'),
    '[dependencies]\nrumqttc = { version = "0.24.0", features = [] }\n',
  )
  writeFileSync(
    join(folder, 'pom.xml'),
    '<dependency><artifactId>iot-device-client</artifactId>\n <version>2.5.0</version></dependency>',
  )
  expect(said(sdkFindings(folder))).toEqual(
    expect.arrayContaining([
      'ok: Node: azure-iot-device 1.18.4',
      'ok: pom.xml: iot-device-client 2.5.0',
      'ok: go.mod: github.com/eclipse/paho.mqtt.golang 1.5.1',
      'ok: Cargo.toml: rumqttc 0.24.0',
    ]),
  )
})

test('the command: a running hub whose clock was wound is told of; --json has the same', async () => {
  const hub = await startMockHub()
  hub.clock.advance('2h')
  const at = ['--control', hub.controlUrl ?? '']
  const { out } = await doctor(...at)
  expect(out).toMatch(/^note {4}clock: the clock of the running hub is 2h ahead of the system clock/m)
  expect(out).toContain('POST /clock/offset')
  const { out: text } = await doctor(...at, '--json')
  expect(JSON.parse(text)).toMatchObject({ running: true })
  await hub.stop()
  const { code, out: named } = await doctor(
    '--control',
    'http://127.0.0.1:1',
    '--hostname',
    'no-such-hub.invalid',
  )
  expect([code, named]).toEqual([1, expect.stringMatching(/\d to solve\n$/)])
})
