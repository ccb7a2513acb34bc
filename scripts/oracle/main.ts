/**
 * Runs official and independent, unmodified clients against this hub and checks both sides.
 *
 *     npm run oracle [-- --quick] [--json]
 *
 * Prints one line per check and ends with `oracle: N passed, N failed, N skipped`; exits with 1 if a check fails. Checks
 * of an SDK that this machine lacks are skipped. Service SDKs are also asked what they make of each documented error that a
 * back end can provoke: class, status and name. A full run writes `docs/compatibility.md`; `--quick` leaves out the
 * service SDKs, uploads, and the clients that need a build or an environment of their own.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMockHub, type MockHub } from 'mock-iot-hub'
import { processTransport } from '../../step-definitions/driver/process-transport.ts'
import { RemoteDriver } from '../../step-definitions/driver/remote-driver.ts'
import { Checks } from './checks.ts'
import { writeCompatibility } from './compatibility.ts'
import { checkIdentity, checkRefusals } from './devices.ts'
import { checkMosquitto } from './mosquitto.ts'
import {
  DRIVERS,
  installGo,
  installJava,
  installNode,
  installPython,
  installRust,
  pinned,
  versionOf,
  versionOfJava,
} from './install.ts'
import { enterNamespace } from './namespace.ts'
import { checkRestarts } from './restarts.ts'
import { checkRust } from './rust.ts'
import { checkService } from './services.ts'
import { checkUploads } from './uploads.ts'

const MB = 1_048_576
/** `az extension add` asks Microsoft's own index for it, which no package registry mirrors. */
const NO_AZ = 'the azure-iot extension of azure-cli is on no package registry'
const NEXT = 'requirements-next.txt'
const json = process.argv.includes('--json')
const quick = process.argv.includes('--quick')

installNode()
const installed = installPython()
const next = quick ? { missing: '' } : installPython(NEXT, '.venv-next')
const go = quick ? { missing: '' } : installGo()
const rust = quick ? { missing: '' } : installRust()
const inside = enterNamespace()
process.exitCode = inside ?? (await consult().catch(explain))

/** The SDKs dial 8883 and 443 and nothing else. */
function explain(error: unknown): number {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number } // whatever it is, it has none else
  if (code !== 'EACCES' && code !== 'EADDRINUSE') throw error
  console.error(
    `oracle: port ${String(port)} cannot be had (${code}), and the SDKs cannot be told another one`,
  )
  return 1
}

async function consult(): Promise<number> {
  const checks = new Checks(json)
  const directory = mkdtempSync(join(tmpdir(), 'oracle-'))
  const hub = await startMockHub({
    mqttPort: 8883,
    httpsPort: 443,
    amqpPort: 5671,
    controlPort: 0,
    certificateDirectory: directory,
    seed: {
      devices: [{ deviceId: 'uploader' }],
      enrollments: [{ registrationId: 'provisioned' }],
      enrollmentGroups: [{ enrollmentGroupId: 'fleet' }],
    },
  })
  try {
    await node(hub, checks)
    if ('python' in installed) await python(hub, checks, installed.python)
    else checks.add('Python', 'everything', 'skipped', installed.missing)
    await checkMosquitto(hub, checks)
    if (!quick) await java(hub, checks)
    if (!quick) await others(hub, checks)
    if (!quick) checks.add('az iot', 'tier-1 commands', 'skipped', NO_AZ)
  } finally {
    await hub.stop()
    rmSync(directory, { recursive: true })
  }
  if (!quick) writeCompatibility(new URL('../../docs/compatibility.md', import.meta.url), checks.all)
  return checks.end()
}

async function node(hub: MockHub, checks: Checks): Promise<void> {
  const sdk = `azure-iot-device ${versionOf('azure-iot-device')} (Node)`
  const run = (file: string): readonly string[] => [process.execPath, join(DRIVERS, file)]
  await devices(hub, checks, sdk, run('node/driver.js'))
  if (quick) return
  const uploads = { name: `${sdk}, uploads`, command: run('service/uploads.js') }
  await checkUploads(hub, checks, uploads, [1, 5 * MB, 1, 5 * MB, 300 * MB])
  const name = `azure-iothub ${versionOf('azure-iothub')} (Node)`
  await checkService(hub, checks, { name, command: run('service/node.js') })
  await checkService(hub, checks, { name: `${name}, errors`, command: run('service/errors.js') })
  const provisioning = `azure-iot-provisioning-device ${versionOf('azure-iot-provisioning-device')}, -service ${versionOf('azure-iot-provisioning-service')} (Node)`
  await checkService(hub, checks, { name: provisioning, command: run('service/provisioning.js') })
  const overAmqp = `AMQP: azure-iot-device-amqp ${versionOf('azure-iot-device-amqp')}, azure-iothub, @azure/event-hubs ${versionOf('@azure/event-hubs')} (Node)`
  await checkService(hub, checks, { name: overAmqp, command: run('service/amqp.js') })
}

