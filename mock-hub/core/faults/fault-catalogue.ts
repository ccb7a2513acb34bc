/** The catalogue of fault types: everything that can be made to fail, by name. */

import type { FaultType, FaultTypeDocument } from '../contract/faults.ts'
import { CLOCK } from './catalogue/clock.ts'
import { EDGE, HTTP } from './catalogue/http.ts'
import { MQTT } from './catalogue/mqtt.ts'
import { TCP, TLS, WEB_SOCKET } from './catalogue/network.ts'
import { STORE } from './catalogue/store.ts'
import { OPERATIONS } from './catalogue/operations.ts'
import { PROVISIONING } from './catalogue/provisioning.ts'

/** Every fault type of the hub. */
export const FAULT_TYPES: readonly FaultType[] = [
  ...TCP,
  ...TLS,
  ...MQTT,
  ...OPERATIONS,
  ...PROVISIONING,
  ...HTTP,
  ...WEB_SOCKET,
  ...EDGE,
  ...CLOCK,
  ...STORE,
]

const BY_NAME: ReadonlyMap<string, FaultType> = new Map(FAULT_TYPES.map((type) => [type.name, type]))

/** @param name for example `mqtt.puback.withhold`. */
export function findFaultType(name: string): FaultType | undefined {
  return BY_NAME.get(name)
}

/** The catalogue as the command line and the control API show it. */
export function faultTypeDocuments(): readonly FaultTypeDocument[] {
  return FAULT_TYPES.map(({ name, scope, trigger, parameters, description, example }) => {
    const explain = `At ${trigger}, the hub ${description}.`
    return { name, scope, trigger, parameters, explain, example }
  })
}
