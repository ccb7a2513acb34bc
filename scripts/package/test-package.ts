/**
 * `npm run test:package`: tests the three packages as they are published. Packs each, installs it in an empty folder
 * outside the checkout, and tests it there: types with `moduleResolution` node16 and bundler, a hub, a client, the commands,
 * a requirement with the command and with the GitHub Action, licences and bill of materials. Prints the number of packages
 * in each install.
 * Ends with `package: N passed, 0 failed`; the first failed check ends the run.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve, dirname } from 'node:path'
import { parse } from 'yaml'

const HUB = 'mock-iot-hub'
const CLIENT = 'mock-iot-hub-client'
const SUITE = 'iot-hub-conformance'
/** Maximum number of packages in an install of the hub; see docs/decisions/0022-three-packages.md. */
const MOST_PACKAGES_OF_THE_HUB = 110

/** Licences under which a dependency may come: each permits use and redistribution and asks at most for its notice. */
const LICENCES = new Set([
  'MIT',
  'MIT/X11',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'CC-BY-3.0',
  '(MIT OR CC0-1.0)',
])
/** Dependencies that name no licence, and why they are accepted. */
const UNNAMED = new Set([
  // By the author of its only dependent here, `binary` (MIT); part of the SOCKS proxy of the suite.
  'buffers',
])

const bin = (name: string): string => resolve('node_modules/.bin', name)
let passed = 0
const run = (command: string, args: readonly string[], cwd = '.'): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

const place = mkdtempSync(join(tmpdir(), 'packages-'))
try {
  const packed = new Map(
    [
      ['mock-hub', HUB],
      ['reference-client', CLIENT],
      ['step-definitions', SUITE],
    ].map(([folder = '', name = '']) => [name, pack(folder)] as const),
  )
  const install = (...names: readonly string[]): string => {
    const project = mkdtempSync(join(place, 'consumer-'))
    write(
      project,
      'package.json',
      JSON.stringify({ name: 'consumer', version: '1.0.0', private: true, type: 'module' }),
    )
    const tarballs = names.map((name) => packed.get(name) ?? name)
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', ...tarballs], project)
    return project
  }

  const withHub = install(HUB)
  const brought = packagesIn(withHub)
  if (brought > MOST_PACKAGES_OF_THE_HUB)
    throw new Error(
      `${HUB} brings ${String(brought)} packages, at most ${String(MOST_PACKAGES_OF_THE_HUB)} are allowed`,
    )
  say(`${HUB}, packages installed`, String(brought))
  typesOf(
    withHub,
    `import { ManualClock, startMockHub, type MockHub } from '${HUB}'
const hub: MockHub = await startMockHub({ clock: new ManualClock(Date.now()), seed: { devices: [{ deviceId: 'd' }] } })
console.log(hub.hostName, hub.identities().length)
await hub.stop()
`,
  )
  say(`${HUB}, in a program`, run(process.execPath, ['out/index.js'], withHub))
  say(`${HUB}, the command`, firstLine(run('npx', ['--no-install', HUB, '--help'], withHub)))

  const withClient = install(CLIENT)
  say(`${CLIENT}, packages installed`, String(packagesIn(withClient)))
  typesOf(
    withClient,
    `import { IoTHubDeviceClient, Message } from '${CLIENT}'
const client = IoTHubDeviceClient.createFromConnectionString('HostName=h;DeviceId=d;SharedAccessKey=a2V5')
const message: Message = new Message('hello')
console.log(client.connected, message.data)
await client.shutdown()
`,
  )
  say(`${CLIENT}, in a program`, run(process.execPath, ['out/index.js'], withClient))

  const sample = install(HUB, CLIENT)
  write(sample, 'readme.test.js', sampleOfReadme())
  const outcome = run(process.execPath, ['--test', '--test-reporter', 'tap', 'readme.test.js'], sample)
  say('the test of the README', /^# pass .*$/m.exec(outcome)?.[0] ?? 'no test ran')

  const withSuite = install(HUB, CLIENT, SUITE)
  say(`${SUITE}, packages installed`, String(packagesIn(withSuite, 3)))
  say('licences', licencesIn(withSuite))
  say('licences of the bundle', bundledLicencesIn(withSuite))
  say('bill of materials', billOfMaterials(withSuite))
  for (const name of [HUB, CLIENT, SUITE])
    say(`${name}, links of its pages`, linksOf(join(withSuite, 'node_modules', name)))
  say('the template of a driver', templateOf(withSuite))
  const suite = (args: readonly string[]): string => run('npx', ['--no-install', SUITE, ...args], withSuite)
  say(`${SUITE}, the command`, firstLine(suite(['--help'])))
  const told = suite(['run', '--requirement', 'BOTH-CONNECT-01', '--json'])
  say('a requirement', told.trimEnd().split('\n').at(-1) ?? '')
  say('the action', runAction(withSuite))
  process.stdout.write(`package: ${String(passed)} passed, 0 failed\n`)
} finally {
  rmSync(place, { recursive: true, force: true })
}

/** @returns the path of the tarball. */
function pack(folder: string): string {
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', place], folder)) as [
    { filename: string },
  ] // npm's own format
  say(`${folder}, publint`, run(bin('publint'), ['--strict', join(place, filename)]))
  return join(place, filename)
}

