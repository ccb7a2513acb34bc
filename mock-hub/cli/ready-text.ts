/** The text that a ready hub prints: its addresses, its connection strings, and the environment lines of SDKs. */

import { dirname, join } from 'node:path'
import { identityKey } from '../core/contract/identity.ts'
import type { MockHub } from '../host/mock-hub.ts'
import { dashboardUrl } from './open-page.ts'

/** @param readyMs time since the process started, in milliseconds. */
export function readyText(hub: MockHub, readyMs: number): string {
  const { hostName, mqttPort, httpsPort, amqpPort, controlUrl, caPath = '(in memory)', environment } = hub
  const identities = hub
    .identities()
    .map(({ identity }) => [identityKey(identity), hub.connectionString(identity)] as const)
  const variables = new Map(Object.entries(environment))
  const variable = (name: string, about: string): string =>
    `  export ${name}=${quoted(variables.get(name) ?? '')}   # ${about}`
  return [
    `mock-iot-hub is ready (${String(readyMs)} ms)`,
    '',
    ...table([
      ['MQTT', `${hostName}:${String(mqttPort)}`],
      ['HTTPS', `${hostName}:${String(httpsPort)}, also MQTT over WebSocket`],
      ...(amqpPort === undefined
        ? []
        : [['AMQP', `${hostName}:${String(amqpPort)}, also over WebSocket`] as const]),
      ...(controlUrl === undefined
        ? []
        : ([
            ['Dashboard', `${dashboardUrl(controlUrl)} (in a browser; --open opens it)`],
            ['Control API', controlUrl],
          ] as const)),
      ['CA', caPath],
      ['State', hub.state ?? 'in memory: it ends with the hub (--data DIR keeps it)'],
    ]),
    '',
    'Connection strings',
    ...table([
      ...identities,
      ['service', hub.serviceConnectionString],
      ...(hub.eventHubConnectionString === undefined
        ? []
        : [['events', hub.eventHubConnectionString] as const]),
    ]),
    '',
    ...provisioningLines(hub, variable),
    'Make SDKs trust the CA',
    variable('NODE_EXTRA_CA_CERTS', 'Node'),
    variable('SSL_CERT_FILE', 'Python device SDK, C, Go, Rust, .NET'),
    variable('REQUESTS_CA_BUNDLE', 'Python service SDK, az'),
    `  cat ${quoted(caPath)} >> "$(python3 -m certifi)"   # Python over AMQP: service client, Event Hubs`,
    ...javaLines(caPath),
    '',
  ].join('\n')
}

/** The provisioning service, with the lines that its SDKs and samples read. */
function provisioningLines(
  { provisioning, environment }: MockHub,
  variable: (name: string, about: string) => string,
): readonly string[] {
  if (provisioning === undefined) return []
  const lines: readonly (readonly [name: string, about: string])[] = [
    ['PROVISIONING_HOST', 'global endpoint'],
    ['PROVISIONING_IDSCOPE', 'ID scope'],
    ['PROVISIONING_REGISTRATION_ID', 'a device with an individual enrollment'],
    ['PROVISIONING_SYMMETRIC_KEY', 'its key'],
    [
      'PROVISIONING_MASTER_SYMMETRIC_KEY',
      'key of an enrollment group, from which those of its devices derive',
    ],
    ['PROVISIONING_CONNECTION_STRING', 'service clients'],
  ]
  const known = new Map(Object.entries(environment))
  return [
    'Provisioning (DPS)',
    ...lines.filter(([name]) => known.has(name)).map(([name, about]) => variable(name, about)),
    '',
  ]
}

/** Java has its own format: one command that makes a trust store, and the variable that every JVM reads. */
function javaLines(caPath: string): readonly string[] {
  const store = join(dirname(caPath), 'truststore.p12')
  const options = `-Djavax.net.ssl.trustStore=${quotedForJvm(store)} -Djavax.net.ssl.trustStorePassword=changeit`
  return [
    `  keytool -importcert -noprompt -alias mock-iot-hub -file ${quoted(caPath)} -keystore ${quoted(store)} -storetype PKCS12 -storepass changeit   # Java, once`,
    `  export JAVA_TOOL_OPTIONS=${quoted(options)}   # Java`,
  ]
}

/** Quotes a path within `JAVA_TOOL_OPTIONS` if necessary: the JVM takes both quotes, and knows no escape. */
function quotedForJvm(path: string): string {
  if (!/[\s'"]/.test(path)) return path
  return path.includes('"') ? `'${path}'` : `"${path}"`
}

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
}

/** Quotes a text for a shell if necessary. */
export function quoted(text: string): string {
  return /^[\w./:@%+=-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
