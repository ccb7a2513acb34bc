import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { startMockHub } from 'mock-iot-hub'

interface Totals {
  readonly subject: { readonly hub: string }
  readonly planned: number
  readonly verdicts: Readonly<Record<string, number>>
}

/** A connection over WebSocket, a telemetry message, and a token that expires. */
const REQUIREMENTS = ['WIRE-CONN-03', 'WIRE-D2C-11', 'WIRE-AUTH-13']

async function judge(flags: readonly string[], amqpPort: false | 0 = false): Promise<Totals> {
  const reports = mkdtempSync(join(tmpdir(), 'remote-hub-'))
  onTestFinished(() => {
    rmSync(reports, { recursive: true })
  })
  const hub = await startMockHub({ hostName: 'hub.example', amqpPort })
  onTestFinished(() => hub.stop())
  const caFile = join(reports, 'ca.pem')
  writeFileSync(caFile, hub.caPem)
  const secretFile = join(reports, 'connection-string')
  writeFileSync(secretFile, hub.serviceConnectionString)
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--no-warnings', '--import=tsx', 'step-definitions/conformance/main.ts', 'run', '--json'],
    ...['--reports', reports, '--requirement', ...REQUIREMENTS, '--hub', `@${secretFile}`],
    ...['--hub-address', hub.address],
    ...['--hub-ports', [hub.mqttPort, hub.httpsPort, hub.amqpPort ?? []].flat().join(',')],
    ...['--hub-ca', caFile, ...flags.map((flag) => flag.replace('CONTROL', hub.controlUrl ?? ''))],
  ])
  expect([...hub.registry.devices()]).toEqual([])
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
