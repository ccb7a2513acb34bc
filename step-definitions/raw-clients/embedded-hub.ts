/** The hub that the scenario has started, as a hub under test. */

import type { MockHub } from 'mock-iot-hub'
import type { ConformanceWorld } from '../world/world.ts'
import type { HubUnderTest, ProvisioningUnderTest, ReadMessage } from './hub-under-test.ts'

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
    amqpPort: hub.amqpPort,
    hasEvents: hub.settings.eventSources.length > 0,
    trust: (rootPem) => {
      hub.registry.trustCertificateAuthority(rootPem)
    },
    register(deviceId, moduleId) {
      const { authentication } = hub.registry.create(
        moduleId === undefined ? { deviceId } : { deviceId, moduleId },
      )
      const { primaryKey, secondaryKey } = authentication.symmetricKey
      return { primaryKey: primaryKey ?? '', secondaryKey: secondaryKey ?? '' }
    },
    caPem: hub.caPem,
    serviceConnectionString: hub.serviceConnectionString,
    now: () => world.clock.now(),
    pass: (seconds) => world.time.pass(seconds),
    async messages(count) {
      await world.activity.eventually(
        () => messages().length >= count,
        `The arrival of ${String(count)} messages`,
      )
      return messages()
    },
    policyKey: (name) => hub.policies.find((policy) => policy.name === name)?.primaryKey,
    provisioning: provisioningOf(world, hub),
  }
}

function provisioningOf(world: ConformanceWorld, hub: MockHub): ProvisioningUnderTest | undefined {
  const { provisioning, hostName, address, mqttPort, httpsPort, amqpPort, caPem } = hub
  if (provisioning === undefined) return undefined
  return {
    ...{ hostName, address, mqttPort, httpsPort, amqpPort, caPem },
    idScope: provisioning.idScope,
    serviceConnectionString: provisioning.serviceConnectionString,
    throttles: hub.settings.dpsThrottles,
    webhookAddress: address,
    wait: () => world.time.settle(),
    arm: (fault) => {
      hub.faults.arm(fault)
      return Promise.resolve()
    },
    upload: (name, pem) => {
      hub.provisioning?.certificates.upload(name, pem, true)
      return Promise.resolve()
    },
    unlink: () => {
      // After a restart it is another one.
      hub.provisioning?.unlink(hostName)
      return Promise.resolve()
    },
  }
}
