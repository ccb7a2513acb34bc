/** The factories of the reference client behind the driver's verb `create`. */

import {
  type Clock,
  IoTHubDeviceClient,
  IoTHubModuleClient,
  ProxyOptions,
  type ProxyType,
  X509,
} from 'mock-iot-hub-client'
import type { Json, JsonObject, Verbs } from './client-driver.ts'

type Client = IoTHubDeviceClient | IoTHubModuleClient
/** What is missing or of a wrong type is handed over as it is: that it is refused is what is asked for. */
type AnyFactory = (...given: readonly unknown[]) => Client | Promise<Client>

/** Documented name of each factory, and of its arguments in order. */
const FACTORIES = {
  connectionString: ['createFromConnectionString', ['connectionString']],
  sasToken: ['createFromSastoken', ['sastoken']],
  symmetricKey: ['createFromSymmetricKey', ['symmetricKey', 'hostname', 'deviceId']],
  x509: ['createFromX509Certificate', ['x509', 'hostname', 'deviceId', 'moduleId']],
  edgeEnvironment: ['createFromEdgeEnvironment', []],
} as const

export async function makeClient(asked: Verbs['create'], clock: Clock): Promise<Client> {
  const type = asked.kind === 'device' ? IoTHubDeviceClient : IoTHubModuleClient
  if (asked.factory === 'constructor') {
    // No public way, with or without what the original's initializer takes: that is what is asked.
    return new (type as unknown as new (...given: Json[]) => Client)(...Object.values(asked.arguments))
  }
  const [name, names] = FACTORIES[asked.factory]
  const wanted: readonly string[] = asked.kind === 'device' ? names.filter((of) => of !== 'moduleId') : names
  const given = wanted.map((of) => argument(of, asked.arguments))
  const factory = (type as unknown as Readonly<Record<string, AnyFactory | undefined>>)[name] // by its documented name
  if (factory === undefined) throw new TypeError(`${type.name} has no ${name}`)
  return factory.call(type, ...given, optionsFor(asked, clock))
}

function argument(name: string, given: JsonObject): unknown {
  const value = given[name]
  if (name !== 'x509' || value === undefined) return value
  const { certFile, keyFile, passPhrase } = value as Readonly<Record<string, string>> // so the suite writes it
  return new X509(certFile ?? '', keyFile ?? '', passPhrase)
}

function optionsFor({ options, endpoint, environment }: Verbs['create'], clock: Clock): object {
  const { proxyOptions, ...rest } = options
  return {
    ...rest,
    ...(proxyOptions === undefined ? {} : { proxyOptions: proxyFrom(proxyOptions as JsonObject) }),
    extensions: { clock, endpoint, ...(environment === undefined ? {} : { environment }) },
  }
}

interface GivenProxy {
  readonly type: ProxyType
  readonly address: string
  readonly port: number
  readonly username?: string
  readonly password?: string
}

function proxyFrom(given: JsonObject): ProxyOptions {
  const { type, address, port, username, password } = given as unknown as GivenProxy // the constructor checks it
  return new ProxyOptions(type, address, port, username, password)
}
