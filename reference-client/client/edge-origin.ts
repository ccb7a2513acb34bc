/** What the environment of an IoT Edge module says: host, identity, gateway, credentials, trusted certificates. */

import { EdgeCredentials, readEdgeEnvironment } from '../auth/edge-environment.ts'
import type { ContainerEnvironment, DebugEnvironment } from '../auth/edge-environment.ts'
import { SharedAccessKeyCredentials } from '../auth/shared-access-key.ts'
import { WorkloadApi } from '../auth/workload-api.ts'
import { OSError } from '../core/errors/os-error.ts'
import { ValueError } from '../core/errors/value-error.ts'
import { type Origin, userAgent } from './client-parts.ts'
import type { Settings } from './settings.ts'
import { assertCertificates } from './tls-options.ts'

/** @throws OSError, ValueError: see `createFromEdgeEnvironment`. */
export async function edgeOrigin(settings: Settings): Promise<Origin> {
  const environment = readEdgeEnvironment(settings.environment)
  return environment.type === 'debug'
    ? debugOrigin(environment, settings)
    : containerOrigin(environment, settings)
}

function debugOrigin(environment: DebugEnvironment, settings: Settings): Origin {
  const { hostName, deviceId, moduleId, sharedAccessKey } = environment.connectionString
  const identity = { deviceId, moduleId }
  assertCertificates(environment.certificates, (cause) => {
    throw new ValueError('Invalid CA certificate file: no usable certificate in PEM', { cause })
  })
  return {
    hostName,
    identity,
    credentials: new SharedAccessKeyCredentials(
      sharedAccessKey,
      hostName,
      identity,
      settings.sastokenTtl,
      settings.clock,
    ),
    settings: trustingOnly(settings, environment.certificates),
    gatewayHostName: environment.gatewayHostName,
    edge: true,
  }
}

/** Asks the workload API for the trust bundle and for the first token. */
async function containerOrigin(environment: ContainerEnvironment, settings: Settings): Promise<Origin> {
  const { hostName, identity, gatewayHostName, generationId, workloadUri, apiVersion } = environment
  const workload = new WorkloadApi({
    uri: workloadUri,
    apiVersion,
    moduleId: identity.moduleId ?? '',
    generationId,
    userAgent: userAgent(settings.productInfo),
    clock: settings.clock,
  })
  const bundle = await workload.trustBundle()
  assertCertificates(bundle, (cause) => {
    throw new OSError('Unexpected failure in IoTEdge: the trust bundle contains no usable certificate', {
      cause,
    })
  })
  const credentials = new EdgeCredentials(workload, environment, settings.sastokenTtl, settings.clock)
  await credentials.renew()
  return {
    hostName,
    identity,
    credentials,
    settings: trustingOnly(settings, bundle),
    gatewayHostName,
    edge: true,
  }
}

function trustingOnly(settings: Settings, certificates: string): Settings {
  return Object.freeze({ ...settings, serverVerificationCert: certificates })
}
