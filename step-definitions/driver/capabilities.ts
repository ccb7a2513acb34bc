/** The capabilities that a driver may claim in `hello`. docs/driver-authors.md and `schema/hello.json` list them. */

import { HarnessError } from './client-driver.ts'

/** Name to what a client with it can do. */
export const CAPABILITIES: ReadonlyMap<string, string> = new Map([
  ['identity.device', 'clients of devices'],
  ['identity.module', 'clients of modules'],
  ['identity.edge-module', 'modules that are created from the environment of IoT Edge'],
  ['auth.sas.renewable', 'tokens that the client makes and renews itself'],
  ['auth.sas.supplied', 'tokens that the application supplies: the factory sasToken, `updateSasToken`'],
  ['auth.symmetric-key', 'a shared key: the factories connectionString and symmetricKey'],
  ['auth.x509', 'the factory x509'],
  ['transport.mqtt', 'MQTT over TLS'],
  ['transport.mqtt-ws', 'MQTT over WebSocket: the option websockets'],
  ['proxy.http', 'HTTP proxies: the option proxyOptions'],
  ['proxy.socks', 'SOCKS proxies: the option proxyOptions'],
  ['gateway', 'IoT Edge as a gateway: the option gatewayHostname'],
  ['tls.custom-ca', 'a root certificate of the application: the option serverVerificationCert'],
  ['tls.ciphers', 'cipher suites of the application: the option cipher'],
  [
    'lifecycle',
    'what a client says of itself, and an end after which every call fails: `describe`, `shutdown`',
  ],
  ['telemetry', '`sendTelemetry`'],
  ['telemetry.output', '`sendOutput` of modules'],
  ['messages.conversion', 'messages made of text, bytes, numbers and mappings'],
  ['values.unwritable', 'values that cannot become JSON'],
  ['handlers.disconnect', 'handlers that disconnect their client'],
  ['c2d', 'messages from the cloud, by a handler'],
  ['c2d.receive', '`receiveMessage`'],
  ['methods', 'direct methods, by a handler'],
  ['methods.receive', '`receiveMethod`'],
  ['methods.respond', '`respondMethod`'],
  ['methods.invoke', '`invokeMethod` of modules'],
  ['twin.get', '`getTwin`'],
  ['twin.reported', '`patchReported`'],
  ['twin.desired', 'changes of desired properties, by a handler'],
  ['twin.desired.receive', '`receiveDesired`'],
  ['input', 'messages to inputs of modules, by a handler'],
  ['input.receive', '`receiveInput`'],
  ['file-upload', '`uploadInfo`, `notifyUpload`'],
  ['connection', '`connect`, `disconnect`, the state of the connection'],
  ['connection.retry', 'the client connects again by itself'],
  ['connection.auto-connect', 'calls connect when there is no connection'],
  ['connection.keep-alive', 'the option keepAlive'],
  ['connection.state-events', 'the event connectionState'],
  ['model-id', 'the option modelId'],
  ['deprecation-notices', 'the event deprecation'],
  ['provisioning', 'a client of the provisioning service: `provisionCreate`, `provisionRegister`'],
  ['provisioning.tls', 'that client has the options serverVerificationCert and cipher'],
])

/** The options of the factories that scenarios give, and the capability that one of them belongs to. */
export const FACTORY_OPTIONS: ReadonlyMap<string, { readonly is: string; readonly capability?: string }> =
  new Map([
    ['serverVerificationCert', { is: 'root certificates to trust, in PEM', capability: 'tls.custom-ca' }],
    ['websockets', { is: 'true: MQTT over WebSocket', capability: 'transport.mqtt-ws' }],
    ['cipher', { is: 'cipher suites, as an OpenSSL list or a list of names', capability: 'tls.ciphers' }],
    ['productInfo', { is: 'text that follows the agent in the user name' }],
    ['proxyOptions', { is: 'a proxy: type, address, port, username, password', capability: 'proxy.http' }],
    ['gatewayHostname', { is: 'host name of the IoT Edge gateway to dial', capability: 'gateway' }],
    ['sastokenTtl', { is: 'life of tokens in seconds', capability: 'auth.sas.renewable' }],
    ['keepAlive', { is: 'keep-alive of MQTT in seconds', capability: 'connection.keep-alive' }],
    ['autoConnect', { is: 'whether calls connect by themselves', capability: 'connection.auto-connect' }],
    ['connectionRetry', { is: 'whether the client connects again', capability: 'connection.retry' }],
    ['connectionRetryInterval', { is: 'seconds between tries', capability: 'connection.retry' }],
    ['ensureDesiredProperties', { is: 'whether changes that were missed are fetched' }],
    ['modelId', { is: 'ID of a Plug and Play model', capability: 'model-id' }],
  ])

/** @param hello as a driver sent it. @throws HarnessError for a claim that is no capability, with the nearest one. */
export function checkCapabilities(hello: unknown): void {
  const { capabilities: claims } = (hello ?? {}) as { readonly capabilities?: unknown }
  const unknown: unknown = Array.isArray(claims)
    ? claims.find((claim) => !CAPABILITIES.has(String(claim)))
    : undefined
  if (typeof unknown !== 'string') return
  const [meant = ''] = [...CAPABILITIES.keys()].sort((a, b) => edits(unknown, a) - edits(unknown, b))
  throw new HarnessError(
    `hello: the suite knows no capability "${unknown}"; the nearest one is "${meant}" (docs/driver-authors.md lists all)`,
  )
}

/** Insertions, deletions and substitutions from one text to the other. */
function edits(from: string, to: string): number {
  let row = [...Array(to.length + 1).keys()]
  for (let above = 0; above < from.length; above++) {
    const next = [above + 1]
    for (let left = 0; left < to.length; left++) {
      const substituted = (row[left] ?? 0) + (from[above] === to[left] ? 0 : 1)
      next.push(Math.min((next[left] ?? 0) + 1, (row[left + 1] ?? 0) + 1, substituted))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
