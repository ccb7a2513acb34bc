/**
 * The proof with strangers' code: official, unmodified SDKs against this hub, both ends checked.
 *
 *     npm run oracle [-- --quick] [--json]
 *
 * Prints one line a check and ends with `oracle: N passed, N failed, N skipped`; exit 1 when one fails. What is missing on
 * this machine counts as skipped, never as passed.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMockHub, type MockHub } from '../mock-hub/index.ts'
import { ProcessDriver } from '../step-definitions/driver/process-driver.ts'
import { Checks } from './oracle/checks.ts'
import { checkIdentity, checkRefusals } from './oracle/devices.ts'
import { installNode, installPython, pinned, versionOf } from './oracle/install.ts'
import { checkService } from './oracle/services.ts'
import { enterNamespace } from './oracle/namespace.ts'

const DRIVERS = join(import.meta.dirname, '../drivers')
const has = (flag: string): boolean => process.argv.includes(flag)

installNode()
const installed = installPython()
const inside = enterNamespace()
process.exitCode = inside ?? (await consult())

async function consult(): Promise<number> {
  const checks = new Checks(has('--json'))
  const directory = mkdtempSync(join(tmpdir(), 'oracle-'))
  const hub = await startMockHub({
    mqttPort: 8883,
    httpsPort: 443,
    controlPort: false,
    certificateDirectory: directory,
  })
  try {
    await devices(hub, checks, 'Node device SDK', [process.execPath, join(DRIVERS, 'node/driver.js')])
    if ('python' in installed)
      await devices(hub, checks, 'Python device SDK', [installed.python, join(DRIVERS, 'python/driver.py')])
    else checks.add('Python device SDK', 'all', 'skipped', installed.missing)
    await services(hub, checks)
  } finally {
    await hub.stop()
    rmSync(directory, { recursive: true })
  }
  return checks.end()
}

async function services(hub: MockHub, checks: Checks): Promise<void> {
  const program = (name: string): string => join(DRIVERS, 'service', name)
  const node = `Node service SDK (azure-iothub ${versionOf('azure-iothub')})`
  await checkService(hub, checks, node, [process.execPath, program('node.js')])
  const python = `Python service SDK (${pinned('azure-iot-hub')})`
  if ('python' in installed) await checkService(hub, checks, python, [installed.python, program('python.py')])
  else checks.add(python, 'all', 'skipped', installed.missing)
}

async function devices(hub: MockHub, checks: Checks, sdk: string, command: readonly string[]): Promise<void> {
  const driver = await ProcessDriver.start(command, (seconds, run) => {
    const timer = setTimeout(run, seconds * 1_000)
    return () => {
      clearTimeout(timer)
    }
  })
  const { version } = driver.hello.implementation
  for (const websockets of [false, true]) {
    const setting = {
      hub,
      driver,
      checks,
      name: `${sdk} ${version} over MQTT${websockets ? '-WS' : ''},`,
      websockets,
    }
    await checkIdentity(setting, 'device')
    await checkIdentity(setting, 'module')
    await checkRefusals(setting)
  }
  await driver.stop()
}
