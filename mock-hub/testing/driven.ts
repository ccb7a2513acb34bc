/** The hub that the levers of one test strike, and what drives each lever. */

import { FAULT_TYPES } from '../core/faults/fault-catalogue.ts'
import { Stage } from './fault-bench.ts'

export type Drive = (name: string) => Promise<void>
export type Drives = Record<string, Drive>

export const EVENTS = 'devices/d1/messages/events/'
export const TWIN = '$iothub/twin/res/#'
export const DESIRED = '$iothub/twin/PATCH/properties/desired/#'
export const METHODS = '$iothub/methods/POST/#'
export const publish = { cmd: 'publish', payload: '', qos: 0, dup: false, retain: false } as const

/** The stage of the test that runs. */
export let stage: Stage

export async function openStage(): Promise<void> {
  stage = await Stage.open()
}

/** Parameters as the catalogue shows them. */
export function example(name: string): Parameters<Stage['arm']>[1] {
  return FAULT_TYPES.find((lever) => lever.name === name)?.example.parameters
}

/** The round trip of another connection: whatever the hub had to say to the first one has been said. */
export async function fence(): Promise<void> {
  await stage.https('POST', '/devices/d1/messages/events', '{}')
}
