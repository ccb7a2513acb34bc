/** A device that asks for its hub, on its connection. */

import type { Provisioning, Registrant } from '../../provisioning/contract/provisioning.ts'

export interface RegistrantSession {
  readonly provisioning: Provisioning
  readonly registrant: Registrant
  /** QoS of the answers; undefined: the device has not subscribed. No session is kept (DPS-CONN-05). */
  answersAt: 0 | 1 | undefined
}
