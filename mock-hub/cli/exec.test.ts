/** `exec` through the real command line: several at once in one folder, and in namespaces. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const HUB = join(import.meta.dirname, '../../scripts/hub.js')
const SLOW = 120_000
let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-exec-'))
})
afterAll(() => {
  rmSync(directory, { recursive: true })
})

interface Result {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function exec(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const { child, ended } = start(args, env)
  child.stdin.end()
  return ended
}

/** Starts the command line; its standard input stays open. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [HUB, 'exec', ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (text: Buffer) => (out += text.toString()))
  child.stderr.on('data', (text: Buffer) => (err += text.toString()))
  const ended = new Promise<Result>((resolve) => {
    child.once('close', (code) => {
      resolve({ code, out, err })
    })
  })
  return { child, ended }
}

/** A client in another process, as users run it: it trusts what its environment names. */
function client(name: string, text: string): string {
  const file = join(directory, name)
  writeFileSync(file, text)
  return file
}
const handshakes = `
  import { connect } from 'node:tls'
  export const { env } = process
  const secured = (host, port) => new Promise((resolve, reject) => {
    const socket = connect({ host, port, servername: /^[\\d.]+$/.test(host) ? '' : host })
    socket.once('secureConnect', () => { socket.destroy(); resolve(socket.authorized) }).once('error', reject)
  })
  const ports = [env.IOTHUB_MQTT_PORT, env.IOTHUB_HTTPS_PORT, env.IOTHUB_AMQP_PORT].map(Number)
  for (const port of ports) await secured(env.IOTHUB_HOSTNAME, port)
  console.log(JSON.stringify({ ports, address: env.IOTHUB_ADDRESS, device: env.IOTHUB_DEVICE_CONNECTION_STRING, uid: process.getuid() }))
  // The hub lives until the test has seen all of them.
  process.stdin.resume()
`

test(
  'uploads that a killed hub has left are deleted at the next start',
  async () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    const left = join(directory, `mock-iot-hub-blobs-${hostname()}-${String(pid)}-ABCdef`)
    mkdirSync(left)
    writeFileSync(join(left, '1'), 'bytes')
    const file = client(
      'waits.mjs',
      `import { existsSync } from 'node:fs'
      while (existsSync(process.env.LEFT)) await new Promise((resolve) => setImmediate(resolve))`,
    )
    const args = ['--quiet', '--dir', join(directory, 'ca'), '--', process.execPath, file]
    expect(await exec(args, { TMPDIR: directory, LEFT: left })).toMatchObject({ code: 0 })
  },
  SLOW,
)

test(
  'four at once in one folder: each has an address and a workload socket of its own, and all pass',
  async () => {
    const file = client('handshakes.mjs', handshakes)
    const args = ['--parallel', '--dir', directory, '--', process.execPath, file]
    const running = Array.from({ length: 4 }, () => start(args))
    await Promise.all(running.map(({ child, ended }) => Promise.race([once(child.stdout, 'data'), ended])))
    for (const { child } of running) child.stdin.end()
    const all = await Promise.all(running.map(({ ended }) => ended))
    for (const { code, err } of all) expect([code, code === 0 ? '' : err]).toEqual([0, ''])
    const said = all.map(({ out }) => JSON.parse(out) as { address: string; ports: number[]; device: string })
    expect(new Set(said.map(({ address }) => address)).size).toBe(4)
    for (const { ports } of said) expect([ports[0], ports[2]]).toEqual([8883, 5671])
    // All of them took the sockets with them.
    expect(readdirSync(directory).filter((name) => name.endsWith('.sock'))).toEqual([])
  },
  SLOW,
)

test(
  'an exec that ends leaves the workload socket of another hub in its folder alone',
  async () => {
    const any = ['--mqtt-port', '0', '--https-port', '0', '--amqp-port', '0', '--dir', directory]
    const inner = [process.execPath, HUB, 'exec', ...any, '--', 'true']
    const check = `${inner.map((part) => `'${part}'`).join(' ')} && test -S '${directory}/workload.sock'`
    expect(await exec([...any, '--', 'sh', '-c', check])).toMatchObject({ code: 0 })
    expect(existsSync(join(directory, 'workload.sock'))).toBe(false)
  },
  SLOW,
)

const HOST = 'my-hub.azure-devices.net'
const NAMESPACES = ['--user', '--map-root-user', '--net', '--mount', '--', 'true']
const allowed = spawnSync('unshare', NAMESPACES).status === 0

describe.skipIf(!allowed)(`exec --isolated${allowed ? '' : ': namespaces are not allowed here'}`, () => {
  const isolated = ['--isolated', '--hostname', HOST]

  test(
    'any number at once: the production name leads to each hub, and its CA is trusted',
    async () => {
      const file = client('handshakes.mjs', handshakes)
      const run = (): Promise<Result> => exec([...isolated, '--dir', directory, '--', process.execPath, file])
      for (const { code, out, err } of await Promise.all([run(), run()])) {
        expect([code, code === 0 ? '' : err]).toEqual([0, ''])
        const { ports, device, uid } = JSON.parse(out) as { ports: number[]; device: string; uid: number }
        expect(ports).toEqual([8883, 443, 5671])
        expect(device).toMatch(`HostName=${HOST};DeviceId=device-1;`)
        expect(uid).toBe(process.getuid?.())
      }
    },
    SLOW,
  )

  test(
    'a client that reads no variable trusts the roots of the system, and finds the CA among them',
    async () => {
      const command = ['openssl', 's_client', '-connect', `${HOST}:8883`, '-verify_hostname', HOST]
      const bare = ['env', '-i', 'PATH=/usr/bin:/bin', ...command, '-verify_return_error']
      const file = '/etc/ssl/certs/ca-certificates.crt'
      const args = [...isolated, '--dir', directory, '--', ...bare, '-CAfile', file]
      const { code, out } = await exec(args)
      expect(out).toContain('Verify return code: 0 (ok)')
      expect(code).toBe(0)
    },
    SLOW,
  )

  test(
    'the exit code and the signal of the command come through',
    async () => {
      const run = ['--dir', directory, '--', 'sh', '-c']
      expect((await exec([...isolated, ...run, 'exit 7'])).code).toBe(7)
      const { child, ended } = start([
        ...isolated,
        '--listen',
        '127.0.0.9',
        ...run,
        'echo up; exec sleep 1000',
      ])
      await once(child.stdout, 'data')
      child.kill('SIGTERM')
      expect((await ended).code).toBe(143)
    },
    SLOW,
  )
})

test(
  'exec --isolated where it cannot be: one sentence and exit code 1',
  async () => {
    const empty = join(directory, 'no-programs')
    const { code, err } = await exec(['--isolated', '--dir', directory, '--', 'true'], { PATH: empty })
    expect(err).toMatch(/^mock-iot-hub: exec --isolated: it needs (Linux|the program unshare)/)
    expect(code).toBe(1)
  },
  SLOW,
)
