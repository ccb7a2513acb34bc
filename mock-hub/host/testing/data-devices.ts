/** A device over MQTT whose hub keeps its state; for tests. */

import mqttJs, { type IConnackPacket, type MqttClient } from 'mqtt'
import { signed } from '../../core/testing/test-hub.ts'
import type { MockHub } from '../mock-hub.ts'

export const D1 = { deviceId: 'd1' }
export const SEED = { devices: [{ deviceId: 'd1', key: Buffer.alloc(32, 1).toString('base64') }] }
/** A time that no test reaches, in seconds since 1970. */
export const FAR = 4_102_444_800

/** A device over MQTT with a session that is kept. */
export function device({ hostName, mqttPort, caPem, registry }: MockHub, options: object = {}): MqttClient {
  const key = registry.get(D1).authentication.symmetricKey.primaryKey ?? ''
  return mqttJs.connect(`mqtts://${hostName}:${String(mqttPort)}`, {
    ...{ ca: caPem, clientId: 'd1', clean: false, reconnectPeriod: 0 },
    username: `${hostName}/d1/?api-version=2021-04-12`,
    password: signed(`${hostName}/devices/d1`, key, FAR),
    ...options,
  })
}

/** @returns its CONNACK. */
export function connected(client: MqttClient): Promise<IConnackPacket> {
  return new Promise((resolve, reject) => {
    client.once('connect', resolve)
    client.once('error', reject)
  })
}

export const message = (body: string, system: object = {}) => ({
  body: Buffer.from(body),
  system,
  properties: {},
})
