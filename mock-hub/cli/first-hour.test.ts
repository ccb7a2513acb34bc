/** What a newcomer meets in the first hour, through the command: a handshake that fails, what is printed for Java, a reset. */

import { spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { connectAsync } from 'mqtt'
import { afterAll, expect, test } from 'vitest'
import { HubClock } from '../base/clock.ts'
import { run } from './program.ts'
import { terminal } from './testing/fake-terminal.ts'

const directory = mkdtempSync(join(tmpdir(), "a person's first hour "))
afterAll(() => {
  rmSync(directory, { recursive: true })
})
const ANY_PORTS = ['--mqtt-port', '0', '--https-port', '0', '--amqp-port', '0', '--control-port', '0']

interface Ready {
  readonly controlUrl: string
  readonly mqttPort: number
  readonly caPath: string
  readonly devices: readonly [{ readonly connectionString: string }]
}

async function started(...args: string[]) {
  const at = terminal()
  const ended = run([...ANY_PORTS, '--dir', directory, '--device', 'thermostat', ...args], at)
  await (args.includes('--json') ? once(at.stdout, 'data') : at.ready)
  const stop = async (): Promise<void> => {
    at.signals.emit('SIGINT')
    await ended
  }
  return { at, stop }
}

/** @param seconds from now until its token expires. */
async function sendsTelemetry({ devices, mqttPort, caPath }: Ready, seconds: number): Promise<void> {
  const key = /SharedAccessKey=(.*)/.exec(devices[0].connectionString)?.[1] ?? ''
  const resource = encodeURIComponent('127.0.0.1/devices/thermostat')
  const expiry = String(Math.floor(new HubClock().now() / 1_000) + seconds)
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${resource}\n${expiry}`)
  const client = await connectAsync({
    ...{ protocol: 'mqtts', host: '127.0.0.1', port: mqttPort, ca: readFileSync(caPath) },
    ...{ clientId: 'thermostat', username: '127.0.0.1/thermostat/?api-version=2021-04-12' },
    password: `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature.digest('base64'))}&se=${expiry}`,
    reconnectPeriod: 0,
  })
  await client.publishAsync('devices/thermostat/messages/events/', '21.5', { qos: 1 })
  await client.endAsync()
}

test('a client without the CA: the command says who it was, why it failed, and what to export', async () => {
  const { at, stop } = await started()
  const port = Number(/^ +MQTT +127\.0\.0\.1:(\d+)/m.exec(at.out)?.[1])
  const socket = connectTls({ host: '127.0.0.1', port })
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/)
  socket.destroy()
  await stop()
  const line = at.out.split('\n').find((one) => one.includes('handshake')) ?? ''
  expect(line).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} mqtt: the TLS handshake of 127\.0\.0\.1:\d+ at port \d+ failed: /,
  )
  expect(line).toContain(`at port ${String(port)}`)
  expect(line).toContain(`SSL_CERT_FILE=${join(directory, 'ca-bundle.pem')}`)
})

const hasJava = ['keytool', 'java'].every((tool) => spawnSync(tool, ['-help']).error === undefined)

test.skipIf(!hasJava)(
  'the lines for Java work as they are printed, in a folder with a blank and a quote in its name',
  async () => {
    const { at, stop } = await started()
    await stop()
    const lines = at.out.split('\n').filter((line) => line.includes('# Java'))
    expect(lines).toHaveLength(2)
    const script = [...lines, 'java -XshowSettings:properties -version'].join('\n')
    const { status, stdout, stderr } = spawnSync('sh', ['-ec', script], { encoding: 'utf8' })
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, ''])
    expect(stderr).toContain(`javax.net.ssl.trustStore = ${join(directory, 'truststore.p12')}\n`)
    expect(stderr).toContain('javax.net.ssl.trustStorePassword = changeit\n')
  },
  30_000,
)

test('--json: a refusal is one line, the event of the journal', async () => {
  const { at, stop } = await started('--json')
  const ready = JSON.parse(at.out.split('\n', 1)[0] ?? '') as Ready
  await expect(sendsTelemetry(ready, -3_600)).rejects.toThrow('Not authorized')
  await stop()
  const lines = at.out
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line) as { readonly event: string })
  expect(lines.filter(({ event }) => ['refusal', 'warning'].includes(event))).toEqual([
    expect.objectContaining({ event: 'refusal', identity: 'thermostat' }),
  ])
  expect(at.err).not.toContain('Unauthorized')
})

test('a reset over the control API takes back telemetry and a wound clock', async () => {
  const { at, stop } = await started('--json')
  const ready = JSON.parse(at.out.split('\n', 1)[0] ?? '') as Ready
  const call = async (method: string, path: string, body?: string): Promise<unknown> =>
    (await fetch(`${ready.controlUrl}${path}`, { method, ...(body === undefined ? {} : { body }) }))
      .text()
      .then((text) => (text === '' ? undefined : (JSON.parse(text) as unknown)))
  await sendsTelemetry(ready, 3_600)
  await call('POST', '/clock/advance', '{"by":"2h"}')
  expect(await call('GET', '/telemetry')).toMatchObject([{ body: '21.5' }])
  await expect(sendsTelemetry(ready, 3_601)).rejects.toThrow('Not authorized')
  expect(await call('GET', '/explain/last')).toMatchObject({
    sentence: expect.stringContaining("the hub's clock is 2h ahead of the system clock") as string,
  })
  await call('POST', '/reset')
  expect(await call('GET', '/telemetry')).toEqual([])
  expect(await call('GET', '/clock')).toMatchObject({ offsetSeconds: 0, frozen: false })
  await sendsTelemetry(ready, 3_602)
  await stop()
})
