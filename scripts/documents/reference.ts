/** The tables of docs/reference.md: every command, option, environment variable, setting and field of a seed file. */

import { PassThrough } from 'node:stream'
import type { Command, Option } from 'commander'
import { LENIENCIES, STRICT, startMockHub } from 'mock-iot-hub'
import { program as hubProgram } from '../../mock-hub/cli/program.ts'
import { SETTING_RULES } from '../../mock-hub/host/setting-rules.ts'
import { program as suiteProgram } from '../../step-definitions/conformance/program.ts'

type Rows = readonly (readonly string[])[]

const silent = new PassThrough()
const never = (): void => undefined
const HUB = hubProgram({ stdout: silent, stderr: silent } as never, never) // it only builds the commands
const SUITE = suiteProgram({ stdout: silent, stderr: silent } as never, never)

/** Every command below this one, with its full name; the command itself first. */
function* allOf(command: Command, above = ''): Iterable<readonly [string, Command]> {
  const name = `${above}${command.name()}`
  yield [name, command]
  for (const child of command.commands) yield* allOf(child, `${name} `)
}

const code = (text: string): string => `\`${text}\``

/** What each command does. The name of a program alone is a command when it has an action. */
export function commands(program: 'hub' | 'suite'): Rows {
  const root = program === 'hub' ? HUB : SUITE
  return [
    ['command', 'what it does', 'arguments'],
    ...[...allOf(root)].flatMap(([name, command]) => {
      if (command.commands.length > 0 && command !== HUB) return []
      const given = command.registeredArguments.map((argument) =>
        argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
      )
      const does =
        command === HUB ? 'starts a hub, and runs it until a signal stops it' : command.description()
      const about = command.registeredArguments.flatMap((argument) =>
        argument.description === '' ? [] : [`${code(argument.name())}: ${argument.description}`],
      )
      return [[code([name, ...given].join(' ')), does, about.join('; ')]]
    }),
  ]
}

/** The options and arguments of both commands that name a file or a folder, as `FILES` has them. */
export function fileNames(): readonly string[] {
  const names = [...allOf(HUB), ...allOf(SUITE)].flatMap(([name, command]) => [
    ...command.options.flatMap(({ flags, long, description }) =>
      /<(?:file|folder|dir|path)\b|@FILE|\bPEM\b/.test(`${flags} ${description}`) ? [long ?? flags] : [],
    ),
    ...command.registeredArguments.flatMap((argument) => {
      const about = `${argument.name()} ${argument.description}`
      const shown = argument.required ? `<${argument.name()}>` : `[${argument.name()}]`
      return /\b(?:file|folder|dir|directory|program|json)\b/.test(about)
        ? [`${name.split(' ').slice(1).join(' ')} ${shown}`]
        : []
    }),
  ])
  return [...new Set(names)]
}

/** Every option of both commands, by its long name. */
export function optionNames(): ReadonlySet<string> {
  return new Set(
    [...allOf(HUB), ...allOf(SUITE)].flatMap(([, command]) =>
      command.options.map(({ flags, long }) => long ?? flags),
    ),
  )
}

/** Every option with the commands that take it. */
export function options(program: 'hub' | 'suite'): Rows {
  const found = new Map<string, { readonly option: Option; readonly commands: string[] }>()
  for (const [name, command] of allOf(program === 'hub' ? HUB : SUITE))
    for (const option of command.options) {
      const key = `${option.flags} ${option.description}`
      const entry = found.get(key) ?? { option, commands: [] }
      entry.commands.push(name.split(' ').slice(1).join(' ') || (program === 'hub' ? '(start)' : '(alone)'))
      found.set(key, entry)
    }
  return [
    ['option', 'what it does', 'default', 'environment variable', 'commands'],
    ...[...found.values()].map(({ option, commands: takers }) => [
      code(option.flags),
      [option.description, option.argChoices === undefined ? '' : `(${option.argChoices.join(', ')})`]
        .join(' ')
        .trim(),
      defaultOf(option),
      option.envVar === undefined ? '' : code(option.envVar),
      takers.join(', '),
    ]),
  ]
}

function defaultOf({ defaultValue }: Option): string {
  const value: unknown = defaultValue
  if (value === undefined || value === false || value === true) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === '[]' || text === '{}' ? '' : code(text)
}

