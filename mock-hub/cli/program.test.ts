import { once } from 'node:events'
import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { run } from './program.ts'
import type { Terminal } from './terminal.ts'

const directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-cli-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})
const ANY_PORTS = [
  ...['--mqtt-port', '0', '--https-port', '0', '--amqp-port', '0', '--control-port', '0'],
  ...['--dir', directory],
]

/** A fake process: records what it writes and can receive signals. */
function terminal(): Terminal & { out: string; err: string; readonly signals: EventEmitter } {
  const signals = new EventEmitter()
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const made = {
    ...{ out: '', err: '', signals, stdout, stderr },
    // A single folder: an unreadable folder in the real PATH would change the error of exec.
    env: { PATH: dirname(process.execPath) },
    uptime: () => 0.25,
    once: (name: string, listener: () => void) => signals.once(name, listener),
  }
  stdout.on('data', (text: Buffer) => (made.out += text.toString()))
  stderr.on('data', (text: Buffer) => (made.err += text.toString()))
  return made as unknown as ReturnType<typeof terminal> // the few members that commands use
}

async function called(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const at = terminal()
  const code = await run(args, at)
  return { code, out: at.out, err: at.err }
}

test('--help fits a screen and ends with 0', async () => {
  const { code, out } = await called('--help')
  expect(code).toBe(0)
  expect(out).toContain('--mqtt-port')
  expect(out.split('\n').length).toBeLessThanOrEqual(48)
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110)
})

test.each([
  [['--mqttport', '1'], "unknown option '--mqttport'"],
  [
    ['--mqtt-port', 'x'],
    `'--mqtt-port <n>' argument 'x' is invalid. Expected it to be a whole number from 0 to 65535.`,
  ],
  [['--https-port', '65536'], "'65536' is invalid. Expected it to be a whole number from 0 to 65535."],
  [['--tier', 'S9'], 'Allowed choices are F1,'],
  [['--seed', 'no-such-file'], '--seed: no-such-file cannot be read: ENOENT'],
  [['--module', 'lonely'], '--module: expected it to be DEVICE/MODULE; given: "lonely"'],
  [['--device', 'a/b'], '--device: expected it to be an ID: 1 to 128 letters'],
  [['--strict', '--lenient'], "'--strict' cannot be used with option '--lenient'"],
  [['--events', 'twins'], 'Expected it to be of twin, lifecycle, connection, digital-twin, all.'],
  [['serve'], 'too many arguments'],
  [['edge-env', 'lonely'], 'edge-env: expected DEVICE/MODULE; given: "lonely"'],
  [['tail', '--control', 'http://127.0.0.1:1'], '--control: no hub answers at http://127.0.0.1:1'],
])('%s: exit code 2 and one sentence that names the problem', async (args, sentence) => {
  const { code, err } = await called(...args)
  expect(err).toContain(sentence)
  expect(code).toBe(2)
})

test('an invalid seed file: exit code 2, the field, the rule and the given value', async () => {
  const file = join(directory, 'wrong.yaml')
  writeFileSync(file, 'devices: [{ deviceId: 5 }]')
  const { code, err } = await called('--seed', file)
  expect(err).toContain(`--seed ${file}: expected seed.devices[0].deviceId to be an ID`)
  expect(code).toBe(2)
})

test('a named port that is in use: exit code 1 and one sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { code, err } = await called(...ANY_PORTS, '--mqtt-port', String(port))
  expect(err).toBe(`mock-iot-hub: --mqtt-port: port ${String(port)} is in use\n`)
  expect(code).toBe(1)
  other.close()
})

test('--json: a ready line, then events; a signal stops the hub with exit code 0', async () => {
  const at = terminal()
  const ended = run([...ANY_PORTS, '--json', '--device', 'thermostat', '--module', 'thermostat/meter'], at)
  await once(at.stdout, 'data')
  const ready = JSON.parse(at.out.split('\n', 1)[0] ?? '') as Record<string, unknown>
  expect(ready).toMatchObject({
    ready: true,
    readyMs: 250,
    hostName: '127.0.0.1',
    caPath: join(directory, 'ca.pem'),
    devices: [{ deviceId: 'thermostat' }, { deviceId: 'thermostat', moduleId: 'meter' }],
  })
  expect(ready['serviceConnectionString']).toMatch(/^HostName=127\.0\.0\.1;SharedAccessKeyName=iothubowner;/)
  const control = String(ready['controlUrl'])
  expect(((await (await fetch(`${control}/health`)).json()) as { hostName: string }).hostName).toBe(
    '127.0.0.1',
  )
  at.signals.emit('SIGINT')
  expect(await ended).toBe(0)
  await expect(fetch(`${control}/health`)).rejects.toThrow('fetch failed')
})

test('connection strings survive a restart', async () => {
  const strings: unknown[] = []
  for (let i = 0; i < 2; i++) {
    const at = terminal()
    const ended = run([...ANY_PORTS, '--json'], at)
    await once(at.stdout, 'data')
    strings.push((JSON.parse(at.out.split('\n', 1)[0] ?? '') as { devices: unknown }).devices)
    at.signals.emit('SIGTERM')
    await ended
  }
  expect(strings[0]).toEqual(strings[1])
})

/** Takes ports of an address for itself. @returns a function that gives them back. */
async function taken(address: string, ...ports: number[]): Promise<() => void> {
  const servers = ports.map((port) => createServer().listen(port, address))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  return () => {
    for (const server of servers) server.close()
  }
}

