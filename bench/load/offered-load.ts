/** Open-loop telemetry load. */
import { once } from 'node:events'
import { percentile, type Sample } from '../figure.ts'
import type { ServerProcess } from '../servers/server.ts'
import { MqttDevice } from './mqtt-device.ts'
import { telemetryTopic } from './publish-load.ts'

/** Sends messages at a fixed rate, so that queueing shows as latency. @returns its 99th percentile, in ms. */
export async function offeredLoad(
  server: ServerProcess,
  devices: readonly MqttDevice[],
  perSecond: number,
  ms: number,
  payload: Buffer = Buffer.alloc(256, 0x61),
): Promise<Sample> {
  const frames = devices.map((device) => MqttDevice.frame(telemetryTopic(device.deviceId), payload))
  const latencies: number[] = []
  const pending = devices.map(() => new Map<number, number>())
  let outstanding = 0
  let drained: (() => void) | undefined
  devices.forEach((device, index) => {
    device.onAcknowledged((id) => {
      const at = pending[index]?.get(id)
      if (at === undefined) return
      pending[index]?.delete(id)
      latencies.push(performance.now() - at)
      if (--outstanding === 0) drained?.()
    })
  })
  const before = await server.usage()
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  let sent = 0
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - startedAt
      const due = Math.floor((Math.min(elapsed, ms) / 1000) * perSecond)
      for (; sent < due; sent++) {
        const index = sent % devices.length
        const device = devices[index]
        const frame = frames[index]
        if (device === undefined || frame === undefined) continue
        outstanding++
        device.send(frame, 1, (id) => pending[index]?.set(id, performance.now()))
      }
      if (elapsed >= ms) {
        clearInterval(timer)
        resolve()
      }
    }, 2)
  })
  await new Promise<void>((resolve) => {
    drained = resolve
    if (outstanding === 0) resolve()
  })
  const seconds = (performance.now() - startedAt) / 1000
  const used = process.cpuUsage(cpu)
  const after = await server.usage()
  return {
    value: percentile(latencies, 0.99),
    generatorCpu: (used.user + used.system) / 1e6 / seconds,
    extra: {
      p50Ms: percentile(latencies, 0.5),
      sent,
      sentPerSecond: sent / seconds,
      serverMicrosPerMessage: (after.cpuMicros - before.cpuMicros) / sent,
    },
  }
}

/** Closes the connections, and waits until the other side has closed them. */
export async function closeAll(devices: readonly MqttDevice[]): Promise<void> {
  await Promise.all(
    devices.map((device) => {
      const closed = once(device.socket, 'close')
      device.close()
      return closed
    }),
  )
}
