/** What a person sees when the hub is ready: where it is, who may connect, and how each SDK finds it. */

import { identityKey } from '../core/contract/identity.ts'
import type { MockHub } from '../host/mock-hub.ts'

/** @param readyMs since the process began. */
export function readyText(hub: MockHub, readyMs: number): string {
  const { hostName, mqttPort, httpsPort, amqpPort, controlUrl, caPath = '(in memory)', environment } = hub
  const identities = hub
    .identities()
    .map(({ identity }) => [identityKey(identity), hub.connectionString(identity)] as const)
  const variable = (name: string, about: string): string =>
    `  export ${name}=${quoted(environment[name] ?? '')}   # ${about}`
  return [
    `mock-iot-hub is ready (${String(readyMs)} ms)`,
    '',
    ...table([
      ['MQTT', `${hostName}:${String(mqttPort)}`],
      ['HTTPS', `${hostName}:${String(httpsPort)}, MQTT over WebSocket too`],
      ...(amqpPort === undefined
        ? []
        : [['AMQP', `${hostName}:${String(amqpPort)}, and over WebSocket`] as const]),
      ...(controlUrl === undefined ? [] : [['control', controlUrl] as const]),
      ['CA', caPath],
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
    'So that SDKs trust it',
    variable('NODE_EXTRA_CA_CERTS', 'Node'),
    variable('SSL_CERT_FILE', 'Python devices, C, Rust, .NET'),
    variable('REQUESTS_CA_BUNDLE', 'Python back ends'),
    `  Java: keytool -importcert -noprompt -alias mock-iot-hub -file ${quoted(caPath)} -keystore … -storepass …`,
    '',
  ].join('\n')
}

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
}

/** For a shell, when it needs it. */
export function quoted(text: string): string {
  return /^[\w./:@%+=-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
