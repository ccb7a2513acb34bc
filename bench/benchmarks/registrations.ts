/** R1, R2: devices that ask the provisioning service for their hub. */
import type { Figure } from '../figure.ts'
import { postLoad } from '../load/post-load.ts'
import { connectToHub, registerOverHttps, registerOverMqtt } from '../load/registration-load.ts'
import { startServer } from '../servers/server.ts'

const DEVICES = 10_000
/** A device over HTTPS registers and polls. */
const REQUESTS_OF_A_DEVICE = 2
const CONCURRENCY = 32

/** Each round has devices that the hub does not know yet. */
function newDevices(count: number): () => string[] {
  let round = 0
  return () => {
    round++
    return Array.from({ length: count }, (_, n) => `r${String(round)}-${String(n)}`)
  }
}

export const figures: readonly Figure[] = [
  {
    id: 'R1',
    title: 'first registrations of 10,000 devices over MQTT, a connection each, 32 at a time',
    unit: 'devices/s',
    anchor: 'as many devices connecting to the hub',
    open: async ({ size }) => {
      const count = Math.round(DEVICES * size)
      const hub = await startServer('hub', { devices: count })
      const next = newDevices(count)
      const known = Array.from({ length: count }, (_, n) => `bench-${String(n)}`)
      return {
        ours: () => registerOverMqtt(hub, next()),
        anchor: () => connectToHub(hub, known),
        close: () => hub.stop(),
      }
    },
  },
  {
    id: 'R2',
    title: 'first registrations of 10,000 devices over HTTPS, 32 at a time',
    unit: 'devices/s',
    anchor: 'fastify answering two POSTs for each',
    open: async ({ size, ms }) => {
      const [hub, fastify] = await Promise.all([startServer('hub'), startServer('fastify')])
      const next = newDevices(Math.round(DEVICES * size))
      return {
        ours: () => registerOverHttps(hub, next()),
        anchor: async () => {
          const sample = await postLoad(fastify, () => '/methods', {}, CONCURRENCY, ms)
          return { ...sample, value: sample.value / REQUESTS_OF_A_DEVICE }
        },
        close: async () => {
          await Promise.all([hub.stop(), fastify.stop()])
        },
      }
    },
  },
]
