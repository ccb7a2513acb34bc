/** The hub that a scenario has started for itself, as the hub side sees it. */

import type { MockHub } from 'mock-iot-hub'
import type { ConformanceWorld } from '../world/world.ts'
import type { HubUnderTest, ReadMessage } from './hub-under-test.ts'

export function embeddedHub(world: ConformanceWorld, hub: MockHub): HubUnderTest {
  const messages = (): readonly ReadMessage[] =>
    hub.telemetry.messages.map(({ deviceId, moduleId, body, properties, system, ...stamps }) => ({
      ...{ deviceId, moduleId, body, properties },
      system: { ...system, ...stamps, moduleId },
    }))
  return {
    hostName: hub.hostName,
    address: hub.address,
    mqttPort: hub.mqttPort,
    httpsPort: hub.httpsPort,
    caPem: hub.caPem,
    serviceConnectionString: hub.serviceConnectionString,
    now: () => world.clock.now(),
    pass: (seconds) => world.pass(seconds),
    async messages(count) {
      // What is on its way is waited for; a message that never comes is the step's time-out.
      await world.eventually(() => messages().length >= count)
      return messages()
    },
    policyKey: (name) => hub.policies.find((policy) => policy.name === name)?.primaryKey,
  }
}