/** Read by programs, beside those of options. */
const READ: ReadonlyMap<string, string> = new Map([
  ['MOCK_IOT_HUB_DEBUG', 'mock-iot-hub prints the stack of an error that ends it'],
  [
    'npm_lifecycle_script',
    'npm sets it: when it is this command, mock-iot-hub stops with the npm or npx that started it',
  ],
  [
    'CONFORMANCE_DRIVER',
    'client under test of a Cucumber run of your own: a JSON array of a program and its arguments',
  ],
  ['CONFORMANCE_HUB', 'hub under test of a Cucumber run of your own, as JSON'],
  ['CONFORMANCE_CALL_SECONDS', 'real seconds that a call to a driver may take'],
  ['CONFORMANCE_HUB_DATA', 'disk or process: hubs of the suite keep their state, with this durability'],
  [
    'CONFORMANCE_HUB_RESTART',
    'a file: hubs of the suite are started again between steps, and it receives how often',
  ],
  ['CONFORMANCE_SILENCE_MS', 'real milliseconds without a line of a driver that count as its silence'],
  [
    'EdgeHubConnectionString',
    'connection string that the development tools of IoT Edge set for a module; `createFromEdgeEnvironment` reads it',
  ],
  ['EdgeModuleCACertificateFile', 'file of the CA that goes with it'],
  ['MOCK_IOT_HUB_NAMESPACE', '`exec --isolated` sets it for itself: the ids of the user who called'],
  ['CHROMIUM', 'in a checkout: the browser of `npm run test:dashboard`'],
  ['BENCH_PROFILE', 'in a checkout: a server of `npm run bench` writes a profile of its CPU'],
  ['GITHUB_ACTIONS', 'iot-hub-conformance prints annotations for GitHub when it is `true`'],
])
/** Set by `exec`, and printed by a hub that is ready. */
const SET: ReadonlyMap<string, string> = new Map([
  ['IOTHUB_DEVICE_CONNECTION_STRING', 'connection string of the first device'],
  ['IOTHUB_MODULE_CONNECTION_STRING', 'connection string of the first module'],
  ['IOTHUB_CONNECTION_STRING', 'connection string of the policy iothubowner, for back ends'],
  ['EVENTHUB_CONNECTION_STRING', 'connection string for Event Hubs clients'],
  ['PROVISIONING_HOST', 'host name of the provisioning service'],
  ['PROVISIONING_IDSCOPE', 'its ID scope'],
  ['PROVISIONING_REGISTRATION_ID', 'the first individual enrollment with symmetric keys'],
  ['PROVISIONING_SYMMETRIC_KEY', 'its primary key'],
  [
    'PROVISIONING_MASTER_SYMMETRIC_KEY',
    'primary key of the first enrollment group with symmetric keys; the keys of its devices derive from it',
  ],
  ['PROVISIONING_CONNECTION_STRING', 'connection string of the policy provisioningserviceowner'],
  ['NODE_EXTRA_CA_CERTS', 'CA of the hub for Node; with others that it had before'],
  ['SSL_CERT_FILE', 'CA of the hub and those of the system, for Python, C, Go, Rust and .NET'],
  ['REQUESTS_CA_BUNDLE', "CA of the hub and those of the system, for Python's service SDK and az"],
  ['CURL_CA_BUNDLE', 'the same for curl'],
  ['MOCK_IOT_HUB_CA', 'CA of the hub, for anything else'],
  ['IOTHUB_HOSTNAME', 'host name of the hub'],
  ['IOTHUB_ADDRESS', 'address on which it listens'],
  ['IOTHUB_MQTT_PORT', 'its port of MQTT'],
  ['IOTHUB_HTTPS_PORT', 'its port of HTTPS and WebSocket'],
  ['IOTHUB_AMQP_PORT', 'its port of AMQP'],
  ['MOCK_IOT_HUB_CONTROL_URL', 'URL of the control API; also read by `tail`, `expire-token` and `edge-env`'],
])

/** Set by `exec` only. */
const SET_BY_EXEC: ReadonlyMap<string, string> = new Map([
  ['MOCK_IOT_HUB_DEVICE_CA', 'file of a CA that may issue certificates of X.509 devices'],
  ['MOCK_IOT_HUB_DEVICE_CA_KEY', 'file of its private key'],
  ['IOTHUB_CA_ROOT_CERT', "the same CA in base64, as Microsoft's end-to-end suites want it"],
  ['IOTHUB_CA_ROOT_CERT_KEY', 'its private key in base64'],
])

/** Set by `device check`, `run` and `certify` for the programs that are the device. */
const SET_BY_BENCH: ReadonlyMap<string, string> = new Map([
  ['IOTHUB_DEVICE_HOSTNAME', 'host name of the hub'],
  ['IOTHUB_DEVICE_ID', 'ID of the device'],
  ['IOTHUB_CA_FILE', 'file of the CA that it must trust'],
  ['IOTHUB_CERT_FILE', 'file of its certificate, when it connects with one'],
  ['IOTHUB_KEY_FILE', 'file of its key'],
])

