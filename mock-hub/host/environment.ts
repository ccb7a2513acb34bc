/** How a running hub describes itself: environment variables and a JSON object. */

import { isObject, own } from '../base/json.ts'
import type { Enrollments } from '../provisioning/contract/enrollments.ts'
import type { MockHub } from './mock-hub.ts'

/**
 * The environment variables that SDKs and Microsoft's samples read: connection strings, and whom to trust. Node adds
 * `NODE_EXTRA_CA_CERTS` to its roots; `SSL_CERT_FILE` (Python, C, Go, Rust, .NET) and `REQUESTS_CA_BUNDLE` (Python's
 * service SDK, az; `CURL_CA_BUNDLE`: curl) replace them, and name a file with the roots of the system as well.
 */
export function environmentOf(hub: MockHub): Readonly<Record<string, string>> {
  return defined({ ...secretVariables(hub), ...openVariables(hub) })
}

type Variables = Readonly<Record<string, string | undefined>>

/** Those that hold no key. */
function openVariables(hub: MockHub): Variables {
  const { caPath, caBundlePath = caPath, provisioning } = hub
  const port = (number: number | undefined): string | undefined => number?.toString()
  return {
    PROVISIONING_HOST: provisioning?.endpoint,
    PROVISIONING_IDSCOPE: provisioning?.idScope,
    PROVISIONING_REGISTRATION_ID: provisioning && firstKey(provisioning.enrollments, 'registrationId')[0],
    NODE_EXTRA_CA_CERTS: hasOtherExtra(caPath) ? caBundlePath : caPath,
    SSL_CERT_FILE: caBundlePath,
    REQUESTS_CA_BUNDLE: caBundlePath,
    CURL_CA_BUNDLE: caBundlePath,
    MOCK_IOT_HUB_CA: caPath,
    IOTHUB_HOSTNAME: hub.hostName,
    IOTHUB_ADDRESS: hub.address,
    IOTHUB_MQTT_PORT: port(hub.mqttPort),
    IOTHUB_HTTPS_PORT: port(hub.httpsPort),
    IOTHUB_AMQP_PORT: port(hub.amqpPort),
    MOCK_IOT_HUB_CONTROL_URL: hub.controlUrl,
  }
}

/** Those of the provisioning service have the names that the samples of its SDKs for Python and Node read. */
function secretVariables(hub: MockHub): Variables {
  const { provisioning } = hub
  const identities = hub.identities().map(({ identity }) => identity)
  const device = identities.find(({ moduleId }) => moduleId === undefined)
  const module = identities.find(({ moduleId }) => moduleId?.startsWith('$') === false)
  return {
    IOTHUB_DEVICE_CONNECTION_STRING: device && hub.connectionString(device),
    IOTHUB_MODULE_CONNECTION_STRING: module && hub.connectionString(module),
    IOTHUB_CONNECTION_STRING: hub.serviceConnectionString,
    EVENTHUB_CONNECTION_STRING: hub.eventHubConnectionString,
    PROVISIONING_SYMMETRIC_KEY: provisioning && firstKey(provisioning.enrollments, 'registrationId')[1],
    PROVISIONING_MASTER_SYMMETRIC_KEY:
      provisioning && firstKey(provisioning.enrollmentGroups, 'enrollmentGroupId')[1],
    PROVISIONING_CONNECTION_STRING: provisioning?.serviceConnectionString,
  }
}

function defined(variables: Variables): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** Id and primary key of the first enrollment with symmetric keys; undefined: there is none. */
function firstKey(enrollments: Enrollments, idField: string): readonly [id?: string, key?: string] {
  for (const document of enrollments.list()) {
    const id = own(document, idField)
    const keys = typeof id === 'string' ? own(enrollments.attestation(id), 'symmetricKey') : undefined
    const key = isObject(keys) ? own(keys, 'primaryKey') : undefined
    if (typeof id === 'string' && typeof key === 'string') return [id, key]
  }
  return []
}

/** Whether Node already has roots of somebody else to add: the bundle has them too. */
function hasOtherExtra(caPath: string | undefined): boolean {
  const extra = process.env['NODE_EXTRA_CA_CERTS']
  return extra !== undefined && extra !== caPath
}

/**
 * The hub as one JSON object: the ready line of `--json`, and `GET /health` of the control API.
 * @param secrets whether connection strings, keys and devices belong to it.
 */
export function aboutHub(hub: MockHub, secrets = true): Readonly<Record<string, unknown>> {
  const { hostName, address, mqttPort, httpsPort, amqpPort, controlUrl, caPath } = hub
  const open = {
    ...{ hostName, address, mqttPort, httpsPort, amqpPort, controlUrl, caPath },
    caBundlePath: hub.caBundlePath,
    state: hub.state,
  }
  if (!secrets)
    return {
      ...open,
      provisioning: aboutProvisioning(hub),
      env: defined(openVariables(hub)),
    }
  return {
    ...open,
    serviceConnectionString: hub.serviceConnectionString,
    eventHubConnectionString: hub.eventHubConnectionString,
    workload: hub.workload,
    provisioning: hub.provisioning && {
      ...aboutProvisioning(hub),
      serviceConnectionString: hub.provisioning.serviceConnectionString,
    },
    devices: hub.identities().map(({ identity }) => ({
      ...identity,
      connectionString: hub.connectionString(identity),
    })),
    env: hub.environment,
  }
}

/** Without keys. */
function aboutProvisioning({
  provisioning,
  settings,
}: MockHub): Readonly<Record<string, unknown>> | undefined {
  return (
    provisioning && {
      idScope: provisioning.idScope,
      endpoint: provisioning.endpoint,
      throttles: settings.dpsThrottles,
    }
  )
}