test.each(['exec', 'serve'])(
  '%s --fixed-ports: a taken port of the SDKs is an error with its remedy',
  async (how) => {
    const give = await taken('127.81.0.1', 8883)
    const args = ['--listen', '127.81.0.1', '--control-port', '0', '--https-port', '0', '--amqp-port', '0']
    const { code, err } = await called(
      ...(how === 'exec' ? ['exec'] : ['--fixed-ports']),
      ...args,
      ...['--dir', directory],
      ...(how === 'exec' ? ['--', 'true'] : []),
    )
    expect(err).toMatch(
      /--mqtt-port: port 8883 is in use, and SDKs dial no other: use an address of its own \(--listen 127\.0\.0\.\d+, or --parallel\), or take any free port \(--mqtt-port 0\)\n$/,
    )
    expect(code).toBe(1)
    give()
  },
)

test('without --fixed-ports the hub takes a free port in place of a taken one, and says so', async () => {
  const give = await taken('127.81.0.2', 8883, 9443)
  const at = terminal()
  const args = [
    '--listen',
    '127.81.0.2',
    '--control-address',
    '127.81.0.2',
    '--https-port',
    '0',
    '--amqp-port',
    '0',
  ]
  const ended = run([...args, '--json', '--dir', directory], at)
  await once(at.stdout, 'data')
  expect(at.err).toContain('port 8883 is in use; using a free port (--mqtt-port)')
  expect(at.err).toContain('port 9443 is in use; using a free port (--control-port)')
  at.signals.emit('SIGINT')
  expect(await ended).toBe(0)
  give()
})

test('exec gives the command addresses, ports and whom to trust', async () => {
  const script = `
    const { readFileSync } = require('node:fs')
    const { env } = process
    const named = ['IOTHUB_MQTT_PORT', 'IOTHUB_HTTPS_PORT', 'IOTHUB_AMQP_PORT'].map((name) => Number(env[name]))
    const roots = (file) => readFileSync(file, 'utf8').split('BEGIN CERTIFICATE').length - 1
    const ok = {
      ports: named.every((port) => port > 0),
      address: env.IOTHUB_ADDRESS === '127.0.0.1' && env.IOTHUB_HOSTNAME === '127.0.0.1',
      ca: roots(env.MOCK_IOT_HUB_CA) === 2 && roots(env.NODE_EXTRA_CA_CERTS) >= 2,
      bundle: env.SSL_CERT_FILE === env.REQUESTS_CA_BUNDLE && roots(env.SSL_CERT_FILE) > 50,
      deviceCa: Buffer.from(env.IOTHUB_CA_ROOT_CERT, 'base64').equals(readFileSync(env.MOCK_IOT_HUB_DEVICE_CA)),
      deviceKey: Buffer.from(env.IOTHUB_CA_ROOT_CERT_KEY, 'base64').equals(readFileSync(env.MOCK_IOT_HUB_DEVICE_CA_KEY)),
    }
    for (const [name, value] of Object.entries(ok)) if (!value) console.error(name)
    process.exit(Object.values(ok).every(Boolean) ? 0 : 1)`
  expect((await called('exec', ...ANY_PORTS, '--', process.execPath, '-e', script)).code).toBe(0)
})

test('exec gives the command its environment and ends with its code', async () => {
  const script = `process.exit(process.env.IOTHUB_DEVICE_CONNECTION_STRING.includes('DeviceId=device-1') && process.env.NODE_EXTRA_CA_CERTS ? 7 : 1)`
  expect((await called('exec', ...ANY_PORTS, '--', process.execPath, '-e', script)).code).toBe(7)
})

test('exec of an unknown command: 127, as in a shell', async () => {
  const { code, err } = await called('exec', ...ANY_PORTS, '--', 'no-such-command-here')
  expect(err).toContain('exec: no-such-command-here: command not found')
  expect(code).toBe(127)
})

test('exec of a file that is not executable: 126, as in a shell', async () => {
  const file = join(directory, 'plain.txt')
  writeFileSync(file, 'text', { mode: 0o644 })
  const { code, err } = await called('exec', ...ANY_PORTS, '--', file)
  expect(err).toContain(`exec: ${file}: permission denied`)
  expect(code).toBe(126)
})

test('faults --json lists each fault type with its scope, trigger, parameters and a sentence', async () => {
  const { out } = await called('faults', '--json')
  const types = JSON.parse(out) as Record<string, unknown>[]
  expect(types.find(({ name }) => name === 'mqtt.puback.withhold')).toMatchObject({
    scope: 'identity',
    explain: expect.stringMatching(/^At .+, the hub .*\.$/) as unknown,
    parameters: {},
  })
})

test('edge-env prints the environment variables of a module', async () => {
  const at = terminal()
  const ended = run([...ANY_PORTS, '--json', '--module', 'gateway/filter'], at)
  await once(at.stdout, 'data')
  const { controlUrl } = JSON.parse(at.out.split('\n', 1)[0] ?? '') as { controlUrl: string }
  const { code, out } = await called('edge-env', 'gateway/filter', '--control', controlUrl)
  expect(code).toBe(0)
  expect(out).toContain('export IOTEDGE_DEVICEID=gateway\nexport IOTEDGE_MODULEID=filter\n')
  expect(out).toMatch(/IOTEDGE_MODULEGENERATIONID=\d{18}/)
  expect(out).toContain(`IOTEDGE_WORKLOADURI=unix://${join(directory, 'workload.sock')}`)
  at.signals.emit('SIGINT')
  await ended
})
