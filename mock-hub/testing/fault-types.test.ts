/** Injects every fault type of the catalogue once over real sockets, and checks its counter and what the client sees. */

import { expect, test } from 'vitest'
import { FAULT_TYPES } from '../core/faults/fault-catalogue.ts'
import { deliveryFaultCases } from './delivery-fault-cases.ts'
import { FaultBench } from './fault-bench.ts'
import type { FaultCases } from './fault-case.ts'
import { httpFaultCases } from './http-fault-cases.ts'
import { operationFaultCases } from './operation-fault-cases.ts'
import { provisioningFaultCases } from './provisioning-fault-cases.ts'
import { packetFaultCases } from './packet-fault-cases.ts'
import { transportFaultCases } from './transport-fault-cases.ts'

const cases: FaultCases = {
  ...transportFaultCases,
  ...packetFaultCases,
  ...operationFaultCases,
  ...provisioningFaultCases,
  ...deliveryFaultCases,
  ...httpFaultCases,
}

/** A hub with a store has them: mock-hub/host/data-directory.test.ts. */
const OF_THE_STORE = /^store\./

test.each(FAULT_TYPES.map(({ name }) => name).filter((name) => !OF_THE_STORE.test(name)))(
  '%s fires once, and the client sees it',
  async (name) => {
    const runCase = cases[name]
    if (runCase === undefined) throw new Error(`there is no case for ${name}: add it to mock-hub/testing`)
    const bench = await FaultBench.start()
    try {
      await runCase(bench, name)
      expect(bench.fired(name)).toBe(1)
    } finally {
      await bench.stop()
    }
  },
)

test('every case is for a fault type of the catalogue', () => {
  expect(Object.keys(cases).filter((name) => !FAULT_TYPES.some((type) => type.name === name))).toEqual([])
})
