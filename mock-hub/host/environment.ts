/** What a running hub tells people and programs about itself. */

import type { MockHub } from './mock-hub.ts'

/**
 * What the SDKs read from the environment (field notes 6): Node takes a further CA, Python, Rust and .NET another bundle,
 * Python's service side that of `requests`; and connection strings under the names that Microsoft's samples use.
 */
export function environmentOf(hub: MockHub): Readonly<Record<string, string>> {
  const { caPath } = hub
  const identities = hub.identities().map(({ identity }) => identity)
  const device = identities.find(({ moduleId }) => moduleId === undefined)
  const module = identities.find(({ moduleId }) => moduleId?.startsWith('$') === false)
  const variables: Record<string, string | undefined> = {
    IOTHUB_DEVICE_CONNECTION_STRING: device && hub.connectionString(device),
    IOTHUB_MODULE_CONNECTION_STRING: module && hub.connectionString(module),
    IOTHUB_CONNECTION_STRING: hub.serviceConnectionString,
    EVENTHUB_CONNECTION_STRING: hub.eventHubConnectionString,
    NODE_EXTRA_CA_CERTS: caPath,
    SSL_CERT_FILE: caPath,
    REQUESTS_CA_BUNDLE: caPath,
    MOCK_IOT_HUB_CA: caPath,
    MOCK_IOT_HUB_CONTROL_URL: hub.controlUrl,
  }
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** One JSON object: the ready line of `--json`, and `GET /health` of the control listener. */
export function aboutHub(hub: MockHub): Readonly<Record<string, unknown>> {
  const { hostName, address, mqttPort, httpsPort, amqpPort, controlUrl, caPath, serviceConnectionString } =
    hub
  return {
    ...{ hostName, address, mqttPort, httpsPort, amqpPort, controlUrl, caPath, serviceConnectionString },
    eventHubConnectionString: hub.eventHubConnectionString,
    workload: hub.workload,
    devices: hub.identities().map(({ identity }) => ({
      ...identity,
      connectionString: hub.connectionString(identity),
    })),
    env: hub.environment,
  }
}