async function python(hub: MockHub, checks: Checks, interpreter: string): Promise<void> {
  const sdk = `${pinned('azure-iot-device')} (Python)`
  const run = (file: string): readonly string[] => [interpreter, join(DRIVERS, file)]
  await devices(hub, checks, sdk, run('python/driver.py'))
  await checkService(hub, checks, {
    name: `${pinned('paho-mqtt')} (Python)`,
    command: run('plain/paho_device.py'),
  })
  if (quick) return
  const uploads = { name: `${sdk}, uploads`, command: run('service/uploads.py') }
  await checkUploads(hub, checks, uploads, [1, 5 * MB, 20 * MB])
  const name = `${pinned('azure-iot-hub')} (Python)`
  await checkService(hub, checks, { name, command: run('service/python.py') })
  await checkService(hub, checks, { name: `${name}, errors`, command: run('service/errors.py') })
  const provisioning = `${pinned('azure-iot-device')}, ${pinned('azure-iothub-provisioningserviceclient')} (Python), provisioning`
  await checkService(hub, checks, { name: provisioning, command: run('service/provisioning.py') })
  const overAmqp = `AMQP: ${pinned('azure-iot-hub')}, ${pinned('azure-eventhub')} (Python)`
  await checkService(hub, checks, { name: overAmqp, command: run('service/amqp.py') })
}

/** Clients of one program each. */
async function others(hub: MockHub, checks: Checks): Promise<void> {
  const future = `${pinned('azure-iot-device', NEXT)} (Python)`
  if ('python' in next)
    await checkService(hub, checks, {
      name: future,
      command: [next.python, join(DRIVERS, 'plain/session.py')],
    })
  else checks.add(future, 'everything', 'skipped', next.missing)
  const gopher = 'amenzhinsky/iothub (Go)'
  if ('program' in go) await checkService(hub, checks, { name: gopher, command: [go.program] })
  else checks.add(gopher, 'everything', 'skipped', go.missing)
  await checkRust(hub, checks, rust)
}

/** Device and service SDK over all five transports; a JVM and Maven take too long for `--quick`. */
async function java(hub: MockHub, checks: Checks): Promise<void> {
  const made = installJava()
  if ('missing' in made) {
    checks.add('Java', 'everything', 'skipped', made.missing)
    return
  }
  const run = (program: string): readonly string[] => ['java', '-cp', made.classPath, program]
  const device = `iot-device-client ${versionOfJava('iot-device-client')} (Java)`
  const service = `iot-service-client ${versionOfJava('iot-service-client')} (Java)`
  await checkService(hub, checks, { name: device, command: run('Devices') })
  await checkService(hub, checks, { name: service, command: run('Service') })
  await checkService(hub, checks, { name: `${service}, errors`, command: run('Errors') })
  const provisioning = `provisioning-device-client ${versionOfJava('provisioning-device-client')}, provisioning-service-client ${versionOfJava('provisioning-service-client')} (Java)`
  await checkService(hub, checks, { name: provisioning, command: run('Provisioning') })
}

function start(command: readonly string[]): Promise<RemoteDriver> {
  return RemoteDriver.start(processTransport(command), (seconds, run) => {
    const timer = setTimeout(run, seconds * 1_000)
    return () => {
      clearTimeout(timer)
    }
  })
}

async function devices(hub: MockHub, checks: Checks, sdk: string, command: readonly string[]): Promise<void> {
  const driver = await start(command)
  for (const websockets of [false, true]) {
    const name = `${sdk}, MQTT${websockets ? ' over WebSocket' : ''}`
    const setting = { hub, driver, checks, name, websockets }
    await checkIdentity(setting, 'device')
    await checkIdentity(setting, 'module')
    await checkRefusals(setting)
  }
  await driver.stop()
  const other = await start(command)
  await checkRestarts({ driver: other, checks, name: `${sdk}, over restarts` })
  await other.stop()
}
