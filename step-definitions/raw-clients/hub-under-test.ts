/** What the hub features need of any hub: an address, a service connection string, its time. */

import type { FaultDefinition } from 'mock-iot-hub'

/** A device-to-cloud message as the service reads it. */
export interface ReadMessage {
  readonly deviceId: string
  readonly moduleId: string | undefined
  readonly body: Buffer
  /** The application properties. */
  readonly properties: Readonly<Record<string, string | null>>
  /** The system properties and annotations, by service name (`messageId`, `source`, `authMethod` …). */
  readonly system: Readonly<Record<string, unknown>>
}

export interface IdentityKeys {
  readonly primaryKey: string
  readonly secondaryKey: string
}

/** Where a hub or a provisioning service listens. */
export interface Server {
  /** The host name in user names, scopes and TLS. */
  readonly hostName: string
  /** The address to dial. */
  readonly address: string
  readonly mqttPort: number
  readonly httpsPort: number
  /** Undefined: its AMQP cannot be reached. */
  readonly amqpPort: number | undefined
  /** The root of the server certificate; undefined: the roots of the system. */
  readonly caPem: string | undefined
}

/** A hub under test. Without an optional member, some scenarios are not supported. */
export interface HubUnderTest extends Server {
  /** `HostName=…;SharedAccessKeyName=…;SharedAccessKey=…`, with all permissions. */
  readonly serviceConnectionString: string
  /** The time of the hub, in epoch milliseconds. */
  now(): number
  /** Lets seconds pass at the hub. */
  readonly pass?: (seconds: number) => Promise<void>
  /** The device-to-cloud messages of the scenario, oldest first; waits until there are `count`. */
  readonly messages?: (count: number) => Promise<readonly ReadMessage[]>
  /** The hub adds its own events (changed twins, lifecycle, connections) to the device-to-cloud messages. */
  readonly hasEvents: boolean
  /** Makes the hub trust the root of certificates of devices. */
  readonly trust?: (rootPem: string) => void
  /**
   * Registers an identity with new keys without a request: the request is judged in scenarios of its own
   * (features/hub/registry.feature), and costs as much as all else in most others.
   */
  readonly register?: (deviceId: string, moduleId: string | undefined) => IdentityKeys
  /** The key of a shared access policy. */
  readonly policyKey?: (name: string) => string | undefined
  /** The provisioning service to which the hub is linked. */
  readonly provisioning?: ProvisioningUnderTest | undefined
}

/** A provisioning service under test. Without an optional member, some scenarios are not supported. */
export interface ProvisioningUnderTest extends Server {
  readonly idScope: string
  /** `HostName=…;SharedAccessKeyName=…;SharedAccessKey=…`, with all rights. */
  readonly serviceConnectionString: string
  /** Waits until a device may poll again. @param seconds what the service has asked for. */
  wait(seconds: number): Promise<void>
  /** Makes the service answer otherwise. */
  readonly arm?: (fault: FaultDefinition) => Promise<void>
  /** Uploads the certificate of an authority, as verified. */
  readonly upload?: (name: string, pem: string) => Promise<void>
  /** Unlinks the hub from the service, until the end of the scenario. */
  readonly unlink?: () => Promise<void>
  /** The documented throttles are on. */
  readonly throttles: boolean
  /** A webhook that listens at this address can be called. */
  readonly webhookAddress?: string | undefined
}

/** The parts of a connection string. */
export function connectionStringParts(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(';').map((part) => {
      const cut = part.indexOf('=')
      return [part.slice(0, cut), part.slice(cut + 1)]
    }),
  )
}
