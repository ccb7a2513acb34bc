/** What public reports show of the live service over AMQP, made again on this hub (docs/contract/reference/reports.md). */

import { once } from 'node:events'
import type rhea from 'rhea'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAmqpServer, type AmqpServer } from '../../amqp/server.ts'
import {
  data,
  dial,
  dialService,
  outcome,
  putToken,
  received,
  tokenFor,
} from '../../amqp/testing/test-client.ts'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { Identity } from '../../core/contract/identity.ts'
import type { Settings } from '../../core/contract/settings.ts'
import { createHub } from '../../core/create-hub.ts'

const NOW = 1_700_000_000_000
const EXPIRY = NOW / 1_000 + 3_600
const DEVICE = { deviceId: 'd1' }
let hub: Hub
let server: AmqpServer
async function start(settings: Partial<Settings> = {}): Promise<void> {
  hub = createHub({ clock: new ManualClock(NOW), settings })
  hub.registry.create(DEVICE)
  server = await createAmqpServer(hub)
}
async function stop(): Promise<void> {
  await server.stop()
  hub.stop()
}
async function restart(settings: Partial<Settings>): Promise<void> {
  await stop()
  await start(settings)
}
beforeEach(() => start())
afterEach(stop)

const keyOf = (identity: Identity): string =>
  hub.registry.find(identity)?.authentication.symmetricKey.primaryKey ?? 'AAAA'
const path = ({ deviceId, moduleId }: Identity): string =>
  `${hub.hostName}/devices/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}`

/** What `$cbs` answers to the token of an identity. */
async function status(identity: Identity, key = keyOf(identity)): Promise<unknown> {
  const { application_properties } = await putToken(
    dial(server),
    path(identity),
    tokenFor(path(identity), key, EXPIRY),
  )
  return application_properties
}

async function connected(): Promise<rhea.Connection> {
  const connection = dial(server)
  await putToken(connection, path(DEVICE), tokenFor(path(DEVICE), keyOf(DEVICE), EXPIRY))
  return connection
}

/** The condition and description with which an attach is refused. */
async function refusal(
  connection: rhea.Connection,
  source: string,
): Promise<{ condition: string; description: string }> {
  const receiver = connection.open_receiver(source)
  await once(receiver, 'receiver_error')
  const { condition, description } = receiver.error as { condition: string; description: string }
  return { condition, description }
}

/** What the hub sent of one kind, as the journal has it. */
const sent = (cmd: string): unknown[] =>
  hub.journal.entries.flatMap((entry) =>
    entry.type === 'packet' && entry.direction === 'out' && entry.cmd === cmd ? [entry.packet] : [],
  )

describe('tokens', () => {
  test('report-node-777, report-edge-5639: an identity that is not registered', async () => {
    const text = (name: string) =>
      `Device ${name} at IotHub ${hub.hostName.split('.')[0] ?? ''} not registered.`
    expect(await status({ deviceId: 'gone' })).toMatchObject({
      'status-code': 404,
      'status-description': text('gone'),
    })
    expect(await status({ deviceId: 'd1', moduleId: '$edgeAgent' })).toMatchObject({
      'status-code': 404,
      'status-description': text('d1/$edgeAgent'),
    })
  })

  test('report-amqpnetlite-195: a policy with its token in SASL PLAIN', async () => {
    const key = hub.policies.find(({ name }) => name === 'iothubowner')?.primaryKey ?? ''
    const token = tokenFor(hub.hostName, key, EXPIRY, 'iothubowner')
    const connection = dial(server, `iothubowner@sas.root.${hub.hostName.split('.')[0] ?? ''}`, token)
    await once(connection, 'connection_open')
  })
})

