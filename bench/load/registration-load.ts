/** Devices that ask for their hub: each registers, polls at once until the service has decided, and must be assigned. */
import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:https'
import type { Sample } from '../figure.ts'
import type { Ready, ServerProcess } from '../servers/server.ts'
import { MqttDevice, type Delivery } from './mqtt-device.ts'
import { DEVICE_KEY, sasToken } from './token.ts'

/** Devices that are under way at a time. */
const AT_A_TIME = 32
const API_VERSION = 'api-version=2019-03-31'

/** The part of an answer that is read. */
interface Answer {
  readonly operationId: string
  readonly status: string
  readonly registrationState?: { readonly deviceId: string }
}

/** Registers the devices over MQTT, each on a connection of its own. */
export function registerOverMqtt(server: ServerProcess, ids: readonly string[]): Promise<Sample> {
  return ofEach(server, ids, async (id) => {
    const { idScope = '' } = server.ready
    const device = await MqttDevice.open(server.ready, id, {
      username: `${idScope}/registrations/${id}/${API_VERSION}`,
      password: tokenOf(server.ready, id),
    })
    await device.subscribe('$dps/registrations/res/#')
    const ask = (topic: string): Promise<Answer> =>
      new Promise((resolve, reject) => {
        device.socket.once('close', () => {
          reject(new Error(`${id} was disconnected`))
        })
        device.onPublished(({ payload }: Delivery) => {
          resolve(JSON.parse(payload.toString()) as Answer)
        })
        device.publish(`$dps/registrations/${topic}`, Buffer.alloc(0))
      })
    const { operationId } = await ask('PUT/iotdps-register/?$rid=1')
    await untilAssigned(id, () => ask(`GET/iotdps-get-operationstatus/?$rid=1&operationId=${operationId}`))
    device.close()
  })
}

/** Registers the devices over HTTPS, on connections that all of them share. */
export async function registerOverHttps(server: ServerProcess, ids: readonly string[]): Promise<Sample> {
  const { idScope = '', httpsPort, caPem } = server.ready
  const agent = new Agent({ keepAlive: true, maxSockets: AT_A_TIME, ca: caPem })
  const call = (method: string, path: string, token: string, body = ''): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          ...{ agent, method, host: '127.0.0.1', port: httpsPort, servername: 'localhost' },
          path: `/${idScope}/registrations/${path}?${API_VERSION}`,
          headers: {
            ...{ authorization: token, 'content-type': 'application/json', 'content-length': body.length },
          },
        },
        (response) => {
          let text = ''
          response.on('data', (chunk: Buffer) => (text += chunk.toString()))
          response.once('end', () => {
            if ((response.statusCode ?? 0) < 300) resolve(JSON.parse(text) as Answer)
            else reject(new Error(`${method} ${path} answered ${String(response.statusCode)}: ${text}`))
          })
        },
      )
      sent.once('error', reject)
      sent.end(body)
    })
  const sample = await ofEach(server, ids, async (id) => {
    const token = tokenOf(server.ready, id)
    const { operationId } = await call('PUT', `${id}/register`, token, `{"registrationId":"${id}"}`)
    await untilAssigned(id, () => call('GET', `${id}/operations/${operationId}`, token))
  })
  agent.destroy()
  return sample
}

/** Opens and closes a connection of each device with the hub. */
export function connectToHub(server: ServerProcess, ids: readonly string[]): Promise<Sample> {
  return ofEach(server, ids, async (id) => {
    const device = await MqttDevice.open(server.ready, id)
    device.close()
  })
}

/** @returns devices per second. */
async function ofEach(
  server: ServerProcess,
  ids: readonly string[],
  act: (id: string) => Promise<void>,
): Promise<Sample> {
  const before = await server.usage()
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  const waiting = ids.values()
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      // They share the iterator.
      for (const id of waiting) await act(id)
    }),
  )
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const after = await server.usage()
  return {
    value: ids.length / seconds,
    generatorCpu: (user + system) / 1e6 / seconds,
    extra: {
      devices: ids.length,
      serverCpuMs: (after.cpuMicros - before.cpuMicros) / 1000 / ids.length,
    },
  }
}

async function untilAssigned(id: string, poll: () => Promise<Answer>): Promise<void> {
  let answer = await poll()
  while (answer.status === 'assigning') answer = await poll()
  if (answer.status === 'assigned' && answer.registrationState?.deviceId === id) return
  throw new Error(`${id} was not assigned: ${JSON.stringify(answer)}`)
}

/** Signed with the key that the group of all devices gives to this one. */
function tokenOf({ idScope = '' }: Ready, id: string): string {
  const key = createHmac('sha256', Buffer.from(DEVICE_KEY, 'base64')).update(id).digest('base64')
  return sasToken(`${idScope}/registrations/${id}`, key, 'registration')
}
