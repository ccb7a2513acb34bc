/** A device or module that is not on trial: it speaks MQTT of its own and answers every method it is called by. */

import { RawMqttClient } from '../raw-clients/mqtt-client.ts'
import { signToken } from './sas.ts'
import type { ConformanceWorld } from './world.ts'

const METHOD = /^\$iothub\/methods\/POST\/[^/]+\/\?\$rid=(.+)$/
const AN_HOUR_S = 3_600

/**
 * Registers the identity in the scope of the scenario's device, connects it and lets it answer methods: each with this status and the payload it was given.
 * @param id `device` or `device/module`.
 */
export async function startOtherApplication(
  world: ConformanceWorld,
  id: string,
  status: number,
): Promise<void> {
  const hub = await world.hub()
  const [deviceId = '', moduleId] = id.split('/')
  if (hub.registry.find({ deviceId }) === undefined) {
    const gateway = hub.registry.update({ deviceId: world.name('device') }, { iotEdge: true }, '*')
    hub.registry.create({ deviceId }, { deviceScope: gateway.deviceScope })
  }
  const identity = moduleId === undefined ? { deviceId } : { deviceId, moduleId }
  if (moduleId !== undefined) hub.registry.create(identity)
  const peer = await RawMqttClient.overTls({
    address: hub.address,
    hostName: hub.hostName,
    port: hub.mqttPort,
    caPem: hub.caPem,
  })
  world.defer(() => {
    peer.drop()
  })
  const scope = encodeURIComponent(deviceId) + (moduleId === undefined ? '' : `/modules/${moduleId}`)
  peer.send(
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
          expiry: Math.floor(world.clock.now() / 1_000) + AN_HOUR_S,
        }),
      ),
    },
    {
      cmd: 'subscribe',
      messageId: peer.nextId(),
      subscriptions: [{ topic: '$iothub/methods/POST/#', qos: 0 }],
    },
  )
  await peer.take('suback')
  void answerAll(peer, status)
}

async function answerAll(peer: RawMqttClient, status: number): Promise<void> {
  while (!peer.closed) {
    const request = await peer.take('publish').catch(() => undefined)
    const [, requestId] = METHOD.exec(request?.topic ?? '') ?? []
    if (request === undefined || requestId === undefined) continue
    peer.send({
      cmd: 'publish',
      topic: `$iothub/methods/res/${String(status)}/?$rid=${requestId}`,
      payload: request.payload ?? '',
      qos: 1,
      messageId: peer.nextId(),
      dup: false,
      retain: false,
    })
  }
}
