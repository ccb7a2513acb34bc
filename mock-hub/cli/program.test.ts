/** The command as a person or a script runs it. */

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'mqtt'
import { afterAll, expect, test } from 'vitest'
import { HubClock } from '../base/clock.ts'
import { run } from './program.ts'
import { called, terminal } from './testing/fake-terminal.ts'

const directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-cli-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})
const ANY_PORTS = [
  ...['--mqtt-port', '0', '--https-port', '0', '--amqp-port', '0', '--control-port', '0'],
  ...['--dir', directory],
]

test('--help fits a screen and ends with 0', async () => {
  const { code, out } = await called('--help')
  expect(code).toBe(0)
  expect(out).toContain('--mqtt-port')
  expect(out.split('\n').length).toBeLessThanOrEqual(55)
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
  [
    ['--setting', 'tokenGraceSecs=3'],
    `There is no setting "tokenGraceSecs" (did you mean "tokenGraceSeconds"?); docs/settings.md lists all.`,
  ],
  [['--setting', 'c2dLockSeconds=x'], 'Expected c2dLockSeconds to be a number from 0; given: "x".'],
  [['--setting', 'c2dLockSeconds'], 'Expected it to be NAME=VALUE.'],
  [['--control-token', '@no-such-file'], '--control-token: no-such-file cannot be read: ENOENT'],
  [['expire-token', 'a/b/c'], 'expire-token: expected DEVICE or DEVICE/MODULE; given: "a/b/c"'],
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

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync('mock-hub/package.json', 'utf8')) as { version: string }
  expect(await called('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
})

test('an invalid seed file: exit code 2, the field, the rule and the given value', async () => {
  const file = join(directory, 'wrong.yaml')
  writeFileSync(file, 'devices: [{ deviceId: 5 }]')
  const { code, err } = await called('--seed', file)
  expect(err).toContain(`--seed ${file}: expected seed.devices[0].deviceId to be an ID`)
  expect(code).toBe(2)
})

const CONNECTION = `HostName=h;SharedAccessKeyName=o;SharedAccessKey=${'QUJD'.repeat(10)}=`
test.each([
  ['--setting', `hostName=${CONNECTION}`],
  ['--seed', `/nowhere/${CONNECTION}`],
  ['--hostname', CONNECTION],
  ['--json', '--seed', `/nowhere/${CONNECTION}`],
  ['data', 'check', `/nowhere/${CONNECTION}`],
  ['tail', '--control', `http://127.0.0.1:1/?${CONNECTION}`],
])('an error about %s shows no secret of what was given', async (...args) => {
  const at = terminal()
  expect(await run(args, at)).toBeGreaterThan(0)
  expect(at.out + at.err).toContain('SharedAccessKey')
  expect(at.out + at.err).not.toContain('QUJD')
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

/** A hub on free ports that prints JSON; `ready` is its first line. */
async function runs(...args: string[]) {
  const at = terminal()
  const ended = run([...ANY_PORTS, '--json', ...args], at)
  await once(at.stdout, 'data')
  const ready = JSON.parse(at.out.split('\n', 1)[0] ?? '') as {
    readonly controlUrl: string
    readonly devices: readonly { readonly connectionString: string }[]
  }
  const events = (): Record<string, unknown>[] =>
    at.out
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  const stop = async (): Promise<void> => {
    at.signals.emit('SIGINT')
    await ended
  }
  return { ready, events, stop }
}

test('--setting changes settings, a flag of its own wins', async () => {
  process.env['MOCK_IOT_HUB_SETTING'] = 'c2dQueueDepth=1'
  const first = await runs()
  Reflect.deleteProperty(process.env, 'MOCK_IOT_HUB_SETTING')
  const send = (controlUrl: string) =>
    fetch(`${controlUrl}/devices/device-1/messages`, { method: 'POST', body: '{"body":"x"}' })
  expect([(await send(first.ready.controlUrl)).status, (await send(first.ready.controlUrl)).status]).toEqual([
    202, 403,
  ])
  await first.stop()
  const second = await runs('--setting', 'c2dQueueDepth=2', 'tier=B1', '--tier', 'S1')
  expect((await send(second.ready.controlUrl)).status).toBe(202)
  await second.stop()
})

test('a snapshot is a seed, alone', async () => {
  const first = await runs('--device', 'thermostat')
  const file = join(directory, 'snapshot.json')
  writeFileSync(file, await (await fetch(`${first.ready.controlUrl}/snapshot`)).text())
  await first.stop()
  const second = await runs('--seed', file, '--random-seed', '7')
  expect(second.ready.devices).toEqual(first.ready.devices)
  await second.stop()
  expect((await called('--seed', file, '--device', 'x')).err).toContain(
    '--device, --module: expected none beside a snapshot, which is the whole state',
  )
})

test('a control token comes from a file; commands for a running hub use it too', async () => {
  const file = join(directory, 'token')
  writeFileSync(file, 'secret-of-the-control-api\n')
  const { ready, stop } = await runs('--control-token', `@${file}`)
  const at = ['--control', ready.controlUrl]
  for (const command of [['expire-token', 'device-1'], ['tail']])
    expect((await called(...command, ...at)).err).toContain('expects its control token: --control-token')
  expect((await called('expire-token', 'device-1', ...at, '--control-token', `@${file}`)).err).toBe(
    'mock-iot-hub: expireToken: expected identity to have connected, or sent a request, with a token; given: "device-1"\n',
  )
  await stop()
})

test('--json: events of the journal, and a start that fails is an error', async () => {
  const { ready, events, stop } = await runs()
  await fetch(`${ready.controlUrl}/devices`, { method: 'POST', body: '{"deviceId":"a"}' })
  await stop()
  expect(events().map(({ event }) => event)).toEqual(['registry'])
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { code, out } = await called(...ANY_PORTS, '--json', '--mqtt-port', String(port))
  expect([code, JSON.parse(out)]).toEqual([
    1,
    {
      event: 'error',
      at: expect.any(Number) as unknown,
      message: `--mqtt-port: port ${String(port)} is in use`,
    },
  ])
  other.close()
})

test('--json: what the journal lacks is a warning', async () => {
  const at = terminal()
  // There is no browser.
  Object.assign(at.env, { PATH: directory })
  const ended = run([...ANY_PORTS, '--json', '--open'], at)
  while (!at.out.includes('"warning"')) await once(at.stdout, 'data')
  at.signals.emit('SIGINT')
  await ended
  expect(JSON.parse(at.out.trimEnd().split('\n').at(-1) ?? '')).toEqual({
    event: 'warning',
    at: expect.any(Number) as unknown,
    message: expect.stringMatching(/^--open: cannot start .* yourself$/) as unknown,
  })
})

test('a signal that comes before a hub is ready, or with the line that says so, stops it in order', async () => {
  const at = terminal()
  const ended = run(ANY_PORTS, at)
  await at.listens
  expect(at.out).toBe('')
  at.signals.emit('SIGTERM')
  expect(await ended).toBe(0)
  expect(at.out).toMatch(/mock-iot-hub is ready[^]* SIGTERM: stopping\n$/)
})

test('a signal that comes before exec has a hub ends it without the command', async () => {
  const at = terminal()
  const ended = run(['exec', ...ANY_PORTS, '--', process.execPath, '-e', 'process.exit(7)'], at)
  await at.listens
  at.signals.emit('SIGTERM')
  expect(await ended).toBe(143)
})

test('lines carry the time of the hub', async () => {
  const at = terminal()
  const ended = run(ANY_PORTS, at)
  await at.ready
  at.signals.emit('SIGTERM')
  await ended
  expect(at.out).toMatch(/^\d\d:\d\d:\d\d\.\d{3} SIGTERM: stopping$/m)
})

test('the refusal in the README is what the hub prints', async () => {
  const readme = readFileSync('README.md', 'utf8')
  const [sample = ''] = /^\d\d:\d\d:\d\d\.\d{3} thermostat over mqtt: [^`]*/m.exec(readme) ?? []
  const at = terminal()
  const ended = run([...ANY_PORTS, '--device', 'thermostat'], at)
  await at.ready
  const port = Number(/^ +MQTT +127\.0\.0\.1:(\d+)/m.exec(at.out)?.[1])
  const se = String(Math.floor(new HubClock().now() / 1000) + 60)
  const signature = Buffer.alloc(32).toString('base64')
  const client = connect({
    ...{ protocol: 'mqtts', host: '127.0.0.1', port, ca: readFileSync(join(directory, 'ca.pem')) },
    ...{ clientId: 'thermostat', username: '127.0.0.1/thermostat/?api-version=2021-04-12' },
    password: `SharedAccessSignature sr=127.0.0.1%2Fdevices%2Fthermostat&sig=${encodeURIComponent(signature)}&se=${se}`,
    reconnectPeriod: 0,
  })
  await new Promise((resolve) => client.once('error', resolve))
  client.end(true)
  at.signals.emit('SIGTERM')
  await ended
  const squeezed = (text: string): string =>
    text
      .replace(/^[\d:.]+ /gm, '')
      .replace(/\s+/g, ' ')
      .trim()
  expect(squeezed(sample)).not.toBe('')
  expect(squeezed(at.out)).toContain(squeezed(sample))
})

test.each(['SIGINT', 'SIGTERM'])('tail that %s ends prints nothing more and ends with 0', async (signal) => {
  const { ready, stop } = await runs()
  const at = terminal()
  const ended = run(['tail', '--control', ready.controlUrl, '--all'], at)
  await fetch(`${ready.controlUrl}/devices/device-1/twin`, { method: 'PATCH', body: '{"tags":{"a":1}}' })
  await at.listens
  at.signals.emit(signal)
  expect([await ended, at.out, at.err]).toEqual([0, '', ''])
  await stop()
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

test('a file named like the workload socket is kept: exit code 1 and one sentence', async () => {
  const own = mkdtempSync(join(tmpdir(), 'mock-iot-hub-cli-'))
  const file = join(own, 'workload.sock')
  writeFileSync(file, 'text')
  const { code, err } = await called(...ANY_PORTS, '--dir', own)
  expect(err).toContain(
    `mock-iot-hub: the Unix socket ${file} cannot be opened: a file that is no socket has this name\n`,
  )
  expect(code).toBe(1)
  expect(readFileSync(file, 'utf8')).toBe('text')
  rmSync(own, { recursive: true })
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
