/** What public reports show of the events of the live service, made again on this hub (docs/contract/reference/reports.md). */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeMessage } from '../../amqp/codec/messages.ts'
import { textOf } from '../../amqp/codec/values.ts'
import { eventBytes } from '../../amqp/events/event-message.ts'
import type { TelemetryMessage } from '../../core/contract/message.ts'
import { startEventMessages } from '../../core/events/event-messages.ts'
import { openHub } from '../../core/testing/test-hub.ts'
import { sasToken, TestServer } from '../../mqtt/testing/test-server.ts'

describe('twins and identities', () => {
  test('report-docs-41905, report-docs-56734: schema of a changed twin; the kind of a life-cycle event is in opType', () => {
    const { hub } = openHub({ eventSources: ['twinChangeEvents', 'deviceLifecycleEvents'] })
    const stop = startEventMessages(hub, (ms) => new Date(ms).toISOString())
    hub.registry.create({ deviceId: 'd' })
    hub.twins.patch({ deviceId: 'd' }, { tags: { a: 1 } }, '*')
    stop()
    const seen = hub.telemetry.messages.map(({ source, properties, body }) => [
      source,
      properties['opType'],
      properties['iothub-message-schema'],
      /create/i.test(body.toString()),
    ])
    expect(seen).toContainEqual(['twinChangeEvents', 'updateTwin', 'twinChangeNotification', false])
    expect(seen).toContainEqual([
      'deviceLifecycleEvents',
      'createDeviceIdentity',
      'deviceLifecycleNotification',
      false,
    ])
  })
})

describe('telemetry', () => {
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.open()
    server.device('d1')
  })
  afterEach(() => server.stop())

  async function sent(topic: string, password?: Buffer): Promise<TelemetryMessage> {
    const client = await server.connected({ deviceId: 'd1' }, password === undefined ? {} : { password })
    client.send({
      ...{ cmd: 'publish', topic, payload: '{}', qos: 1, messageId: 7, dup: false, retain: false },
    })
    await client.take('puback')
    const [message] = server.hub.telemetry.messages
    if (message === undefined) throw new Error('nothing has arrived')
    return message
  }

  test('report-functions-639: the method of a device that uses a policy of the hub', async () => {
    const policy = server.hub.policies.find(({ name }) => name === 'device')
    const se = Math.floor(server.clock.now() / 1_000) + 60
    const token = sasToken(server.hub.hostName, policy?.primaryKey ?? '', se, 'device')
    const { authMethod } = await sent('devices/d1/messages/events/', Buffer.from(token))
    expect(JSON.parse(authMethod ?? '')).toMatchObject({ scope: 'hub', type: 'sas', issuer: 'iothub' })
  })

  test('report-docs-114510: the creation time in a bag arrives as an application property', async () => {
    const time = '2023-09-05T18:53:42.1509021Z'
    const message = await sent(`devices/d1/messages/events/%24.ctime=${encodeURIComponent(time)}`)
    const { application } = decodeMessage(
      eventBytes(message, { sequenceNumber: 0, offset: 0, enqueuedAt: 0 }),
    )
    expect(textOf(application?.get('iothub-creation-time-utc'))).toBe(time)
  })
})
