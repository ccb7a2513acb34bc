/**
 * Credentials from the environment variables that the Edge runtime, or its development tools, set for a module.
 * Source: docs/contract/client/construction.md#client-edge-environment; decision D-24.
 */

import { readFileSync } from 'node:fs'
import { type ConnectionString, parseConnectionString } from '../core/connection-string.ts'
import type { Clock } from '../core/clock.ts'
import { OSError, systemCodeOf } from '../core/errors/os-error.ts'
import { ValueError } from '../core/errors/value-error.ts'
import type { Credentials, Identity } from '../core/ports.ts'
import { formatSasToken, resourceOf, textToSign } from './sas-token.ts'
import type { WorkloadApi } from './workload-api.ts'

type Environment = Readonly<Record<string, string | undefined>>

const CONTAINER = [
  'IOTEDGE_IOTHUBHOSTNAME',
  'IOTEDGE_DEVICEID',
  'IOTEDGE_MODULEID',
  'IOTEDGE_GATEWAYHOSTNAME',
  'IOTEDGE_MODULEGENERATIONID',
  'IOTEDGE_WORKLOADURI',
  'IOTEDGE_APIVERSION',
] as const
const DEBUG = ['EdgeHubConnectionString', 'EdgeModuleCACertificateFile'] as const

export interface ContainerEnvironment {
  readonly type: 'container'
  readonly hostName: string
  readonly gatewayHostName: string
  readonly identity: Identity
  readonly generationId: string
  readonly workloadUri: string
  readonly apiVersion: string
}

export interface DebugEnvironment {
  readonly type: 'debug'
  readonly connectionString: ConnectionString
  readonly gatewayHostName: string
  /** PEM. */
  readonly certificates: string
}

/** @throws OSError when neither set of variables is complete; ValueError, OSError for invalid debug variables. */
export function readEdgeEnvironment(environment: Environment): ContainerEnvironment | DebugEnvironment {
  const container = complete(environment, CONTAINER)
  if (container !== undefined) {
    return {
      type: 'container',
      hostName: container.IOTEDGE_IOTHUBHOSTNAME,
      gatewayHostName: container.IOTEDGE_GATEWAYHOSTNAME,
      identity: { deviceId: container.IOTEDGE_DEVICEID, moduleId: container.IOTEDGE_MODULEID },
      generationId: container.IOTEDGE_MODULEGENERATIONID,
      workloadUri: container.IOTEDGE_WORKLOADURI,
      apiVersion: container.IOTEDGE_APIVERSION,
    }
  }
  const debug = complete(environment, DEBUG)
  if (debug === undefined) throw new OSError('IoT Edge environment not configured correctly')
  const certificates = readCertificates(debug.EdgeModuleCACertificateFile)
  const connectionString = parseConnectionString(debug.EdgeHubConnectionString)
  const { gatewayHostName, moduleId } = connectionString
  if (moduleId === undefined || gatewayHostName === undefined) {
    throw new ValueError(
      'Invalid Connection String: EdgeHubConnectionString needs ModuleId and GatewayHostName',
    )
  }
  return { type: 'debug', connectionString, gatewayHostName, certificates }
}

/** Tokens that the workload API signs and renews (SRC-26). */
export class EdgeCredentials implements Credentials {
  readonly #workload: WorkloadApi
  readonly #resource: string
  readonly #ttlSeconds: number
  readonly #clock: Clock
  sasToken = ''
  expiresAt = 0

  constructor(
    workload: WorkloadApi,
    { hostName, identity }: Pick<ContainerEnvironment, 'hostName' | 'identity'>,
    ttlSeconds: number,
    clock: Clock,
  ) {
    this.#workload = workload
    this.#resource = resourceOf(hostName, identity)
    this.#ttlSeconds = ttlSeconds
    this.#clock = clock
  }

  /** @throws OSError. */
  async renew(): Promise<void> {
    const expiresAt = Math.floor(this.#clock.now() / 1_000) + this.#ttlSeconds
    const signature = await this.#workload.sign(textToSign(this.#resource, expiresAt))
    this.sasToken = formatSasToken(this.#resource, signature, expiresAt)
    this.expiresAt = expiresAt
  }
}

/** @returns the variables; undefined when one of them is not set. */
function complete<const Name extends string>(
  environment: Environment,
  names: readonly Name[],
): Record<Name, string> | undefined {
  const values: Partial<Record<Name, string>> = {}
  for (const name of names) {
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined
    if (value === undefined) return undefined
    values[name] = value
  }
  return values as Record<Name, string> // the loop has set each name
}

function readCertificates(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') {
      throw new OSError(`The file in EdgeModuleCACertificateFile does not exist: ${path}`, { cause })
    }
    throw new ValueError(`Invalid CA certificate file: ${path} cannot be read`, { cause })
  }
}
