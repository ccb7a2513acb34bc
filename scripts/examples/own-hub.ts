/** Hubs on the ports that SDKs dial, each on a loopback address of its own. */

import { startMockHub, type MockHub } from 'mock-iot-hub'

/** 127.0.0.2 and up; systems other than Linux have 127.0.0.1 only. */
let last = 20 + (process.pid % 200)

/** An address that this run has not used. */
export function nextAddress(): string {
  if (process.platform !== 'linux') return '127.0.0.1'
  last = last >= 254 ? 2 : last + 1
  return `127.0.0.${String(last)}`
}

/** @throws the system's error when no address has its ports free, or when 443 needs more permissions. */
export async function hubOfItsOwn(certificateDirectory: string): Promise<MockHub> {
  for (let tries = 1; ; tries++) {
    try {
      return await startMockHub({
        ...{ address: nextAddress(), mqttPort: 8883, httpsPort: 443, amqpPort: 5671, certificateDirectory },
        seed: { devices: [{ deviceId: 'thermostat' }], enrollmentGroups: [{ enrollmentGroupId: 'fleet' }] },
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries >= 20) throw error
    }
  }
}
