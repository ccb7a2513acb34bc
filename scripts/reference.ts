/** The tables of docs/reference.md: every command, option, environment variable, setting and field of a seed file. */

import { PassThrough } from 'node:stream'
import type { Command, Option } from 'commander'
import { LENIENCIES, STRICT, startMockHub } from 'mock-iot-hub'
import { program as hubProgram } from '../mock-hub/cli/program.ts'
import { SEED_SCHEMA } from '../mock-hub/host/seed/seed-rules.ts'
import { SETTING_RULES } from '../mock-hub/host/setting-rules.ts'
import { program as suiteProgram } from '../step-definitions/conformance/program.ts'

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
    ['command', 'what it does'],
    ...[...allOf(root)].flatMap(([name, command]) => {
      if (command.commands.length > 0 && command !== HUB) return []
      const given = command.registeredArguments.map((argument) =>
        argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
      )
      const does =
        command === HUB ? 'starts a hub, and runs it until a signal stops it' : command.description()
      return [[code([name, ...given].join(' ')), does]]
    }),
  ]
}

/** Every option with the commands that take it. */
export function options(program: 'hub' | 'suite'): Rows {
  const found = new Map<string, { readonly option: Option; readonly commands: string[] }>()
  for (const [name, command] of allOf(program === 'hub' ? HUB : SUITE))
    for (const option of command.options) {
      const key = `${option.flags} ${option.description}`
      const entry = found.get(key) ?? { option, commands: [] }
      entry.commands.push(name.split(' ').slice(1).join(' ') || '(start)')
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

/** Every environment variable. */
export async function environment(): Promise<Rows> {
  const hub = await startMockHub({
    seed: { devices: [{ deviceId: 'd', modules: [{ moduleId: 'm' }] }] },
    certificateDirectory: undefined,
  })
  const given = Object.keys(hub.environment)
  await hub.stop()
  const unknown = given.filter((name) => !SET.has(name))
  if (unknown.length > 0) throw new Error(`scripts/reference.ts: expected a text for ${unknown.join(', ')}`)
  const ofOptions = [...allOf(HUB), ...allOf(SUITE)].flatMap(([, command]) =>
    command.options.flatMap(({ envVar, long }) =>
      envVar === undefined ? [] : [[envVar, long ?? ''] as const],
    ),
  )
  return [
    ['variable', 'who', 'what it is'],
    ...[...SET].map(([name, what]) => [code(name), 'the hub sets it', what]),
    ...[...SET_BY_EXEC].map(([name, what]) => [code(name), '`exec` sets it', what]),
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
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly required?: readonly string[]
}

/** Every field of a seed file. */
export function seedFields(): Rows {
  return [['field', 'values', 'what it is'], ...fieldsOf(SEED_SCHEMA as Schema, '')]
}

function fieldsOf({ properties = {}, required = [] }: Schema, path: string): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const field = `${path}${name}`
    const { items } = schema
    const inner =
      items?.properties === undefined ? fieldsOf(schema, `${field}.`) : fieldsOf(items, `${field}[].`)
    const must = required.includes(name) ? 'Required. ' : ''
    return [[code(field), valuesOf(schema), `${must}${schema.description ?? ''}`], ...inner]
  })
}

function valuesOf({ type, enum: values, items }: Schema): string {
  if (values !== undefined) return values.map((value) => code(JSON.stringify(value))).join(', ')
  if (type === 'array')
    return items?.enum === undefined ? `array of ${items?.type ?? 'objects'}s` : `array of ${valuesOf(items)}`
  return type ?? ''
}
