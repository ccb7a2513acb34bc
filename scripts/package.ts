/**
 * `npm run test:package`: the package as others get it. Builds, packs, unpacks into an empty project, and there: types
 * are read with `moduleResolution` node16 and bundler, a hub and a client are made, the bins answer, a requirement is judged,
 * by the bin and by the GitHub Action.
 * Ends with `package: N passed, 0 failed`; what fails ends it.
 */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { parse } from 'yaml'

const bin = (name: string): string => resolve('node_modules/.bin', name)
let passed = 0
const run = (command: string, args: readonly string[], cwd = '.'): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

// Below the checkout, so that the dependencies of the package are found where they are installed already.
mkdirSync('reports', { recursive: true })
const project = mkdtempSync(resolve('reports/consumer-'))
try {
  rmSync('dist', { recursive: true, force: true })
  run(bin('tsc'), ['-p', 'tsconfig.build.json'])
  say('publint', run(bin('publint'), ['--strict']))
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project]),
  ) as [{ filename: string }] // npm's own format
  run('tar', ['-xzf', filename], project)
  const home = join(project, 'node_modules/mock-iot-hub')
  cpSync(join(project, 'package'), home, { recursive: true })

  write('package.json', JSON.stringify({ type: 'module' }))
  write(
    'index.ts',
    `import { IoTHubDeviceClient, Message } from 'mock-iot-hub/client'
import { ManualClock, startMockHub, type MockHub } from 'mock-iot-hub/mock-hub'

const hub: MockHub = await startMockHub({ clock: new ManualClock(Date.now()), seed: { devices: [{ deviceId: 'd' }] } })
await hub.stop()
const client = IoTHubDeviceClient.createFromConnectionString('HostName=h;DeviceId=d;SharedAccessKey=a2V5')
const message: Message = new Message('hello')
console.log(hub.hostName, client.connected, message.data)
await client.shutdown()
`,
  )
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ] as const) {
    const compilerOptions = {
      ...{ module, moduleResolution, target: 'es2022', strict: true, skipLibCheck: false, outDir: 'out' },
      ...{ types: ['node'], lib: ['es2023', 'esnext.disposable'] },
    }
    write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['index.ts'] }))
    run(bin('tsc'), [], project)
    say(`types, ${moduleResolution}`, 'ok\n')
  }
  say('hub and client', run(process.execPath, ['out/index.js'], project))
  for (const program of ['mock-hub/main.js', 'step-definitions/conformance/main.js'])
    say(
      program,
      run(process.execPath, [join(home, 'dist', program), '--help'], project).split('\n', 1)[0] ?? '',
    )
  const program = join(home, 'dist/step-definitions/conformance/main.js')
  const told = run(process.execPath, [program, 'run', '--requirement', 'BOTH-CONNECT-01', '--json'], project)
  say('a requirement', told.trimEnd().split('\n').at(-1) ?? '')
  say('the action', runAction(program))
  process.stdout.write(`package: ${String(passed)} passed, 0 failed\n`)
} finally {
  rmSync(project, { recursive: true, force: true })
}

/** The step of `action.yml`, as a runner runs it, with this package instead of one from npm. */
function runAction(program: string): string {
  const { runs } = parse(readFileSync('action.yml', 'utf8')) as {
    readonly runs: { readonly steps: readonly [{ readonly run: string }] }
  }
  const path = join(project, 'bin')
  mkdirSync(path)
  const shim = `#!/bin/sh\nshift 4 # --yes --package NAME iot-hub-conformance\nexec "${process.execPath}" "${program}" "$@"\n`
  writeFileSync(join(path, 'npx'), shim, { mode: 0o755 })
  const [output, summary] = [join(project, 'output'), join(project, 'summary')]
  const inputs = {
    MODE: 'run',
    TRANSPORT: 'mqtt-ws',
    REPORTS: 'reports',
    ARGS: '--requirement BOTH-CONNECT-01',
  }
  const none = { DRIVER: '', HUB: '', PROFILE: '', KNOWN: '', PACKAGE: 'mock-iot-hub' }
  execFileSync('bash', ['-eo', 'pipefail', '-c', runs.steps[0].run], {
    cwd: project,
    env: {
      ...{ ...process.env, PATH: `${path}${delimiter}${process.env['PATH'] ?? ''}` },
      ...{ ...none, ...inputs, GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary },
    },
    stdio: 'pipe',
  })
  const [first = ''] = readFileSync(summary, 'utf8').split('\n', 1)
  return `${readFileSync(output, 'utf8').trim()}, ${first}`
}

function write(file: string, text: string): void {
  writeFileSync(join(project, file), text)
}

function say(what: string, outcome: string): void {
  passed++
  process.stdout.write(`${what}: ${outcome.trim()}\n`)
}
