/** The factories of the reference client, for the verb `create`. */

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
/** Missing arguments and wrong types are passed on: the client must reject them. */
type AnyFactory = (...given: readonly unknown[]) => Client | Promise<Client>

/** The documented name of each factory, and its arguments in order. */
const FACTORIES = {
  connectionString: ['createFromConnectionString', ['connectionString']],
  sasToken: ['createFromSastoken', ['sastoken']],
  symmetricKey: ['createFromSymmetricKey', ['symmetricKey', 'hostname', 'deviceId']],
  x509: ['createFromX509Certificate', ['x509', 'hostname', 'deviceId', 'moduleId']],
  edgeEnvironment: ['createFromEdgeEnvironment', []],
} as const

export async function createClient(request: Verbs['create'], clock: Clock): Promise<Client> {
  const type = request.kind === 'device' ? IoTHubDeviceClient : IoTHubModuleClient
  if (request.factory === 'constructor') {
    // The constructor is not public, with or without arguments: the client must reject the call.
    return new (type as unknown as new (...given: Json[]) => Client)(...Object.values(request.arguments))
  }
  const [name, names] = FACTORIES[request.factory]
  const wanted: readonly string[] =
    request.kind === 'device' ? names.filter((of) => of !== 'moduleId') : names
  const given = wanted.map((of) => argument(of, request.arguments))
  const factory = (type as unknown as Readonly<Record<string, AnyFactory | undefined>>)[name] // looked up by its documented name
  if (factory === undefined) throw new TypeError(`${type.name} has no ${name}`)
  return factory.call(type, ...given, optionsFor(request, clock))
}

/** The value of an argument as the client takes it. */
export function argument(name: string, given: JsonObject): unknown {
  const value = given[name]
  if (name !== 'x509' || value === undefined) return value
  const { certFile, keyFile, passPhrase } = value as Readonly<Record<string, string>> // its type in the requests of the suite
  return new X509(certFile ?? '', keyFile ?? '', passPhrase)
}

/** The options of a factory, with the clock of the suite. */
export function optionsFor(
  { options, endpoint, environment }: Pick<Verbs['create'], 'options' | 'endpoint' | 'environment'>,
  clock: Clock,
): object {
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