/** Counts the relative links of the pages of a package. @throws Error for one that leads nowhere. */
function linksOf(folder: string): string {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^(README|docs\/.*)\.md$/.test(name),
  )
  const links = pages.flatMap((page) =>
    [...proseOf(join(folder, page)).matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+)/g)].map(
      ([, link = '']) => [page, link] as const,
    ),
  )
  const dead = links.filter(([page, link]) => !existsSync(join(folder, dirname(page), link)))
  if (dead.length > 0) throw new Error(`dead links: ${dead.map((pair) => pair.join(': ')).join(', ')}`)
  return `${String(pages.length)} pages, ${String(links.length)} links`
}

/** A page without its blocks of code: `f[T any](t T)` is no link. */
function proseOf(page: string): string {
  return readFileSync(page, 'utf8').replaceAll(/^```.*?^```$/gms, '')
}

/** Writes a driver with the installed command, and checks that it starts. */
function templateOf(project: string): string {
  const suite = join(project, 'node_modules/.bin', SUITE)
  run(suite, ['driver', 'init', '--language', 'node', '--folder', 'driver'], project)
  const hello = execFileSync(process.execPath, ['driver.js'], {
    cwd: join(project, 'driver'),
    input: '{"v":1,"id":1,"do":"hello"}\n',
    encoding: 'utf8',
  })
  return firstLine(hello).slice(0, 60)
}

