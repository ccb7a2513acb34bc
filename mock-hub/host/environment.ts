/** How a running hub describes itself: environment variables and a JSON object. */

import type { MockHub } from './mock-hub.ts'

/**
 * The environment variables that SDKs and Microsoft's samples read: the CA for Node (`NODE_EXTRA_CA_CERTS`), for Python,
 * Rust and .NET (`SSL_CERT_FILE`) and for Python's service SDK (`REQUESTS_CA_BUNDLE`), and connection strings.
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

/** The hub as one JSON object: the ready line of `--json`, and `GET /health` of the control API. */
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