describe('links', () => {
  test('report-node-52, report-docs-15633, report-c-210: an address that the hub does not have', async () => {
    const address = `amqps://${hub.hostName}:5671/devices/d1/methods/unknown`
    const { condition, description } = await refusal(await connected(), address)
    expect(condition).toBe('amqp:not-found')
    expect(JSON.parse(description)).toMatchObject({
      errorCode: 404006,
      message: `The link address '${address}' did not match any of the expected formats.`,
    })
  })

  test('report-c-379, report-c-1349: OPEN, BEGIN, ATTACH and FLOW of the hub', async () => {
    await connected()
    expect(sent('open')).toMatchObject([
      {
        containerId: expect.stringMatching(/^DeviceGateway_[0-9a-f]{32}$/) as string,
        maxFrameSize: 65_536,
        channelMax: 8_191,
      },
    ])
    expect(sent('begin')).toMatchObject([
      {
        remoteChannel: 0,
        nextOutgoingId: 1,
        incomingWindow: 5_000,
        handleMax: 262_143,
      },
    ])
    expect(sent('flow')[0]).toMatchObject({ incomingWindow: 5_000, linkCredit: 100, deliveryCount: 0 })
    for (const attach of sent('attach'))
      expect(Number((attach as { maxMessageSize: bigint }).maxMessageSize)).toBe(1_048_576)
  })

  test('report-c-1386: an answer about the twin has a tag of 16 bytes', async () => {
    const connection = await connected()
    const properties = { 'com.microsoft:channel-correlation-id': 'twin:1' }
    const receiver = connection.open_receiver({
      source: '/devices/d1/twin',
      properties,
    })
    const sender = connection.open_sender({ target: '/devices/d1/twin', properties })
    await once(sender, 'sendable')
    const answer = received(receiver)
    sender.send({
      correlation_id: '1',
      body: data('{"a":1}'),
      message_annotations: { operation: 'PATCH', resource: '/properties/reported' },
    })
    const { message, delivery } = await answer
    expect(delivery?.tag).toHaveLength(16)
    expect(message.message_annotations).toMatchObject({ status: 200 })
  })

  test('report-java-742, report-net-3454: a device that connects again elsewhere', async () => {
    const first = (await connected()).open_receiver('/devices/d1/messages/devicebound')
    await once(first, 'receiver_open')
    const detached = once(first, 'receiver_error')
    ;(await connected()).open_receiver('/devices/d1/messages/devicebound')
    await detached
    expect(first.error).toMatchObject({ condition: 'com.microsoft:connection-closed-on-new-connection' })
  })

  test('report-diagnostics-7: a message to a device that is not there', async () => {
    const key = hub.policies.find(({ name }) => name === 'service')?.primaryKey
    const sender = dial(server, 'service', key).open_sender('/messages/devicebound')
    expect(await outcome(sender, { to: '/devices/gone/messages/devicebound', body: data('x') })).toBe(
      'amqp:not-found',
    )
  })
})

describe('the second sample', () => {
  test('report-explorer-57, report-cli-597: a reader of events, and of $management, is sent to the Event Hub', async () => {
    const service = dialService(server, hub)
    for (const path of ['', '$management']) {
      const receiver = service.open_receiver(`messages/events/${path}`)
      await once(receiver, 'receiver_error')
      expect(receiver.error).toEqual(
        expect.objectContaining({
          condition: 'amqp:link:redirect',
          info: {
            hostname: hub.hostName,
            'network-host': hub.hostName,
            port: 5671,
            address: `amqps://${hub.hostName}:5671/${hub.hostName.split('.')[0] ?? ''}/${path}`,
          },
        }),
      )
    }
  })

  test('report-toolkit-270: an entity that is not there', async () => {
    const key = hub.policies.find(({ name }) => name === 'service')?.primaryKey
    const entity = 'none/$management'
    const { condition, description } = await refusal(dial(server, 'service', key), entity)
    expect(condition).toBe('amqp:not-found')
    expect(description).toMatch(
      /^The messaging entity 'sb:\/\/[^']+' could not be found\. TrackingId:[^,]+, SystemTracker:[^,]+, Timestamp:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/,
    )
  })

  async function reported(body: string): Promise<unknown> {
    const connection = await connected()
    const properties = { 'com.microsoft:channel-correlation-id': 'twin:1' }
    const receiver = connection.open_receiver({ source: '/devices/d1/twin', properties })
    const sender = connection.open_sender({ target: '/devices/d1/twin', properties })
    await once(sender, 'sendable')
    const answer = received(receiver)
    sender.send({
      correlation_id: '1',
      body: data(body),
      message_annotations: { operation: 'PATCH', resource: '/properties/reported' },
    })
    return (await answer).message.message_annotations?.['status']
  }

  test('report-edge-1560: reported properties that are too large: 403', async () => {
    const large = Object.fromEntries(
      Array.from({ length: 10 }, (_, each) => [`t${String(each)}`, 'x'.repeat(4_000)]),
    )
    expect(await reported(JSON.stringify(large))).toBe(403)
  })

  test('report-edge-2858: too many requests: 429', async () => {
    await restart({ tier: 'S1' })
    const spend = (): void => {
      for (;;) hub.throttle.take('twinUpdate', 0)
    }
    expect(spend).toThrow()
    expect(await reported('{"a":1}')).toBe(429)
  })

  test('report-c-476: a message of more than 256 KB', async () => {
    const sender = (await connected()).open_sender('/devices/d1/messages/events')
    expect(await outcome(sender, data('x'.repeat(262_145)))).toBe('amqp:link:message-size-exceeded')
  })
})
