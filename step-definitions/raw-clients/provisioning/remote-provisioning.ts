/**
 * A provisioning service that runs outside the suite: another mock, or a real DPS, to which the hub under test is linked.
 * Authorities, hubs and faults need a control listener like that of mock-iot-hub; without one, such scenarios are not
 * supported.
 */

import { pause } from '../../driver/clock.ts'
import { controlAt } from '../control-listener.ts'
import { connectionStringParts, type ProvisioningUnderTest, type Server } from '../hub-under-test.ts'

export interface ProvisioningLocation {
  /** Of the service API, with all rights. */
  readonly serviceConnectionString: string
  readonly idScope: string
  readonly mqttPort: number
  readonly httpsPort: number
  readonly amqpPort?: number | undefined
}

type LinkedHub = Pick<Server, 'hostName' | 'address' | 'caPem'> & { readonly control: string | undefined }

const SOON_MS = 50

/** A service of the same host name as the hub is dialled at the hub's address. */
export function remoteProvisioning(
  location: ProvisioningLocation | undefined,
  hub: LinkedHub,
): ProvisioningUnderTest | undefined {
  if (location === undefined) return undefined
  const { serviceConnectionString, idScope, mqttPort, httpsPort, amqpPort } = location
  const { HostName: hostName = '' } = connectionStringParts(serviceConnectionString)
  const about = {
    ...{ idScope, serviceConnectionString, hostName, mqttPort, httpsPort, amqpPort },
    address: hostName === hub.hostName ? hub.address : hostName,
    caPem: hub.caPem,
    wait: (seconds: number) => pause(seconds * 1_000),
  }
  // A real service always throttles; a mock does when it is started with the setting.
  if (hub.control === undefined) return { ...about, throttles: true }
  const call = controlAt(hub.control)
  return {
    ...about,
    throttles: false,
    // What a mock answers later it has decided already, and its clock stands still for the suite.
    wait: () => pause(SOON_MS),
    webhookAddress: '127.0.0.1',
    arm: async (fault) => {
      await call('POST', '/faults', fault)
    },
    upload: async (name, pem) => {
      await call('PUT', `/certificates/${name}`, { certificate: pem, verified: true })
    },
  }
}
