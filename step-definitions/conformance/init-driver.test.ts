import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadScenarios } from '../catalogue/scenarios.ts'
import { CAPABILITIES, checkCapabilities, FACTORY_OPTIONS } from '../driver/capabilities.ts'
import { systemAlarm } from '../driver/clock.ts'
import { HELLO } from '../driver/reference-driver.ts'
import { processTransport } from '../driver/process-transport.ts'
import { RemoteDriver } from '../driver/remote-driver.ts'
import { packagedJson } from '../package-root.ts'
import { assertClaimed, neededBy } from '../world/claims.ts'
import { initDriver, LANGUAGES } from './init-driver.ts'
import { conformance } from './program.ts'
import { SUITE } from './suite.ts'

const place = mkdtempSync(join(tmpdir(), 'init-driver-'))
afterAll(() => {
  rmSync(place, { recursive: true })
})
/** Tags, name and steps of a scenario outline. */
const OUTLINE = /((?:^ +@.*\n)*)^ +Scenario Outline: (.*)\n((?:(?! +(?:Scenario|Rule|@identity)).*\n)*)/gm
const has = (tool: string): boolean => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0

/** Java needs a registry: the examples build it. */
const BUILDS: Readonly<
  Record<string, { readonly build?: readonly string[]; readonly run: readonly string[] }>
> = {
  python: { run: ['python3', 'driver.py'] },
  node: { run: [process.execPath, 'driver.js'] },
  go: { build: ['go', 'build', '-o', 'driver', '.'], run: ['./driver'] },
  c: { build: ['cc', '-std=c11', '-Wall', '-Werror', '-o', 'driver', 'driver.c'], run: ['./driver'] },
}

test.each(Object.entries(BUILDS).filter(([, { build, run }]) => has((build ?? run)[0] ?? '')))(
  'the template for %s starts, speaks the protocol, and says what is not written yet',
  async (language, { build = ['true'], run }) => {
    const folder = join(place, language)
    const lines: string[] = []
    initDriver(language, folder, (line) => lines.push(line))
    expect(lines.at(-2)).toContain('driver check -- ')
    expect(lines.at(-1)).toContain('certify --driver "')
    const [compiler = '', ...flags] = build
    const built = spawnSync(compiler, flags, { cwd: folder, encoding: 'utf8' })
    expect([built.status, built.stderr]).toEqual([0, ''])
    const [program = '', ...rest] = run
    const command = [
      program.startsWith('./') ? join(folder, program) : program,
      ...rest.map((file) => join(folder, file)),
    ]
    const driver = await RemoteDriver.start(processTransport(command), systemAlarm)
    expect(driver.hello.implementation.name).toBe('my-client')
    const create = { do: 'create', kind: 'device', factory: 'connectionString' } as const
    const endpoint = { host: '127.0.0.1', mqttPort: 1, httpsPort: 1 }
    const connectionString = 'HostName=h;DeviceId=d;SharedAccessKey=a2V5'
    expect(
      await driver.request({
        ...create,
        session: 'a',
        arguments: { connectionString },
        options: {},
        endpoint,
      }),
    ).toEqual({ ok: null })
    expect(
      await driver.request({
        ...{ ...create, session: 'b', options: {}, endpoint },
        arguments: { connectionString: 'nonsense' },
      }),
    ).toMatchObject({ error: { kind: 'argument' } })
    // The suite leaves out what a client must ask for, and the endpoint where nothing is dialled.
    const without = await driver.request({ ...create, session: 'c', options: {}, arguments: {} })
    expect('error' in without && without.error.kind).toMatch(/^argument(Type)?$/)
    expect(await driver.request({ do: 'connect', session: 'a' })).toMatchObject({
      unsupported: { reason: 'connect is not written yet' },
    })
    await driver.stop()
  },
  60_000,
)

test('every language has a template; an unknown one, and a folder that is not empty, are refused', async () => {
  for (const language of LANGUAGES) initDriver(language, join(place, 'all', language), () => undefined)
  const taken = join(place, 'taken')
  initDriver('node', taken, () => undefined)
  expect(() => {
    initDriver('node', taken, () => undefined)
  }).toThrow(`--folder: must be new or empty, got ${taken}`)
  let said = ''
  const code = await conformance(['driver', 'init', '--language', 'cobol'], {
    stdout: process.stdout,
    stderr: { write: (text: string) => (said += text) !== '' } as unknown as NodeJS.Process['stderr'],
  })
  expect([code, said]).toEqual([
    2,
    expect.stringContaining('--language: must be one of python, node, java, go, c, got cobol'),
  ])
})

test('a driver whose arguments stand outside the quotes is an error that says so', async () => {
  let said = ''
  const stream = { write: (text: string) => (said += text) !== '', on: () => undefined }
  const terminal = { stdout: stream, stderr: stream } as unknown as Parameters<typeof conformance>[1]
  expect(await conformance(['run', '--driver', 'python3', 'driver.py'], terminal)).toBe(2)
  expect(said).toContain('one word: --driver "python3 driver.py"')
})