/** The test in the README, as it stands there. */
function sampleOfReadme(): string {
  const [, sample = ''] = /```js\n(import assert[^]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? []
  return sample
}

/** Compiles a program against the installed types, with the module resolution of bundlers and of Node. */
function typesOf(project: string, program: string): void {
  write(project, 'index.ts', program)
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ] as const) {
    const compilerOptions = {
      ...{ module, moduleResolution, target: 'es2022', strict: true, skipLibCheck: false, outDir: 'out' },
      ...{
        types: ['node'],
        typeRoots: [resolve('node_modules/@types')],
        lib: ['es2023', 'esnext.disposable'],
      },
    }
    write(project, 'tsconfig.json', JSON.stringify({ compilerOptions, include: ['index.ts'] }))
    run(bin('tsc'), [], project)
    say(`types, ${moduleResolution}`, 'ok')
  }
}

interface Installed {
  readonly version: string
  readonly license?: string
}

/** The packages of an install by their path in `node_modules`, as npm records them. */
function installedIn(project: string): ReadonlyMap<string, Installed> {
  const { packages } = JSON.parse(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Installed>>
  } // npm's own record
  return new Map(Object.entries(packages))
}

/** Number of packages that an install adds: those in `node_modules`, including nested ones, except the requested ones. */
function packagesIn(project: string, installed = 1): number {
  return installedIn(project).size - installed
}

/** @throws Error when a package comes under a licence that is not listed. */
function licencesIn(project: string): string {
  const counts = new Map<string, number>()
  for (const [path, { license }] of installedIn(project)) {
    const name = path.split('node_modules/').at(-1) ?? path
    const licence = license ?? 'none'
    if (!LICENCES.has(licence) && !UNNAMED.has(name))
      throw new Error(`${name}: the licence ${licence} is not one of the accepted ones`)
    counts.set(licence, (counts.get(licence) ?? 0) + 1)
  }
  return [...counts].map(([licence, count]) => `${String(count)} ${licence}`).join(', ')
}

/** @throws Error when a package in the bundle of the command comes under a licence that is not listed. */
function bundledLicencesIn(project: string): string {
  const text = readFileSync(join(project, 'node_modules', HUB, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
  const heads = [...text.matchAll(/^={80}\n(\S+) \S+, (.*)$/gm)]
  for (const [, name = '', licence = ''] of heads)
    if (!LICENCES.has(licence))
      throw new Error(`${name}: the licence ${licence} is not one of the accepted ones`)
  const bundled = new Set(heads.map(([, name]) => name))
  for (const name of ['fastify', 'ajv', 'commander', 'rhea', 'ws'])
    if (!bundled.has(name)) throw new Error(`the licences of the bundle lack ${name}`)
  return `${String(heads.length)} packages`
}

/** Lets npm make the bill of materials of an install. @throws Error when a package is missing in it. */
function billOfMaterials(project: string): string {
  const { bomFormat, components } = JSON.parse(
    run('npm', ['sbom', '--sbom-format', 'cyclonedx'], project),
  ) as {
    readonly bomFormat: string
    readonly components: readonly { readonly 'bom-ref': string }[]
  } // a CycloneDX document
  const named = new Set(components.map((component) => component['bom-ref']))
  for (const [path, { version }] of installedIn(project)) {
    const name = `${path.split('node_modules/').at(-1) ?? path}@${version}`
    if (![...named].some((ref) => ref.startsWith(name)))
      throw new Error(`the bill of materials lacks ${name}`)
  }
  return `${bomFormat}, ${String(components.length)} components`
}

/** Runs the step of `action.yml` as a runner does, with these packages instead of those on npm. */
function runAction(project: string): string {
  const { runs } = parse(readFileSync('action.yml', 'utf8')) as {
    readonly runs: { readonly steps: readonly [{ readonly run: string }] }
  }
  const path = join(project, 'bin')
  mkdirSync(path)
  const program = join(project, 'node_modules/.bin', SUITE)
  const shim = `#!/bin/sh\nshift 4 # --yes --package NAME ${SUITE}\nexec "${program}" "$@"\n`
  writeFileSync(join(path, 'npx'), shim, { mode: 0o755 })
  const [output, summary] = [join(project, 'output'), join(project, 'summary')]
  const inputs = {
    MODE: 'run',
    TRANSPORT: 'mqtt-ws',
    REPORTS: 'reports',
    ARGS: '--requirement BOTH-CONNECT-01',
  }
  const none = { DRIVER: '', HUB: '', PROFILE: '', KNOWN: '', PACKAGE: SUITE }
  execFileSync('bash', ['-eo', 'pipefail', '-c', runs.steps[0].run], {
    cwd: project,
    env: {
      ...{ ...process.env, PATH: `${path}${delimiter}${process.env['PATH'] ?? ''}` },
      ...{ ...none, ...inputs, GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary },
    },
    stdio: 'pipe',
  })
  return `${readFileSync(output, 'utf8').trim()}, ${firstLine(readFileSync(summary, 'utf8'))}, ${String(readdirSync(join(project, 'reports')).length)} reports`
}

function write(project: string, file: string, text: string): void {
  writeFileSync(join(project, file), text)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

function say(what: string, outcome: string): void {
  passed++
  process.stdout.write(`${what}: ${outcome.trim()}\n`)
}
