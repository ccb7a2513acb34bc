/** Every lever of the catalogue, driven once over real sockets: its counter, and what the peer saw. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { FAULT_TYPES } from '../core/faults/fault-catalogue.ts'
import { type Drives, openStage, stage } from './driven.ts'
import { belowMqtt } from './drives-below-mqtt.ts'
import { borders } from './drives-borders.ts'
import { deliveries } from './drives-deliveries.ts'
import { meaning } from './drives-meaning.ts'
import { packets } from './drives-mqtt.ts'

const drives: Drives = { ...belowMqtt, ...packets, ...meaning, ...deliveries, ...borders }

beforeEach(openStage)
afterEach(() => stage.stop())

test.each(FAULT_TYPES.map(({ name }) => name))('%s strikes once, and the peer sees it', async (name) => {
  const drive = drives[name]
  if (drive === undefined) throw new Error(`nothing drives ${name}: add it to a file of mock-hub/testing`)
  await drive(name)
  expect(stage.fired(name)).toBe(1)
})

test('nothing drives a lever that is not of the catalogue', () => {
  expect(Object.keys(drives).filter((name) => !FAULT_TYPES.some((lever) => lever.name === name))).toEqual([])
})
