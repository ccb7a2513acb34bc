/** The flags that start a hub. Help and rules come from the options of `startMockHub` where a flag sets one. */

import { type Command, Option } from 'commander'
import type { EventSource } from '../core/contract/message.ts'
import type { Tier } from '../core/contract/settings.ts'
import { OPTIONS } from '../host/option-rules.ts'
import { SDK_PORTS } from '../host/sdk-ports.ts'
import { TIERS } from '../host/setting-rules.ts'
import { wholeNumber } from '../host/value-rules.ts'
import { eventSources, list, number, secret, settings } from './flag-values.ts'

export interface Flags {
  readonly mqttPort?: number
  readonly httpsPort?: number
  readonly amqpPort?: number
  readonly amqp: boolean
  readonly controlPort?: number
  readonly controlAddress: string
  readonly controlToken?: string
  readonly fixedPorts: boolean
  readonly listen: string
  readonly parallel: boolean
  readonly hostname: readonly string[]
  readonly device: readonly string[]
  readonly module: readonly string[]
  readonly seed?: string
  readonly dps: boolean
  readonly idScope: string
  readonly dir: string
  readonly data?: string
  readonly durability: 'disk' | 'process'
  readonly fresh: boolean
  readonly ephemeral: boolean
  readonly trustCa: readonly string[]
  readonly lenient: boolean
  readonly tier?: Tier
  readonly events?: readonly EventSource[]
  readonly partitions: number
  readonly randomSeed?: number
  readonly setting: Readonly<Record<string, unknown>>
  readonly blob: 'own' | 'azurite' | 'none'
  readonly blobConnectionString?: string
  readonly open: boolean
  readonly json: boolean
  readonly quiet: boolean
}

export const CONTROL_PORT = 9443
export const DEFAULT_DIRECTORY = '.mock-iot-hub'
const LARGEST_SEED = 9_999_999_999

const { mqttPort, httpsPort, partitions } = OPTIONS
const { mqtt, https, amqp } = SDK_PORTS
const port = number(mqttPort.rule)

/** A flag as `--help` lists it. */
interface FlagRow {
  /** In commander's notation, for example `--mqtt-port <n>`. */
  readonly flag: string
  readonly help: string
  /** How its text becomes a value; left out: the text is the value, or the flag takes none. */
  readonly parse?: (text: string, before: never) => unknown
  readonly default?: unknown
  /** What the flag means without a value. */
  readonly preset?: string
  readonly choices?: readonly string[]
  readonly conflicts?: string
}

const FLAGS: readonly FlagRow[] = [
  { flag: '--mqtt-port <n>', help: `${mqttPort.help} (${String(mqtt)})`, parse: port },
  { flag: '--https-port <n>', help: `${httpsPort.help} (${String(https)}, else 8443)`, parse: port },
  { flag: '--amqp-port <n>', help: `port of AMQP over TLS; 0: any free port (${String(amqp)})`, parse: port },
  {
    flag: '--fixed-ports',
    help: `if ${String(mqtt)}, ${String(https)} or ${String(amqp)} cannot be had, ends with an error`,
    default: false,
  },
  { flag: '--no-dps', help: 'no provisioning service (DPS) beside the hub' },
  { flag: '--id-scope <text>', ...fromOption(OPTIONS.idScope) },
  { flag: '--no-amqp', help: 'no AMQP, not over WebSocket either' },
  { flag: '--partitions <n>', ...fromOption(partitions), parse: number(partitions.rule) },
  {
    flag: '--control-port <n>',
    help: `port of the control API; 0: any free port (${String(CONTROL_PORT)})`,
    parse: port,
  },
  { flag: '--control-address <address>', ...fromOption(OPTIONS.controlAddress) },
  {
    flag: '--control-token <text>',
    ...fromOption(OPTIONS.controlToken),
    parse: secret('--control-token'),
  },
  { flag: '--listen <address>', ...fromOption(OPTIONS.address) },
  { flag: '--parallel', help: OPTIONS.parallel.help, default: false, conflicts: 'listen' },
  {
    flag: '--hostname <name...>',
    help: 'host names of the hub; the first one is in connection strings',
    parse: list,
    default: [],
  },
  { flag: '--device <id...>', help: 'registers a device', parse: list, default: [] },
  { flag: '--module <device/id...>', help: 'registers a module', parse: list, default: [] },
  { flag: '--seed <file>', help: 'identities, twins and routes in YAML or JSON, or a snapshot' },
  { flag: '--dir <path>', help: 'keeps the CA; keys are derived from it', default: DEFAULT_DIRECTORY },
  { flag: '--data <path>', help: 'keeps the state over restarts; without it, it is in memory' },
  {
    flag: '--durability <how>',
    ...fromOption(OPTIONS.durability),
    choices: ['disk', 'process'],
  },
  { flag: '--fresh', help: OPTIONS.fresh.help, default: false },
  {
    flag: '--ephemeral',
    help: 'keeps the state in memory, whatever --data says',
    default: false,
    conflicts: 'fresh',
  },
  {
    flag: '--trust-ca <file...>',
    help: 'root certificates that X.509 CA devices may chain to, verified at the provisioning service too',
    parse: list,
    default: [],
  },
  {
    flag: '--strict',
    help: 'refuses what the real hub refuses (this is the default)',
    conflicts: 'lenient',
  },
  { flag: '--lenient', help: 'accepts what some hubs accept and logs it', default: false },
  { flag: '--tier <tier>', help: 'throttles and quota of F1, B1 to B3 or S1 to S3', choices: TIERS },
  {
    flag: '--events [names]',
    help: 'adds events of the hub: twin, lifecycle, connection, digital-twin or all',
    parse: eventSources,
    preset: 'all',
  },
  {
    flag: '--setting <name=value...>',
    help: 'changes a setting of docs/settings.md',
    parse: settings,
    default: {},
  },
  {
    flag: '--random-seed <n>',
    help: 'makes a run repeatable: all random values are derived from it',
    parse: number(wholeNumber(0, LARGEST_SEED)),
  },
  {
    flag: '--blob <where>',
    help: 'where uploads go: own (the hub), azurite or none',
    choices: ['own', 'azurite', 'none'],
    default: 'own',
  },
  {
    flag: '--blob-connection-string <text>',
    help: 'sends uploads to this storage account',
    parse: secret('--blob-connection-string'),
  },
  { flag: '--open', help: 'opens the dashboard in a browser', default: false },
  { flag: '--json', help: 'prints JSON lines', default: false },
  { flag: '--quiet', help: 'does not log each message', default: false },
]

function fromOption({ help, default: value }: { readonly help: string; readonly default?: unknown }) {
  return value === undefined ? { help } : { help, default: value }
}

/** `MOCK_IOT_HUB_MQTT_PORT` for `--mqtt-port <n>`. */
export function environmentName(flag: string): string {
  const [name = ''] = flag.split(' ')
  return `MOCK_IOT_HUB_${name.replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`
}

/** Adds the flags that start a hub, each with its environment variable. */
export function addHubFlags(command: Command): Command {
  for (const { flag, help, parse, choices, conflicts, preset, default: value } of FLAGS) {
    const option = new Option(flag, help).env(environmentName(flag))
    // What looks at the values before it has a default of their type.
    if (parse !== undefined) option.argParser((text, before: unknown) => parse(text, before as never))
    if (choices !== undefined) option.choices(choices)
    if (conflicts !== undefined) option.conflicts(conflicts)
    if (preset !== undefined) option.preset(preset)
    if (value !== undefined) option.default(value)
    command.addOption(option)
  }
  return command
}
