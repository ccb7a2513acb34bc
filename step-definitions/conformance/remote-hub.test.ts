import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { startMockHub, type MockHubOptions } from 'mock-iot-hub'
import { conformance } from './program.ts'

const HUB = 'HostName=h;SharedAccessKeyName=a;SharedAccessKey=b'

interface Totals {
  readonly subject: { readonly hub: string }
  readonly planned: number
  readonly verdicts: Readonly<Record<string, number>>
}

/** A connection over WebSocket, a telemetry message, and a token that expires. */
const REQUIREMENTS = ['WIRE-CONN-03', 'WIRE-D2C-11', 'WIRE-AUTH-13']
/** A device of a group over MQTT, one over AMQP, a disabled enrollment, and one poll in vain. */
const OF_PROVISIONING = ['DPS-HUB-01', 'DPS-AMQP-05', 'DPS-POLL-08', 'DPS-POLL-03']

async function judge(
  flags: readonly string[],
  amqpPort: false | 0 = false,
  requirements = REQUIREMENTS,
  settings: MockHubOptions['settings'] = {},
): Promise<Totals> {
  const reports = mkdtempSync(join(tmpdir(), 'remote-hub-'))
  onTestFinished(() => {
    rmSync(reports, { recursive: true })
  })
  const hub = await startMockHub({ hostName: 'hub.example', amqpPort, settings })
  onTestFinished(() => hub.stop())
  const caFile = join(reports, 'ca.pem')
  writeFileSync(caFile, hub.caPem)
  const secretFile = join(reports, 'connection-string')
  writeFileSync(secretFile, hub.serviceConnectionString)
  const ports = [hub.mqttPort, hub.httpsPort, hub.amqpPort ?? []].flat().join(',')
  const places = new Map([
    ['CONTROL', hub.controlUrl ?? ''],
    ['DPS', hub.provisioning?.serviceConnectionString ?? ''],
    ['PORTS', ports],
  ])
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--no-warnings', '--import=tsx', 'step-definitions/conformance/main.ts', 'run', '--json'],
    ...['--reports', reports, '--requirement', ...requirements, '--hub', `@${secretFile}`],
    ...['--hub-address', hub.address],
    ...['--hub-ports', ports],
    ...['--hub-ca', caFile, ...flags.map((flag) => places.get(flag) ?? flag)],
  ])
  expect([...hub.registry.devices()]).toEqual([])
  const { enrollments, enrollmentGroups, registrations } = hub.provisioning ?? {}
  expect([enrollments?.list(), enrollmentGroups?.list(), registrations?.list()]).toEqual([[], [], []])
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Totals
}

test('a remote hub is tested by its connection string, and everything registered is removed', async () => {
  const { subject, planned, verdicts } = await judge(['--hub-control', 'CONTROL'])
  expect(subject).toEqual({ hub: 'hub.example' })
  expect(verdicts).toMatchObject({ PASS: planned, NOT_SUPPORTED: 0 })
})

test('without a control listener, scenarios that need time or messages are not supported', async () => {
  const { planned, verdicts } = await judge([])
  expect(verdicts).toMatchObject({ PASS: 2, NOT_SUPPORTED: planned - 2 })
})

test('without a control listener, messages are read over AMQP at the endpoint for events', async () => {
  const { planned, verdicts } = await judge([], 0)
  expect(verdicts).toMatchObject({ PASS: planned - 1, NOT_SUPPORTED: 1 })
})

const DPS = ['--dps', 'DPS', '--dps-scope', '0ne00000000', '--dps-ports', 'PORTS']

test('a provisioning service elsewhere is tested beside its hub, and everything enrolled is removed', async () => {
  const { planned, verdicts } = await judge([...DPS, '--hub-control', 'CONTROL'], 0, OF_PROVISIONING)
  expect(verdicts).toMatchObject({ PASS: planned, NOT_SUPPORTED: 0 })
})

test('without a control listener, the service cannot be made to wait; without --dps it is not tested', async () => {
  const of = await judge(DPS, 0, OF_PROVISIONING)
  expect(of.verdicts).toMatchObject({ PASS: of.planned - 1, NOT_SUPPORTED: 1 })
  // A run in which nothing is judged fails.
  const without = await judge([], 0, ['DPS-POLL-08', 'WIRE-CONN-03'])
  expect(without.verdicts).toMatchObject({ PASS: without.planned - 1, NOT_SUPPORTED: 1 })
})

test.each([
  [['--dps', 'HostName=x;SharedAccessKeyName=a;SharedAccessKey=b'], '--dps: needs --hub'],
  [['--hub', HUB, '--dps', 'HostName=x'], '--dps: must contain HostName, SharedAccessKeyName'],
  [['--hub', HUB, '--dps', HUB], '--dps: needs --dps-scope'],
  [['--hub', HUB, '--dps-scope', '0ne1'], '--dps-scope: needs --dps'],
  [['--hub', HUB, '--dps', HUB, '--dps-scope', '0ne1', '--dps-ports', 'x,y'], '--dps-ports: must be'],
])('%j is refused', async (flags, message) => {
  const written: string[] = []
  const terminal = {
    stdout: { on: () => undefined, write: () => true },
    stderr: { write: (text: string) => written.push(text) },
  }
  const code = await conformance(
    ['run', ...flags],
    terminal as unknown as Pick<NodeJS.Process, 'stdout' | 'stderr'>,
  )
  expect([code, written.join('')]).toEqual([2, expect.stringContaining(message)])
})

test.each([
  ['a service with a control listener, started with throttles', ['--hub-control', 'CONTROL'], true, 0],
  ['a service with a control listener, started without', ['--hub-control', 'CONTROL'], false, 1],
  ['any service without a control listener, as a real one throttles', [], true, 0],
] as const)('DPS-LIM-01 is judged at %s', async (_which, flags, dpsThrottles, notSupported) => {
  const { planned, verdicts } = await judge([...DPS, ...flags], 0, ['DPS-LIM-01', 'DPS-POLL-08'], {
    dpsThrottles,
  })
  expect(verdicts).toMatchObject({ PASS: planned - notSupported, NOT_SUPPORTED: notSupported })
})
