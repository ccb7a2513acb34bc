/** Closed-loop telemetry load: each device keeps `inFlight` messages unacknowledged for a while. */
import type { Sample } from '../figure.ts'
import { percentile } from '../figure.ts'
import type { ServerProcess } from '../servers/server.ts'
import { MqttDevice } from './mqtt-device.ts'

const BAG = '%24.mid=m1&%24.ct=application%2Fjson&%24.ce=utf-8&room=kitchen&floor=2'

export function telemetryTopic(deviceId: string): string {
  return `devices/${deviceId}/messages/events/${BAG}`
}

/** Connects `count` devices, a few at a time. */
export async function openDevices(server: ServerProcess, count: number): Promise<MqttDevice[]> {
  const devices: MqttDevice[] = []
  for (let from = 0; from < count; from += 32) {
    const ids = Array.from({ length: Math.min(32, count - from) }, (_, i) => `bench-${from + i}`)
    devices.push(...(await Promise.all(ids.map((id) => MqttDevice.open(server.ready, id)))))
  }
  return devices
}

/** Messages per second over `ms` milliseconds, with the latency of acknowledgements and the CPU of both sides. */
export async function publishLoad(
  server: ServerProcess,
  devices: readonly MqttDevice[],
  inFlight: number,
  ms: number,
  bytes = 256,
): Promise<Sample> {
  const payload = Buffer.alloc(bytes, 0x61)
  const before = await server.usage()
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  const until = startedAt + ms
  const latencies: number[] = []
  let total = 0
  await Promise.all(
    devices.map(
      (device) =>
        new Promise<void>((resolve, reject) => {
          const frame = MqttDevice.frame(telemetryTopic(device.deviceId), payload)
          const sentAt = new Map<number, number>()
          const sent = (id: number): void => {
            sentAt.set(id, performance.now())
          }
          let owed = 0
          let waiting = 0
          const refill = (): void => {
            if (owed > 0 && performance.now() < until) {
              waiting += owed
              device.send(frame, owed, sent)
              owed = 0
            } else if (waiting === 0) resolve()
          }
          device.socket.once('close', () => {
            reject(new Error(`${device.deviceId} was disconnected under load`))
          })
          device.onAcknowledged((id) => {
            const at = sentAt.get(id)
            if (at === undefined) return
            sentAt.delete(id)
            latencies.push(performance.now() - at)
            total++
            waiting--
            // One write of new messages for all acknowledgements of a chunk.
            if (owed++ === 0) queueMicrotask(refill)
            else if (waiting === 0) queueMicrotask(refill)
          })
          owed = inFlight
          refill()
        }),
    ),
  )
  const seconds = (performance.now() - startedAt) / 1000
  const used = process.cpuUsage(cpu)
  const after = await server.usage()
  return {
    value: total / seconds,
    generatorCpu: (used.user + used.system) / 1e6 / seconds,
    extra: {
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      serverMicrosPerMessage: (after.cpuMicros - before.cpuMicros) / total,
    },
  }
}
