/** Creates clients: the arguments of each factory for the identities of a scenario. */

import type { DataTable } from '@cucumber/cucumber'
import { certificateFiles } from '../environment/certificates.ts'
import type { DriverRequest, Factory, IdentityKind, Json, JsonObject } from '../../driver/client-driver.ts'
import { signToken } from '../environment/sas.ts'
import type { CreatedClient } from './created-client.ts'
import type { ConformanceWorld } from '../world.ts'

/** The arguments of the factories; every other row of a table is an option. */
const ARGUMENTS = ['connectionString', 'sastoken', 'symmetricKey', 'hostname', 'deviceId', 'moduleId', 'x509']
/** The factories by the words of the features. */
export const FACTORIES: Readonly<Record<string, Factory>> = {
  'connection string': 'connectionString',
  'SAS token': 'sasToken',
  'symmetric key': 'symmetricKey',
  'X.509 certificate': 'x509',
  'Edge environment': 'edgeEnvironment',
}
const TOKEN_SECONDS = 3_600
type Create = Extract<DriverRequest, { do: 'create' }>

/** The rows of a table; values are JSON, otherwise text; `(none)` removes the default. */
export function settingsOf(
  world: ConformanceWorld,
  table: DataTable | undefined,
): ReadonlyMap<string, Json | undefined> {
  const rows = table?.raw() ?? []
  return new Map(rows.map(([name = '', value = '']) => [name, valueOf(world.names.fill(value))]))
}

/** The value of a cell: JSON, otherwise text. */
export function valueOf(text: string): Json | undefined {
  if (text === '(none)') return undefined
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** A token for the device or the module of the scenario. */
export function tokenFor(
  world: ConformanceWorld,
  kind: IdentityKind,
  lifetimeSeconds = TOKEN_SECONDS,
): string {
  return signToken({
    resource: resourceOf(world, kind),
    key: world.names.key(kind),
    expiry: Math.floor(world.clock.now() / 1_000) + lifetimeSeconds,
  })
}

export function resourceOf(world: ConformanceWorld, kind: IdentityKind): string {
  const device = `${world.names.get('host')}/devices/${world.names.get('device')}`
  return kind === 'device' ? device : `${device}/modules/${world.names.get('module')}`
}

export function connectionStringFor(world: ConformanceWorld, kind: IdentityKind): string {
  const module = kind === 'module' ? `ModuleId=${world.names.get('module')};` : ''
  return `HostName=${world.names.get('host')};DeviceId=${world.names.get('device')};${module}SharedAccessKey=${world.names.key(kind)}`
}

/** The request that creates a client; the settings replace the default arguments and options. */
export async function creation(
  world: ConformanceWorld,
  kind: IdentityKind,
  factory: Factory | 'constructor',
  settings: ReadonlyMap<string, Json | undefined>,
  session: string,
): Promise<Create> {
  const given: Record<string, Json> = { ...(await argumentsFor(world, kind, factory)) }
  const options: Record<string, Json> = {}
  const hub = world.hub.started
  if (hub !== undefined && factory !== 'edgeEnvironment') options['serverVerificationCert'] = hub.caPem
  if (world.overWebSocket && hub !== undefined) options['websockets'] = true
  for (const [name, value] of settings) {
    const target = ARGUMENTS.includes(name) ? given : options
    if (value === undefined) delete target[name]
    else target[name] = value
  }
  return {
    do: 'create',
    session,
    kind,
    factory,
    arguments: given,
    options,
    ...(hub === undefined ? {} : { endpoint: world.endpoint }),
    ...(factory === 'edgeEnvironment' ? { environment: world.environment } : {}),
  }
}

async function argumentsFor(
  world: ConformanceWorld,
  kind: IdentityKind,
  factory: Factory | 'constructor',
): Promise<JsonObject> {
  const identity = {
    hostname: world.names.get('host'),
    deviceId: world.names.get('device'),
    ...(kind === 'module' ? { moduleId: world.names.get('module') } : {}),
  }
  switch (factory) {
    case 'connectionString':
      return { connectionString: connectionStringFor(world, kind) }
    case 'sasToken': {
      const token = tokenFor(world, kind)
      world.names.set('token', token)
      return { sastoken: token }
    }
    case 'symmetricKey':
      return { symmetricKey: world.names.key('device'), ...identity }
    case 'x509': {
      const { certFile, keyFile, thumbprint } = await certificateFiles()
      trustThumbprint(world, kind, thumbprint)
      return { x509: { certFile, keyFile }, ...identity }
    }
    case 'edgeEnvironment':
    case 'constructor':
      return {}
  }
}

/** Registers the thumbprint of the certificate, unless the scenario uses a certificate authority. */
function trustThumbprint(world: ConformanceWorld, kind: IdentityKind, primaryThumbprint: string): void {
  const registry = world.hub.started?.registry
  const known = registry?.get(identityOf(world, kind)).authentication.type
  if (known === 'certificateAuthority') return
  registry?.update(
    identityOf(world, kind),
    { authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint } } },
    '*',
  )
}

export function identityOf(world: ConformanceWorld, kind: IdentityKind): CreatedClient['identity'] {
  const deviceId = world.names.get('device')
  return kind === 'device' ? { deviceId } : { deviceId, moduleId: world.names.get('module') }
}

/** Creates a client; the scenario is inconclusive when that fails. */
export async function createClient(
  world: ConformanceWorld,
  kind: IdentityKind,
  factory: Factory = 'connectionString',
  table?: DataTable,
): Promise<CreatedClient> {
  const { caPem } = await world.hub.start()
  world.names
    .set('authority', caPem)
    .set('connectionString', connectionStringFor(world, kind))
    .set('key', world.names.key(kind))
  const settings = settingsOf(world, table)
  const session = `${kind}-${String(world.client.created.size + 1)}`
  const request = await creation(world, kind, factory, settings, session)
  const client = { session, kind, factory, identity: identityOf(world, kind), options: request.options }
  await world.client.ask(request)
  world.client.created.set(session, client)
  return client
}
