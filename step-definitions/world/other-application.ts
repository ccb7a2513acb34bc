/** A device or module beside the client under test: it connects over MQTT and responds to every method call. */

import { RawMqttClient } from '../raw-clients/mqtt-client.ts'
import { signToken } from './environment/sas.ts'
import type { ConformanceWorld } from './world.ts'

const METHOD = /^\$iothub\/methods\/POST\/[^/]+\/\?\$rid=(.+)$/
const HOUR_S = 3_600

/**
 * Registers an identity in the scope of the device and connects it. It responds to each method call with the status and
 * the payload of the request.
 * @param id `device` or `device/module`.
 */
export async function startOtherApplication(
  world: ConformanceWorld,
  id: string,
  status: number,
): Promise<void> {
  const hub = await world.hub.start()
  const [deviceId = '', moduleId] = id.split('/')
  if (hub.registry.find({ deviceId }) === undefined) {
    const gateway = hub.registry.update({ deviceId: world.names.get('device') }, { iotEdge: true }, '*')
    hub.registry.create({ deviceId }, { deviceScope: gateway.deviceScope })
  }
  const identity = moduleId === undefined ? { deviceId } : { deviceId, moduleId }
  if (moduleId !== undefined) hub.registry.create(identity)
  const client = await RawMqttClient.overTls({
    address: hub.address,
    hostName: hub.hostName,
    port: hub.mqttPort,
    caPem: hub.caPem,
  })
  world.defer(() => {
    client.drop()
  })
  const scope = encodeURIComponent(deviceId) + (moduleId === undefined ? '' : `/modules/${moduleId}`)
  client.send(
    {
      cmd: 'connect',
      clientId: id,
      clean: true,
      keepalive: 0,
      protocolId: 'MQTT',
      protocolVersion: 4,
      username: `${hub.hostName}/${id}/?api-version=2021-04-12`,
      password: Buffer.from(
        signToken({
          resource: `${hub.hostName}/devices/${scope}`,
          key: hub.registry.get(identity).authentication.symmetricKey.primaryKey ?? '',
          expiry: Math.floor(world.clock.now() / 1_000) + HOUR_S,
        }),
      ),
    },
    {
      cmd: 'subscribe',
      messageId: client.nextId(),
      subscriptions: [{ topic: '$iothub/methods/POST/#', qos: 0 }],
    },
  )
  await client.take('suback')
  void respondToAll(client, status)
}

async function respondToAll(client: RawMqttClient, status: number): Promise<void> {
  while (!client.closed) {
    const request = await client.take('publish').catch(() => undefined)
    const [, requestId] = METHOD.exec(request?.topic ?? '') ?? []
    if (request === undefined || requestId === undefined) continue
    client.send({
      cmd: 'publish',
      topic: `$iothub/methods/res/${String(status)}/?$rid=${requestId}`,
      payload: request.payload ?? '',
      qos: 1,
      messageId: client.nextId(),
      dup: false,
      retain: false,
    })
  }
}
