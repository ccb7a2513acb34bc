/** Creates clients of the provisioning service: the device of the scenario is enrolled, and their arguments are its own. */

import { readFileSync } from 'node:fs'
import type { DataTable } from '@cucumber/cucumber'
import type { JsonObject } from 'mock-iot-hub'
import {
  type DriverRequest,
  HarnessError,
  type Json,
  type ProvisioningFactory,
} from '../../driver/client-driver.ts'
import { certificateFiles } from '../environment/certificates.ts'
import type { ConformanceWorld } from '../world.ts'
import { settingsOf } from './client-factory.ts'

const ARGUMENTS = ['provisioningHost', 'registrationId', 'idScope', 'symmetricKey', 'x509']
/** The factories by the words of the features. */
export const FACTORIES: ReadonlyMap<string, ProvisioningFactory> = new Map([
  ['symmetric key', 'symmetricKey'],
  ['X.509 certificate', 'x509'],
])
type Create = Extract<DriverRequest, { do: 'provisionCreate' }>

/** Enrolls the device with its key, unless the members say otherwise. */
export async function enroll(world: ConformanceWorld, members: JsonObject): Promise<void> {
  const { provisioning } = await world.hub.start()
  if (provisioning === undefined)
    throw new HarnessError('The hub of the scenario has no provisioning service')
  const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: world.names.key('device') } }
  provisioning.enrollments.put(world.names.get('device'), { attestation, ...members })
}

async function enrollIfNew(world: ConformanceWorld, factory: ProvisioningFactory): Promise<void> {
  const known = (await world.hub.start()).provisioning?.enrollments.list() ?? []
  if (known.length > 0) return
  if (factory === 'symmetricKey') {
    await enroll(world, {})
    return
  }
  const certificate = readFileSync((await certificateFiles()).certFile, 'utf8')
  const clientCertificates = { primary: { certificate } }
  await enroll(world, { attestation: { type: 'x509', x509: { clientCertificates } } })
}

/** The request that creates a client; the settings replace the default arguments and options. */
export async function provisioningCreation(
  world: ConformanceWorld,
  factory: ProvisioningFactory,
  settings: ReadonlyMap<string, Json | undefined>,
  session: string,
): Promise<Create> {
  const { certFile, keyFile } = await certificateFiles()
  const given: Record<string, Json> = {
    provisioningHost: world.names.get('host'),
    registrationId: world.names.get('device'),
    idScope: world.hub.started?.provisioning?.idScope ?? '0ne00000000',
    ...(factory === 'symmetricKey'
      ? { symmetricKey: world.names.key('device') }
      : { x509: { certFile, keyFile } }),
  }
  const options: Record<string, Json> = {}
  const hub = world.hub.started
  if (hub !== undefined) options['serverVerificationCert'] = hub.caPem
  if (hub !== undefined && world.overWebSocket) options['websockets'] = true
  for (const [name, value] of settings) {
    const target = ARGUMENTS.includes(name) ? given : options
    if (value === undefined) delete target[name]
    else target[name] = value
  }
  return {
    ...{ do: 'provisionCreate', session, factory, arguments: given, options },
    ...(hub === undefined ? {} : { endpoint: world.endpoint }),
  }
}

const sessions = new WeakMap<ConformanceWorld, string[]>()

/** Creates a client of an enrolled device; the scenario is inconclusive when that fails. */
export async function createProvisioningClient(
  world: ConformanceWorld,
  factory: ProvisioningFactory = 'symmetricKey',
  table?: DataTable,
): Promise<void> {
  const { caPem } = await world.hub.start()
  world.names.set('authority', caPem)
  await enrollIfNew(world, factory)
  const known = sessions.get(world) ?? []
  const session = `provisioning-${String(known.length + 1)}`
  await world.client.ask(await provisioningCreation(world, factory, settingsOf(world, table), session))
  sessions.set(world, [...known, session])
}

/** The client that was created last. */
export function sessionOf(world: ConformanceWorld): string {
  const session = sessions.get(world)?.at(-1)
  if (session === undefined) throw new HarnessError('The scenario has created no provisioning client')
  return session
}
