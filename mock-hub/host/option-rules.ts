/** The options of `startMockHub`: what each is for, which values it takes, and its default. The one table of them. */

import { HubClock } from '../base/clock.ts'
import { DEFAULT_ID_SCOPE } from '../provisioning/create-provisioning.ts'
import type { MockHubOptions } from './options.ts'
import { SEED_OR_SNAPSHOT } from './seed/seed-rules.ts'
import { SETTING_RULES } from './setting-rules.ts'
import {
  BOOLEAN,
  either,
  FUNCTION,
  listOf,
  objectOf,
  oneOf,
  rule,
  type Rule,
  TEXT,
  wholeNumber,
} from './value-rules.ts'

export interface OptionRow<T> {
  /** One line for `--help` and the documentation. */
  readonly help: string
  readonly rule: Rule
  /** Left out: the option has no default value. */
  readonly default?: T
}

const PORT = wholeNumber(0, 65_535)
const PORT_OR_NONE = either(PORT, oneOf(false))
const HOST_NAME = rule(
  'to be a host name or an IP address',
  (value) => typeof value === 'string' && /^[^\s/;?#@]+$/.test(value),
)
const CERTIFICATE = rule(
  'to be a certificate in PEM',
  (value) => typeof value === 'string' && value.includes('-----BEGIN CERTIFICATE-----'),
)
const LOGGER = rule('to be an object with the functions info and warn', (value) =>
  hasMethods(value, ['info', 'warn']),
)
const CLOCK = rule('to be a HubClock or a ManualClock', (value) => value instanceof HubClock)
const POLICY = objectOf(
  {
    name: TEXT,
    permissions: listOf(oneOf('RegistryRead', 'RegistryWrite', 'ServiceConnect', 'DeviceConnect')),
    primaryKey: TEXT,
    secondaryKey: TEXT,
  },
  ['name', 'permissions', 'primaryKey', 'secondaryKey'],
)

/** The type makes the compiler report an option without a row. */
type OptionTable = { readonly [K in keyof MockHubOptions]-?: OptionRow<NonNullable<MockHubOptions[K]>> }

export const OPTIONS = {
  hostName: {
    help: 'host name of the hub in connection strings, user names and token scopes; default: the address, which every SDK accepts',
    rule: HOST_NAME,
  },
  hostnames: {
    help: 'further host names: in the server certificate, user names and token scopes',
    rule: listOf(HOST_NAME),
    default: [],
  },
  address: {
    help: 'address on which the hub listens for devices and back ends',
    rule: HOST_NAME,
    default: '127.0.0.1',
  },
  parallel: {
    help: 'a loopback address of its own, where the ports that SDKs dial are free',
    rule: BOOLEAN,
    default: false,
  },
  mqttPort: { help: 'port of MQTT over TLS; 0: any free port', rule: PORT, default: 0 },
  httpsPort: { help: 'port of HTTPS and WebSocket; 0: any free port', rule: PORT, default: 0 },
  amqpPort: {
    help: 'port of AMQP over TLS; 0: any free port; false: no AMQP, not over WebSocket either',
    rule: PORT_OR_NONE,
    default: 0,
  },
  controlPort: {
    help: 'port of the control API; 0: any free port; false: no control API',
    rule: PORT_OR_NONE,
    default: 0,
  },
  controlAddress: {
    help: 'address of the control API; beyond loopback it needs a control token',
    rule: HOST_NAME,
    default: '127.0.0.1',
  },
  controlToken: { help: 'bearer token that callers of the control API must send', rule: TEXT },
  certificateDirectory: {
    help: 'directory that keeps the CA and the server certificate; without it they live as long as the process',
    rule: TEXT,
  },
  rsaCertificate: {
    help: 'an RSA certificate beside the EC one, for clients without ECDSA; "background": added when it is made',
    rule: oneOf(true, false, 'background'),
    default: false,
  },
  trustedAuthorities: {
    help: 'root certificates in PEM that devices with X.509 CA authentication may chain to, verified at the provisioning service too',
    rule: listOf(CERTIFICATE),
    default: [],
  },
  seed: {
    help: 'devices, modules, twins and routes that the hub starts with and that reset() restores, or a snapshot of a hub',
    rule: SEED_OR_SNAPSHOT,
    default: {},
  },
  provisioning: {
    help: 'a provisioning service (DPS) beside the hub, on the same ports',
    rule: BOOLEAN,
    default: true,
  },
  idScope: {
    help: 'ID scope of the provisioning service',
    rule: rule(
      'to be letters and digits, such as 0ne00000000',
      (value) => typeof value === 'string' && /^[A-Za-z0-9]{1,64}$/.test(value),
    ),
    default: DEFAULT_ID_SCOPE,
  },
  blob: {
    help: 'where uploaded files go: "own" (the hub), "azurite" (must be installed), a storage account, or false (nowhere)',
    rule: either(oneOf('own', 'azurite', false), objectOf({ connectionString: TEXT }, ['connectionString'])),
    default: 'own',
  },
  workload: {
    help: 'workload API of IoT Edge: path of a Unix socket, TCP port on loopback, or both; onDemand: only while a module exists; default: none',
    rule: objectOf({ socketPath: TEXT, port: PORT, onDemand: BOOLEAN }),
  },
  dataDirectory: {
    help: 'directory that keeps the state over restarts; default: the state is in memory',
    rule: TEXT,
  },
  durability: {
    help: 'stored on the disk, or so that it survives the process alone',
    rule: oneOf('disk', 'process'),
    default: 'disk',
  },
  fresh: {
    help: 'starts from scratch: deletes the state in the data directory',
    rule: BOOLEAN,
    default: false,
  },
  partitions: {
    help: 'partitions of the Event Hubs-compatible endpoint, 1 to 32',
    rule: wholeNumber(1, 32),
    default: 4,
  },
  observeHandshakes: {
    help: 'the journal shows how each connection begins: what the client offers in TLS, and how the handshake ends',
    rule: BOOLEAN,
    default: false,
  },
  clock: { help: 'time of the hub; default: a HubClock that runs with the system clock', rule: CLOCK },
  logger: { help: 'receives refusals and warnings, one line each; default: silent', rule: LOGGER },
  settings: {
    help: 'settings that differ from the strict defaults, see docs/settings.md',
    rule: objectOf(SETTING_RULES),
    default: {},
  },
  lenient: { help: 'turns on all leniencies of docs/settings.md', rule: BOOLEAN, default: false },
  policies: {
    help: 'shared access policies; default: iothubowner, service, device, registryRead, registryReadWrite',
    rule: listOf(POLICY),
  },
  keyOf: {
    help: 'returns the base64 key for a purpose, for identities and policies without a key; default: random keys',
    rule: FUNCTION,
  },
} as const satisfies OptionTable

function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof Reflect.get(value, name) === 'function')
}
