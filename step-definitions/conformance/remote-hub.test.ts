import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { startMockHub } from 'mock-iot-hub'
import { conformance } from './program.ts'
import type { RequirementResult } from './results.ts'

const HUB = 'HostName=h;SharedAccessKeyName=a;SharedAccessKey=b'

/** A connection over WebSocket, a telemetry message, and a token that expires. */
const OF_THE_HUB = ['WIRE-CONN-03', 'WIRE-D2C-11', 'WIRE-AUTH-13']
/** A device of a group over MQTT, one over AMQP, a disabled enrollment, one poll in vain, and throttles. */
const OF_PROVISIONING = ['DPS-HUB-01', 'DPS-AMQP-05', 'DPS-POLL-08', 'DPS-POLL-03', 'DPS-LIM-01']

interface Judged {
  readonly hub: string
  /** By requirement, the verdicts of its scenarios. */
  readonly verdicts: Readonly<Record<string, readonly string[]>>
}

/** Runs the suite once, in a process of its own, against a hub that it knows by its connection string. */
async function judge(
  requirements: readonly string[],
  flags: readonly string[],
  { amqpPort = 0, ...settings }: { readonly amqpPort?: false | 0; readonly dpsThrottles?: boolean } = {},
): Promise<Judged> {
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
  await promisify(execFile)(process.execPath, [
    ...['--no-warnings', '--import=tsx', 'step-definitions/conformance/main.ts', 'run'],
    ...['--reports', reports, '--requirement', ...requirements, '--hub', `@${secretFile}`],
    ...['--hub-address', hub.address],
    ...['--hub-ports', ports],
    ...['--hub-ca', caFile, ...flags.map((flag) => places.get(flag) ?? flag)],
  ])
  expect([...hub.registry.devices()]).toEqual([])
  const { enrollments, enrollmentGroups, registrations } = hub.provisioning ?? {}
  expect([enrollments?.list(), enrollmentGroups?.list(), registrations?.list()]).toEqual([[], [], []])
  const { subject, records } = JSON.parse(readFileSync(join(reports, 'results.json'), 'utf8')) as {
    readonly subject: { readonly hub: string }
    readonly records: readonly RequirementResult[]
  }
  const judged = records.filter(({ scenarios }) => scenarios.length > 0)
  return {
    hub: subject.hub,
    verdicts: Object.fromEntries(
      judged.map(({ requirement, scenarios }) => [requirement, scenarios.map(({ verdict }) => verdict)]),
    ),
  }
}

/** What a hub that can be wound, with a provisioning service that throttles, is told of each. */
const ALL = {
  'WIRE-CONN-03': ['PASS', 'PASS'],
  'WIRE-D2C-11': ['PASS'],
  'WIRE-AUTH-13': ['PASS'],
  'DPS-HUB-01': ['PASS', 'PASS'],
  'DPS-AMQP-05': ['PASS', 'PASS', 'PASS', 'PASS'],
  'DPS-POLL-08': ['PASS'],
  'DPS-POLL-03': ['PASS'],
  'DPS-LIM-01': ['PASS'],
}
const DPS = ['--dps', 'DPS', '--dps-scope', '0ne00000000', '--dps-ports', 'PORTS']

test('with a control listener, hub and provisioning service are judged in all, and what was made is removed', async () => {
  const flags = [...DPS, '--hub-control', 'CONTROL']
  const { hub, verdicts } = await judge([...OF_THE_HUB, ...OF_PROVISIONING], flags, { dpsThrottles: true })
  expect(hub).toBe('hub.example')
  expect(verdicts).toEqual(ALL)
})

test('without one, messages are read over AMQP; what needs another time is not supported', async () => {
  const { verdicts } = await judge([...OF_THE_HUB, ...OF_PROVISIONING], DPS, { dpsThrottles: true })
  expect(verdicts).toEqual({ ...ALL, 'WIRE-AUTH-13': ['NOT_SUPPORTED'], 'DPS-POLL-03': ['NOT_SUPPORTED'] })
})

test('without AMQP, messages cannot be read; without --dps, provisioning is not judged', async () => {
  const { verdicts } = await judge([...OF_THE_HUB, 'DPS-POLL-08'], [], { amqpPort: false })
  expect(verdicts).toEqual({
    'WIRE-CONN-03': ['PASS', 'PASS'],
    'WIRE-D2C-11': ['NOT_SUPPORTED'],
    'WIRE-AUTH-13': ['NOT_SUPPORTED'],
    'DPS-POLL-08': ['NOT_SUPPORTED'],
  })
})

test('a service with a control listener that was started without throttles is not judged by them', async () => {
  const { verdicts } = await judge(['DPS-LIM-01', 'DPS-POLL-08'], [...DPS, '--hub-control', 'CONTROL'])
  expect(verdicts).toEqual({ 'DPS-LIM-01': ['NOT_SUPPORTED'], 'DPS-POLL-08': ['PASS'] })
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
