/** The subjects of the curves, each with its sizes. */
import { createHub } from '../../mock-hub/core/create-hub.ts'
import { createServices } from '../../mock-hub/core/services/create-services.ts'
import { documentRenderer } from '../../mock-hub/http/service/document-renderer.ts'
import { startMockHub } from 'mock-iot-hub'
import { median } from '../figure.ts'
import { MqttDevice } from '../load/mqtt-device.ts'
import { closeAll, offeredLoad } from '../load/offered-load.ts'
import { openDevices } from '../load/publish-load.ts'
import { DEVICE_KEY } from '../load/token.ts'
import { startServer } from '../servers/server.ts'
import type { Curve, Point } from './curve.ts'

const OFFERED_PER_SECOND = 4_000
const MS = 2_500
const REPEATS = 5

/** A subject that is measured size by size. */
export interface Subject extends Omit<Curve, 'points'> {
  readonly sizes: readonly number[]
  /** Whether the cost is that of one of `size` units of work. */
  readonly perPiece: boolean
  cost(size: number): Promise<number>
}

export async function measure(subject: Subject): Promise<Curve> {
  const points: Point[] = []
  for (const size of subject.sizes) points.push({ size, cost: await subject.cost(size) })
  const { id, title, over, unit } = subject
  return { id, title, over, unit, points }
}

function micros(run: () => void): number {
  const startedAt = performance.now()
  run()
  return (performance.now() - startedAt) * 1_000
}

/** The smallest of several measurements, which other processes disturbed least. */
function repeated(run: () => void): number {
  return median(Array.from({ length: REPEATS }, () => micros(run)))
}

export const SUBJECTS: readonly Subject[] = [
  {
    id: 'connections',
    title: `server CPU of a message, ${OFFERED_PER_SECOND} messages/s offered`,
    over: 'connections',
    unit: 'µs CPU',
    perPiece: false,
    sizes: [10, 100, 1_000, 5_000, 10_000],
    async cost(size) {
      const hub = await startServer('hub', { devices: size })
      const devices = await openDevices(hub, size)
      await offeredLoad(hub, devices, OFFERED_PER_SECOND, MS / 2)
      const { extra } = await offeredLoad(hub, devices, OFFERED_PER_SECOND, MS)
      await closeAll(devices)
      await hub.stop()
      return extra?.['serverMicrosPerMessage'] ?? Number.NaN
    },
  },
  {
    id: 'registry',
    title: 'registering one more device',
    over: 'devices in the registry',
    unit: 'µs',
    perPiece: true,
    sizes: [10, 100, 1_000, 10_000, 100_000],
    cost(size) {
      const hub = createHub()
      for (let i = 0; i < size; i++) hub.registry.create({ deviceId: `bench-${i}` })
      let next = size
      const batch = 200
      const cost = repeated(() => {
        for (let i = 0; i < batch; i++) hub.registry.create({ deviceId: `bench-${next++}` })
      })
      hub.stop()
      return Promise.resolve(cost / batch)
    },
  },
  {
    id: 'query',
    title: 'a query that looks at every twin',
    over: 'devices in the registry',
    unit: 'µs a query',
    perPiece: false,
    sizes: [10, 100, 1_000, 10_000, 100_000],
    cost(size) {
      const hub = createHub()
      for (let i = 0; i < size; i++) {
        hub.registry.create({ deviceId: `bench-${i}` })
        hub.twins.patchReported({ deviceId: `bench-${i}` }, { temperature: i % 100 })
      }
      const none = (): Promise<never> => Promise.reject(new Error('no blobs here'))
      const services = createServices(hub, documentRenderer(hub), { read: none, write: none })
      const query = 'SELECT * FROM devices WHERE properties.reported.temperature > 1000'
      const cost = repeated(() => services.queries.run(query, { maxItems: 100 }))
      services.stop()
      hub.stop()
      return Promise.resolve(cost)
    },
  },
  {
    id: 'twin',
    title: 'a reported patch of one property and a read of the twin',
    over: 'bytes of reported properties',
    unit: 'µs',
    perPiece: false,
    sizes: [100, 1_000, 4_000, 16_000, 31_000],
    cost(size) {
      const hub = createHub()
      const device = { deviceId: 'bench-0' }
      hub.registry.create(device)
      for (let kept = 0, i = 0; kept < size; kept += 100, i++)
        hub.twins.patchReported(device, { [`p${i}`]: 'x'.repeat(90) })
      let count = 0
      const cost = repeated(() => {
        for (let i = 0; i < 50; i++) {
          hub.twins.patchReported(device, { count: count++ })
          JSON.stringify(hub.twins.get(device))
        }
      })
      hub.stop()
      return Promise.resolve(cost / 50)
    },
  },
  {
    id: 'fan-out',
    title: 'one cloud-to-device message, one for each connected device',
    over: 'devices',
    unit: 'µs a message',
    perPiece: true,
    sizes: [10, 100, 1_000, 3_000],
    async cost(size) {
      const hub = await startMockHub({ controlPort: false, amqpPort: false })
      const authentication = {
        type: 'sas',
        symmetricKey: { primaryKey: DEVICE_KEY, secondaryKey: DEVICE_KEY },
      } as const
      for (let i = 0; i < size; i++) hub.registry.create({ deviceId: `bench-${i}` }, { authentication })
      const devices: MqttDevice[] = []
      for (let i = 0; i < size; i++) devices.push(await MqttDevice.open(hub, `bench-${i}`))
      let left = 0
      let arrived = (): void => undefined
      for (const device of devices) {
        await device.subscribe(`devices/${device.deviceId}/messages/devicebound/#`)
        device.onPublished(() => {
          if (--left === 0) arrived()
        })
      }
      const round = async (): Promise<number> => {
        left = size
        const all = new Promise<void>((resolve) => (arrived = resolve))
        const startedAt = performance.now()
        for (const { deviceId } of devices)
          hub.c2d.send({ deviceId }, { body: Buffer.from('hello'), system: {}, properties: {} })
        await all
        return ((performance.now() - startedAt) * 1_000) / size
      }
      const rounds: number[] = []
      for (let i = 0; i < REPEATS; i++) rounds.push(await round())
      await closeAll(devices)
      await hub.stop()
      return median(rounds)
    },
  },
]
