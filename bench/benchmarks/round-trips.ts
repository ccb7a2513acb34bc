/** P7, P8: the cost of requests with a response: twins over MQTT, direct methods through REST. */
import type { Figure, Sample } from '../figure.ts'
import { percentile } from '../figure.ts'
import type { MqttDevice } from '../load/mqtt-device.ts'
import { closeAll } from '../load/offered-load.ts'
import { openDevices, publishLoad } from '../load/publish-load.ts'
import { postLoad, policyToken } from '../load/post-load.ts'
import { startServer, type ServerProcess } from '../servers/server.ts'

const DEVICES = 50
/** Calls at a time, and devices that answer. */
const CALLERS = 32

/** Each device alternately reads and patches its twin, one request at a time. */
async function twinRounds(devices: readonly MqttDevice[], ms: number): Promise<Sample> {
  const startedAt = performance.now()
  const until = startedAt + ms
  const latencies: number[] = []
  const patch = Buffer.from('{"temperature":21.5,"unit":"C"}')
  await Promise.all(
    devices.map(
      (device) =>
        new Promise<void>((resolve) => {
          let round = 0
          let askedAt = 0
          const ask = (): void => {
            askedAt = performance.now()
            if (askedAt >= until) {
              resolve()
              return
            }
            const rid = String(++round)
            if (round % 2 === 0) device.publish(`$iothub/twin/GET/?$rid=${rid}`, Buffer.alloc(0))
            else device.publish(`$iothub/twin/PATCH/properties/reported/?$rid=${rid}`, patch)
          }
          device.onPublished(() => {
            latencies.push(performance.now() - askedAt)
            ask()
          })
          ask()
        }),
    ),
  )
  const seconds = (performance.now() - startedAt) / 1000
  return {
    value: latencies.length / seconds,
    extra: { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) },
  }
}

/** What a call costs beside a server that answers the same POST. */
interface CallAnchor {
  readonly server: ServerProcess
  path(): string
  close(): Promise<void>
}

function methodCalls(
  id: string,
  anchor: string,
  atLeast: number,
  openAnchor: () => Promise<CallAnchor>,
): Figure {
  return {
    id,
    title: `direct methods through REST, ${CALLERS} at a time, ${CALLERS} devices`,
    unit: 'calls/s',
    anchor,
    goal: { atLeast },
    open: async ({ ms }) => {
      const [hub, other] = await Promise.all([startServer('hub', { devices: CALLERS }), openAnchor()])
      const devices = await answeringDevices(hub)
      const headers = { authorization: policyToken(hub.ready) }
      const path = methodPaths()
      return {
        ours: () => postLoad(hub, path, headers, CALLERS, ms),
        anchor: () => postLoad(other.server, () => other.path(), headers, CALLERS, ms),
        close: async () => {
          await closeAll(devices)
          await Promise.all([hub.stop(), other.close()])
        },
      }
    },
  }
}

async function answeringDevices(server: ServerProcess): Promise<readonly MqttDevice[]> {
  const devices = await openDevices(server, CALLERS)
  for (const device of devices) {
    await device.subscribe('$iothub/methods/POST/#')
    device.onPublished(({ topic }) => {
      device.publish(`$iothub/methods/res/200/${topic.slice(topic.indexOf('?'))}`, Buffer.from('{"ok":true}'))
    })
  }
  return devices
}

/** The devices in turn. */
function methodPaths(): () => string {
  let next = 0
  return () => `/twins/bench-${next++ % CALLERS}/methods?api-version=2021-04-12`
}

export const figures: readonly Figure[] = [
  {
    id: 'P7',
    title: `twin reads and reported patches, ${DEVICES} devices, one request each`,
    unit: 'round trips/s',
    anchor: 'bare aedes, QoS 1 publishes of the same shape',
    goal: { atLeast: 0.7 },
    open: async ({ ms }) => {
      const [hub, aedes] = await Promise.all([startServer('hub', { devices: DEVICES }), startServer('aedes')])
      const ours = await openDevices(hub, DEVICES)
      const theirs = await openDevices(aedes, DEVICES)
      await Promise.all(ours.map((device) => device.subscribe('$iothub/twin/res/#')))
      return {
        ours: () => twinRounds(ours, ms),
        anchor: () => publishLoad(aedes, theirs, 1, ms),
        close: async () => {
          for (const device of [...ours, ...theirs]) device.close()
          await Promise.all([hub.stop(), aedes.stop()])
        },
      }
    },
  },
  methodCalls('P8', 'fastify answering the same POST', 0.4, async () => {
    const server = await startServer('fastify')
    return { server, path: () => '/methods', close: () => server.stop() }
  }),
  methodCalls('P8-floor', 'fastify handing the POST to a bare connection', 0.6, async () => {
    const server = await startServer('methods-floor')
    const devices = await answeringDevices(server)
    return {
      server,
      path: methodPaths(),
      close: async () => {
        await closeAll(devices)
        await server.stop()
      },
    }
  }),
]