/** Printed by `edge-env`, and read by `createFromEdgeEnvironment` of the client. */
const OF_EDGE: ReadonlyMap<string, string> = new Map([
  ['IOTEDGE_WORKLOADURI', 'URI of the workload API'],
  ['IOTEDGE_DEVICEID', 'ID of the device'],
  ['IOTEDGE_MODULEID', 'ID of the module'],
  ['IOTEDGE_MODULEGENERATIONID', 'generation ID of the module'],
  ['IOTEDGE_IOTHUBHOSTNAME', 'host name of the hub'],
  ['IOTEDGE_GATEWAYHOSTNAME', 'host name that the module dials'],
  ['IOTEDGE_APIVERSION', 'API version of the workload API'],
  ['IOTEDGE_AUTHSCHEME', '`sasToken`; nobody here reads it'],
])

/** Every environment variable. */
export async function environment(): Promise<Rows> {
  const hub = await startMockHub({
    seed: { devices: [{ deviceId: 'd', modules: [{ moduleId: 'm' }] }] },
    certificateDirectory: undefined,
  })
  const given = Object.keys(hub.environment)
  await hub.stop()
  const unknown = given.filter((name) => !SET.has(name))
  if (unknown.length > 0)
    throw new Error(`scripts/documents/reference.ts: expected a text for ${unknown.join(', ')}`)
  const ofOptions = [...allOf(HUB), ...allOf(SUITE)].flatMap(([, command]) =>
    command.options.flatMap(({ envVar, long }) =>
      envVar === undefined ? [] : [[envVar, long ?? ''] as const],
    ),
  )
  return [
    ['variable', 'who', 'what it is'],
    ...[...SET].map(([name, what]) => [code(name), 'the hub sets it', what]),
    ...[...SET_BY_EXEC].map(([name, what]) => [code(name), '`exec` sets it', what]),
    ...[...SET_BY_BENCH].map(([name, what]) => [code(name), '`device` sets it', what]),
    ...[...OF_EDGE].map(([name, what]) => [code(name), '`edge-env` prints it', what]),
    ...[...READ].map(([name, what]) => [code(name), 'read', what]),
    ...[...new Map(ofOptions)]
      .filter(([name]) => !SET.has(name))
      .map(([name, flag]) => [code(name), 'read', `the option \`${flag}\``]),
  ]
}

/** Every setting. */
export function settings(): Rows {
  const defaults = new Map<string, unknown>(Object.entries(STRICT))
  const lenient = new Map<string, unknown>(Object.entries(LENIENCIES))
  const shown = (value: unknown): string => (value === undefined ? '' : code(JSON.stringify(value)))
  return [
    ['setting', 'values', 'default', '`--lenient`'],
    ...Object.entries(SETTING_RULES).map(([name, rule]) => [
      code(name),
      rule.text.replace(/^to be (?:one of )?/, ''),
      name === 'seed' ? 'random' : shown(defaults.get(name)),
      shown(lenient.get(name)),
    ]),
  ]
}

interface Schema {
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly required?: readonly string[]
}

/** Every field of a file that a schema describes. */
export function fields(schema: object): Rows {
  return [['field', 'values', 'what it is'], ...fieldsOf(schema, '')]
}

function fieldsOf({ properties = {}, required = [] }: Schema, path: string): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const field = `${path}${name}`
    const { items, oneOf } = schema
    // A choice says in its description what it is one of.
    const inner =
      oneOf !== undefined
        ? []
        : items?.properties === undefined
          ? fieldsOf(schema, `${field}.`)
          : fieldsOf(items, `${field}[].`)
    const must = required.includes(name) ? 'Required. ' : ''
    return [[code(field), valuesOf(schema), `${must}${schema.description ?? ''}`], ...inner]
  })
}

/** A longer list has a table of its own. */
const MOST_VALUES = 12

function valuesOf({ type, enum: values, items, anyOf }: Schema): string {
  if (values !== undefined) return values.map((value) => code(JSON.stringify(value))).join(', ')
  if (anyOf !== undefined) return anyOf.map((one) => valuesOf(one)).join(', ')
  if (type === 'array')
    return items?.enum === undefined || items.enum.length > MOST_VALUES
      ? `array of ${String(items?.type ?? (items?.enum === undefined ? 'object' : 'name'))}s`
      : `array of ${valuesOf(items)}`
  return type === undefined ? 'any' : [type].flat().join(', ')
}
