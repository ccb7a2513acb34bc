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

/** What a mock tells of its service (docs/control.md). */
interface Health {
  readonly provisioning?: { readonly throttles?: boolean }
}

/**
 * A service of the same host name as the hub is dialled at the hub's address.
 * @throws HarnessError when the control listener cannot be reached.
 */
export async function remoteProvisioning(
  location: ProvisioningLocation | undefined,
  hub: LinkedHub,
): Promise<ProvisioningUnderTest | undefined> {
  if (location === undefined) return undefined
  const { serviceConnectionString, idScope, mqttPort, httpsPort, amqpPort } = location
  const { HostName: hostName = '' } = connectionStringParts(serviceConnectionString)
  const about = {
    ...{ idScope, serviceConnectionString, hostName, mqttPort, httpsPort, amqpPort },
    address: hostName === hub.hostName ? hub.address : hostName,
    caPem: hub.caPem,
    wait: (seconds: number) => pause(seconds * 1_000),
  }
  // A real service always throttles: one that does not fails. A mock tells whether it was started with the setting.
  if (hub.control === undefined) return { ...about, throttles: true }
  const call = controlAt(hub.control)
  const { provisioning } = (await call('GET', '/health')) as Health
  return {
    ...about,
    throttles: provisioning?.throttles === true,
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
