/**
 * `npm run devices -- [python paho node mqttjs mosquitto]`: sends devices that others wrote (`drivers/devices/`) through the quick
 * run, one after the other, and writes `docs/results/devices/`. `--again` judges the last recordings again.
 * The name hub.iot.test must lead to 127.0.0.1. Exits with 1 when a FAIL is not explained in `docs/results/devices/NAME.yaml`.
 */

import { spawnSync } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { parseDeviceFile } from '../../step-definitions/device/file/read.ts'
import { OUR_NUMBERS } from '../../step-definitions/device/catalogue/numbers.ts'
import { judge } from '../../step-definitions/device/judge/judge.ts'
import { parseRecording } from '../../step-definitions/device/recording/files.ts'
import { resultsOf, type DeviceResults } from '../../step-definitions/device/report/results.ts'
import { deviceRows } from '../../step-definitions/device/cli/run.ts'
import { devicePage, tableOfDevices } from './page.ts'
import { DRIVERS, installNode, installPython, pinned, versionOf } from '../oracle/install.ts'
import { enterNamespace } from '../oracle/namespace.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = join(ROOT, 'docs/results/devices')
const HOST = 'hub.iot.test'

interface Ready {
  readonly title: string
  readonly env?: Readonly<Record<string, string>>
  readonly missing?: string
}

const inPython = (name: string): Ready => {
  const installed = installPython()
  const title = `${pinned(name)} (Python)`
  return 'missing' in installed
    ? { title, missing: installed.missing }
    : { title, env: { PYTHON: installed.python } }
}
const inNode = (name: string): Ready => {
  installNode()
  return { title: `${name} ${versionOf(name)} (Node)` }
}

const DEVICES: Readonly<Record<string, (() => Ready) | undefined>> = {
  python: () => inPython('azure-iot-device'),
  paho: () => inPython('paho-mqtt'),
  node: () => inNode('azure-iot-device'),
  mqttjs: () => inNode('mqtt'),
  mosquitto: () => {
    const found = spawnSync('mosquitto_pub', ['--version'], { encoding: 'utf8' })
    // Nothing when the command is not there.
    const version = found.error === undefined ? /version (\S+)/.exec(found.stdout)?.[1] : undefined
    const title = `mosquitto_pub ${version ?? 'of an unknown version'} in a shell loop`
    return found.error === undefined
      ? { title }
      : { title, missing: 'there is no mosquitto_pub on this machine' }
  },
}

process.exitCode = await main(process.argv.slice(2))

async function main(given: readonly string[]): Promise<number> {
  const isAgain = given.includes('--again')
  const names = given.filter((one) => one !== '--again')
  const unknown = names.find((name) => DEVICES[name] === undefined)
  if (unknown !== undefined) {
    console.error(`devices: must be of ${Object.keys(DEVICES).join(', ')}, got ${unknown}`)
    return 2
  }
  const address = await lookup(HOST).catch(() => undefined)
  if (!isAgain && address?.address !== '127.0.0.1') {
    console.error(
      `devices: ${HOST} must lead to 127.0.0.1; add the line "127.0.0.1 ${HOST}" to the hosts file`,
    )
    return 2
  }
  const inside = isAgain ? undefined : enterNamespace()
  if (inside !== undefined) return inside
  const rows = (names.length === 0 ? Object.keys(DEVICES) : names).map((name) => certified(name, isAgain))
  writeFileSync(join(PAGES, 'README.md'), tableOfDevices(PAGES))
  return rows.every(Boolean) ? 0 : 1
}

/** @returns whether each FAIL is explained. */
function certified(name: string, isAgain: boolean): boolean {
  const ready = DEVICES[name]?.()
  if (ready === undefined || ready.missing !== undefined) {
    console.log(`${name}: skipped, ${ready?.missing ?? 'unknown'}`)
    return true
  }
  const reports = join(ROOT, 'reports/devices', name)
  if (!isAgain) {
    const command = [
      'step-definitions/conformance/main.ts',
      'device',
      'run',
      join(DRIVERS, 'devices', `${name}.yaml`),
    ]
    spawnSync(
      process.execPath,
      ['--import', 'tsx', '--no-warnings', ...command, '--quick', '--no-person', '--reports', reports],
      { stdio: 'inherit', cwd: ROOT, env: { ...process.env, ...ready.env } },
    )
  }
  const results = judgedAgain(reports)
  const notes = join(PAGES, `${name}.yaml`)
  const explained = existsSync(notes) ? (parse(readFileSync(notes, 'utf8')) as Record<string, string>) : {}
  mkdirSync(PAGES, { recursive: true })
  writeFileSync(join(PAGES, `${name}.md`), devicePage(name, ready.title, results, explained))
  const failed = results.rows.filter(({ word }) => word === 'FAIL')
  const bare = failed.filter(({ id }) => explained[id] === undefined)
  for (const { id, why } of bare) console.log(`${name}: ${id} fails and is not explained: ${why}`)
  console.log(`${name}: ${String(failed.length)} failed, ${String(bare.length)} of them not explained`)
  return bare.length === 0
}

function judgedAgain(reports: string): DeviceResults {
  const path = join(reports, 'journal.ndjson')
  const recording = parseRecording(readFileSync(path, 'utf8'), path)
  const deviceFileText = readFileSync(join(reports, 'device.yaml'), 'utf8')
  const file = parseDeviceFile(deviceFileText)
  const verdicts = judge(recording, file, deviceRows())
  return resultsOf({ recording, verdicts, file, deviceFileText, numbers: OUR_NUMBERS })
}
