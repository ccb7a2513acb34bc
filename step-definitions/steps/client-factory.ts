/** How the suite makes clients: what each factory is given for the identities of a scenario. */

import type { DataTable } from '@cucumber/cucumber'
import { certificateFiles } from '../world/certificates.ts'
import type { DriverRequest, Factory, IdentityKind, Json, JsonObject } from '../driver/client-driver.ts'
import { signToken } from '../world/sas.ts'
import type { Subject } from '../world/subject.ts'
import type { ConformanceWorld } from '../world/world.ts'

/** Arguments of factories; everything else in a table is an option. */
const ARGUMENTS = ['connectionString', 'sastoken', 'symmetricKey', 'hostname', 'deviceId', 'moduleId', 'x509']
/** The factories in the words of the features. */
export const FACTORIES: Readonly<Record<string, Factory>> = {
  'connection string': 'connectionString',
  'SAS token': 'sasToken',
  'symmetric key': 'symmetricKey',
  'X.509 certificate': 'x509',
  'Edge environment': 'edgeEnvironment',
}
const TOKEN_SECONDS = 3_600
type Create = Extract<DriverRequest, { do: 'create' }>

/** Names and values of a table; values are JSON where they can be, `(none)` takes the default away. */
export function settingsOf(
  world: ConformanceWorld,
  table: DataTable | undefined,
): ReadonlyMap<string, Json | undefined> {
  const rows = table?.raw() ?? []
  return new Map(rows.map(([name = '', value = '']) => [name, valueOf(world.fill(value))]))
}

/** A cell as a value: JSON where it is, text else. */
export function valueOf(text: string): Json | undefined {
  if (text === '(none)') return undefined
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** A token for the identity of this kind. */
export function tokenFor(world: ConformanceWorld, kind: IdentityKind, lifeSeconds = TOKEN_SECONDS): string {
  return signToken({
    resource: resourceOf(world, kind),
    key: world.key(kind),
    expiry: Math.floor(world.clock.now() / 1_000) + lifeSeconds,
  })
}

export function resourceOf(world: ConformanceWorld, kind: IdentityKind): string {
  const device = `${world.name('host')}/devices/${world.name('device')}`
  return kind === 'device' ? device : `${device}/modules/${world.name('module')}`
}

export function connectionStringFor(world: ConformanceWorld, kind: IdentityKind): string {
  const module = kind === 'module' ? `ModuleId=${world.name('module')};` : ''
  return `HostName=${world.name('host')};DeviceId=${world.name('device')};${module}SharedAccessKey=${world.key(kind)}`
}

/** The request that makes a client; what the settings name replaces what the factory needs. */
export async function creation(
  world: ConformanceWorld,
  kind: IdentityKind,
  factory: Factory | 'constructor',
  settings: ReadonlyMap<string, Json | undefined>,
  session: string,
): Promise<Create> {
  const given: Record<string, Json> = { ...(await argumentsFor(world, kind, factory)) }
  const options: Record<string, Json> = {}
  const hub = world.startedHub
  if (hub !== undefined && factory !== 'edgeEnvironment') options['serverVerificationCert'] = hub.caPem
  if (world.overWebSocket && hub !== undefined) options['websockets'] = true
  for (const [name, value] of settings) {
    const into = ARGUMENTS.includes(name) ? given : options
    if (value === undefined) delete into[name]
    else into[name] = value
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
  const whom = {
    hostname: world.name('host'),
    deviceId: world.name('device'),
    ...(kind === 'module' ? { moduleId: world.name('module') } : {}),
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
      return { symmetricKey: world.key('device'), ...whom }
    case 'x509': {
      const { certFile, keyFile, thumbprint } = await certificateFiles()
      trustThumbprint(world, kind, thumbprint)
      return { x509: { certFile, keyFile }, ...whom }
    }
    case 'edgeEnvironment':
    case 'constructor':
      return {}
  }
}

/** The hub knows this identity by its certificate from now on, unless a step has said that it trusts an authority. */
function trustThumbprint(world: ConformanceWorld, kind: IdentityKind, primaryThumbprint: string): void {
  const registry = world.startedHub?.registry
  const known = registry?.get(identityOf(world, kind)).authentication.type
  if (known === 'certificateAuthority') return
  registry?.update(
    identityOf(world, kind),
    { authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint } } },
    '*',
  )
}

export function identityOf(world: ConformanceWorld, kind: IdentityKind): Subject['identity'] {
  const deviceId = world.name('device')
  return kind === 'device' ? { deviceId } : { deviceId, moduleId: world.name('module') }
}

/** Makes a client that is expected to be made. */
export async function makeSubject(
  world: ConformanceWorld,
  kind: IdentityKind,
  factory: Factory = 'connectionString',
  table?: DataTable,
): Promise<Subject> {
  const { caPem } = await world.hub()
  world.names
    .set('authority', caPem)
    .set('connectionString', connectionStringFor(world, kind))
    .set('key', world.key(kind))
  const settings = settingsOf(world, table)
  const session = `${kind}-${String(world.subjects.size + 1)}`
  const request = await creation(world, kind, factory, settings, session)
  const subject = { session, kind, factory, identity: identityOf(world, kind), options: request.options }
  await world.ask(request)
  world.subjects.set(session, subject)
  return subject
}
