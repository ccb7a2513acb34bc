/** What a running hub offers to the process it runs in. `start.ts` makes one. */

import type { HubClock } from '../base/clock.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { IdentityRecord } from '../core/contract/registry.ts'
import type { Identity } from '../core/contract/identity.ts'
import type { Services } from '../core/contract/services/services.ts'
import type { Workload } from '../http/workload/workload.ts'

/** A running hub, with everything it offers to the process it runs in. */
export interface MockHub extends Omit<
  Hub,
  'stop' | 'clock' | 'perform' | 'openSession' | 'refuse' | 'attachBlobStorage'
> {
  /** Time at the hub; `advance`, `freeze`, `resume`, `setOffset` wind it. */
  readonly clock: HubClock
  /** Queries, configurations, jobs. */
  readonly services: Services
  readonly address: string
  readonly mqttPort: number
  readonly httpsPort: number
  /** Undefined: there is no AMQP. */
  readonly amqpPort: number | undefined
  /** Undefined: there is no control listener. */
  readonly controlPort: number | undefined
  readonly controlUrl: string | undefined
  /** The authority that clients must trust, PEM. */
  readonly caPem: string
  /** Its file, when there is one. */
  readonly caPath: string | undefined
  /** With all rights (policy iothubowner). */
  readonly serviceConnectionString: string
  /** For Event Hubs clients that read telemetry; undefined: there is no AMQP. */
  readonly eventHubConnectionString: string | undefined
  /** Values for `IOTEDGE_WORKLOADURI`. */
  readonly workload: Pick<Workload, 'socketUri' | 'httpUri'> | undefined
  /** Variables that point SDKs and samples at this hub. */
  readonly environment: Readonly<Record<string, string>>
  /** @throws HubError DeviceNotFound or ModuleNotFound. */
  connectionString(identity: Identity): string
  /** All identities, devices in order of creation, each followed by its modules. */
  identities(): readonly IdentityRecord[]
  /** Back to what it was started with: seed, no faults, no messages; links are closed. */
  reset(): void
  /** Closes every port and connection. Idempotent. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