test('the schema of hello lists the capabilities', () => {
  const { properties } = packagedJson('driver/schema/hello.json') as {
    readonly properties: { readonly capabilities: { readonly items: { readonly enum: readonly string[] } } }
  }
  expect(properties.capabilities.items.enum).toEqual([...CAPABILITIES.keys()])
})

test('every requirement of clients needs a capability of the list, and a driver that lacks it is not asked', () => {
  const needed = loadScenarios(SUITE.features).map(({ tags }) => [...new Set(neededBy(tags))])
  expect(needed.flat().filter((name) => !CAPABILITIES.has(name))).toEqual([])
  const tags = ['@sut:client', '@BOTH-TWIN-01', '@identity:device']
  const hello = { ...HELLO, capabilities: ['identity.device', 'telemetry'] }
  expect(() => {
    assertClaimed(hello, tags)
  }).toThrow('twin.get: the driver does not claim it')
  expect(() => {
    assertClaimed({ ...hello, capabilities: ['twin.get'] }, tags)
  }).toThrow('identity.device: the driver does not claim it')
  const without = (capability: string) => ({
    capabilities: HELLO.capabilities.filter((claim) => claim !== capability),
  })
  for (const [tag, capability] of [
    ['@needs:connection.retry', 'connection.retry'],
    ['@BOTH-CS-17', 'auth.symmetric-key'],
    ['@DEV-CLASS-02', 'lifecycle'],
    ['@option:autoConnect', 'connection.auto-connect'],
    ['@option:sastokenTtl', 'auth.sas.renewable'],
  ] as const)
    expect(() => {
      assertClaimed(without(capability), ['@sut:client', tag])
    }).toThrow(`${capability}: the driver does not claim it`)
  expect(() => {
    assertClaimed({ ...HELLO, options: ['keepAlive'] }, ['@sut:client', '@option:productInfo'])
  }).toThrow('productInfo: the driver does not have this option')
  assertClaimed(HELLO, tags)
  assertClaimed(hello, ['@sut:hub', '@WIRE-TWIN-01'])
})

test('a tag of the features names an option or a capability that exists, and rules about an option have theirs', () => {
  const scenarios = loadScenarios(SUITE.features)
  const named = (kind: string) =>
    scenarios.flatMap(({ tags }) =>
      tags.flatMap((tag) => (tag.startsWith(kind) ? tag.slice(kind.length) : [])),
    )
  expect(named('@option:').filter((name) => !FACTORY_OPTIONS.has(name))).toEqual([])
  expect(named('@needs:').filter((name) => !CAPABILITIES.has(name))).toEqual([])
  const about = scenarios.filter(({ requirements }) =>
    requirements.some((id) => /^BOTH-CS-(1\d|20)$/.test(id)),
  )
  expect(about.filter(({ tags }) => !tags.some((tag) => tag.startsWith('@option:')))).toEqual([])
})

test('a scenario that uses a client which has not connected needs calls that connect', () => {
  const files = readdirSync('features/client', { recursive: true, encoding: 'utf8' })
  const outlines = files
    .filter((file) => file.endsWith('.feature'))
    .flatMap((file) =>
      [...readFileSync(join('features/client', file), 'utf8').matchAll(OUTLINE)].map(
        ([, tags = '', name = '', steps = '']) => ({ at: `${file}: ${name}`, tags, steps }),
      ),
    )
    .filter(({ steps }) => steps.includes('it works in every way'))
  expect(outlines.length).toBeGreaterThan(15)
  const needing = outlines.filter(({ steps }) => usesWithoutConnection(steps))
  expect(needing.length).toBeGreaterThan(3)
  expect(needing.filter(({ tags }) => !tags.includes('@needs:connection.auto-connect'))).toEqual([])
})

/** Whether a client is used before it has connected, after that failed, or after it was told to disconnect. */
function usesWithoutConnection(steps: string): boolean {
  const lines = steps.split('\n')
  let isConnected = false
  return lines.some((line, at) => {
    if (line.includes('a connected <identity> client')) isConnected = true
    else if (/\bit disconnects\b/.test(line)) isConnected = false
    else if (/\bit connects\b/.test(line)) isConnected = !/the call fails/.test(lines[at + 1] ?? '')
    return line.includes('it works in every way') && !isConnected
  })
}

test('a claim that is no capability is refused with the nearest one', async () => {
  checkCapabilities(HELLO)
  const file = join(place, 'misspelt.mjs')
  const hello = { ...HELLO, capabilities: ['identity.device', 'twin.reportd'] }
  writeFileSync(
    file,
    `process.stdin.once('data', () => console.log(JSON.stringify({ id: 1, ok: ${JSON.stringify(hello)} })))`,
  )
  await expect(RemoteDriver.start(processTransport([process.execPath, file]), systemAlarm)).rejects.toThrow(
    'hello: the suite knows no capability "twin.reportd"; the nearest one is "twin.reported"',
  )
})
