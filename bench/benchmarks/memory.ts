/** M1: an hour of virtual time under load does not leak memory. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ManualClock, startMockHub } from 'mock-iot-hub'
import type { Figure } from '../figure.ts'
import { MqttDevice } from '../load/mqtt-device.ts'
import { closeAll } from '../load/offered-load.ts'
import { telemetryTopic } from '../load/publish-load.ts'
import { DEVICE_KEY } from '../load/token.ts'

const DEVICES = 20
/** After this time journal and telemetry are full, with 10,000 entries each. */
const SETTLED_SECONDS = 900
const HOUR_SECONDS = 3_600

/** Bytes in use after garbage collection. */
function heap(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

export const figures: readonly Figure[] = [
  {
    id: 'M1',
    title: `heap after an hour of the hub's clock, ${DEVICES} devices with a message a second each`,
    unit: 'MiB',
    anchor: `after ${SETTLED_SECONDS / 60} minutes of it`,
    goal: { atMost: 1.1 },
    open: async () => {
      let settled = Number.NaN
      const hour = async (): Promise<number> => {
        const clock = new ManualClock(Date.now())
        const hub = await startMockHub({ controlPort: false, amqpPort: false, clock })
        const authentication = {
          type: 'sas',
          symmetricKey: { primaryKey: DEVICE_KEY, secondaryKey: DEVICE_KEY },
        } as const
        const devices: MqttDevice[] = []
        for (let i = 0; i < DEVICES; i++) {
          hub.registry.create({ deviceId: `bench-${i}` }, { authentication })
          devices.push(await MqttDevice.open(hub, `bench-${i}`))
        }
        const frames = devices.map(({ deviceId }) =>
          MqttDevice.frame(telemetryTopic(deviceId), Buffer.alloc(256)),
        )
        let left = 0
        let done = (): void => undefined
        for (const device of devices)
          device.onAcknowledged(() => {
            if (--left === 0) done()
          })
        // The devices' tokens last an hour.
        for (let second = 1; second < HOUR_SECONDS; second++) {
          left = DEVICES
          const all = new Promise<void>((resolve) => (done = resolve))
          devices.forEach((device, i) => {
            const frame = frames[i]
            if (frame !== undefined) device.send(frame, 1, () => undefined)
          })
          await all
          clock.advance(1_000)
          if (second === SETTLED_SECONDS) settled = heap()
        }
        const used = heap()
        await closeAll(devices)
        await hub.stop()
        return used
      }
      await hour()
      const mebibytes = (bytes: number): number => bytes / 2 ** 20
      return {
        ours: async () => ({ value: mebibytes(await hour()) }),
        anchor: () => Promise.resolve({ value: mebibytes(settled) }),
        close: () => Promise.resolve(),
      }
    },
  },
]
