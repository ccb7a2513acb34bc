/** What clients are told when the hub refuses: outcomes of SASL, texts of `$cbs`, descriptions of errors on links. */

import { once } from 'node:events'
import type rhea from 'rhea'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../../core/contract/hub.ts'
import { createHub } from '../../core/create-hub.ts'
import { createAmqpServer } from '../server.ts'
import type { AmqpServer } from '../server.ts'
import { data, dial, dialService, outcome, putToken, tokenFor } from '../testing/test-client.ts'

const NOW = Date.parse('2026-03-04T05:06:07.890Z')
const HOST = 'MyHub.azure-devices.net'
let clock: ManualClock
let hub: Hub
let server: AmqpServer
beforeEach(async () => {
  clock = new ManualClock(NOW)
  hub = createHub({ clock, settings: { hostName: HOST } })
  hub.registry.create({ deviceId: 'd1' })
  server = await createAmqpServer(hub)
})
afterEach(async () => {
  await server.stop()
  hub.stop()
})

const NOW_SECONDS = Math.floor(NOW / 1000)
const expiry = NOW_SECONDS + 600
const keyOf = (deviceId: string): string =>
  hub.registry.get({ deviceId }).authentication.symmetricKey.primaryKey ?? ''
const deviceToken = (): string => tokenFor(`${HOST}/devices/d1`, keyOf('d1'), expiry)

/** The outcome of SASL as it was sent. */
async function saslOutcome(userName: string, password: string): Promise<unknown> {
  const sent = hub.journal.until((entry) => entry.type === 'packet' && entry.cmd === 'saslOutcome')
  dial(server, userName, password)
  return ((await sent) as { packet: unknown }).packet // as asked
}

describe('WIRE-AMQP-14: the outcome of SASL', () => {
  test('is 0 with a welcome, or 2', async () => {
    expect(await saslOutcome('d1@sas.myhub', deviceToken())).toEqual({
      code: 0,
      additionalData: Buffer.from('Welcome!'),
    })
  })

  test.each([
    ['another password', 'd1@sas.myhub', 'SharedAccessSignature sr=x&sig=eA%3D%3D&se=1'],
    ['no policy', 'nobody', 'x'],
  ])('%s: 2', async (_what, userName, password) => {
    expect(await saslOutcome(userName, password)).toEqual({ code: 2 })
  })
})

test('WIRE-AMQP-15: the user name of SASL PLAIN ends in the name of the hub, not in its host name', async () => {
  expect(await saslOutcome(`d1@sas.${HOST}`, deviceToken())).toEqual({ code: 2 })
  expect(hub.lastRefusals[0]?.explanation).toMatchObject({
    rule: 'WIRE-AMQP-15',
    expected: 'a user name that ends in .MyHub',
  })
})

describe('WIRE-AMQP-03: the description of a refused token', () => {
  const descriptionOf = async (name: string, token: string): Promise<unknown> =>
    (await putToken(dial(server), name, token)).application_properties

  test('another signature', async () => {
    const token = tokenFor(`${HOST}/devices/d1`, Buffer.from('wrong').toString('base64'), expiry)
    expect(await descriptionOf(`${HOST}/devices/d1`, token)).toMatchObject({
      'status-code': 401,
      'status-description':
        'The specified SAS token has an invalid signature. It does not match either the primary or secondary key.',
    })
  })

  test('an expired token', async () => {
    const token = tokenFor(`${HOST}/devices/d1`, keyOf('d1'), NOW_SECONDS - 3_600)
    expect(await descriptionOf(`${HOST}/devices/d1`, token)).toMatchObject({
      'status-code': 401,
      'status-description': 'The specified SAS token is expired',
    })
  })

  test.each(['d2', 'd1'])('%s, which is not registered, or disabled', async (deviceId) => {
    hub.registry.update({ deviceId: 'd1' }, { status: 'disabled' }, '*')
    const token = tokenFor(`${HOST}/devices/${deviceId}`, keyOf('d1'), expiry)
    expect(await descriptionOf(`${HOST}/devices/${deviceId}`, token)).toMatchObject({
      'status-code': 404,
      'status-description': `Device ${deviceId} at IotHub MyHub not registered.`,
    })
  })
})

describe('WIRE-AMQP-18: the description of an error on a link is the report of the hub', () => {
  const report = (description: unknown): unknown => JSON.parse(String(description))
  const stamped = {
    trackingId: expect.stringMatching(/^[0-9a-f]{32}-G:0-TimeStamp:03\/04\/2026 05:06:07$/) as string,
    timestampUtc: '2026-03-04T05:06:07.890Z',
  }

  test('a link that is refused', async () => {
    const sender = dial(server).open_sender('/devices/d1/messages/events')
    await once(sender, 'sender_error')
    const { condition, description, info } = sender.error as Record<
      'condition' | 'description' | 'info',
      unknown
    >
    expect(condition).toBe('amqp:unauthorized-access')
    expect(report(description)).toEqual({ errorCode: 401002, message: 'Unauthorized', ...stamped })
    expect(info).toEqual({
      'com.microsoft:is-filtered': true,
      'com.microsoft:tracking-id': stamped.trackingId,
    })
  })

  test('a message that is rejected', async () => {
    const sender = dialService(server, hub).open_sender('/messages/devicebound')
    const rejected = once(sender, 'rejected') as Promise<
      [{ delivery: { remote_state: { error: rhea.AmqpError } } }]
    >
    const to = '/devices/nobody/messages/devicebound'
    expect(await outcome(sender, { to, body: data('x') })).toBe('amqp:not-found')
    const [{ delivery }] = await rejected
    expect(report(delivery.remote_state.error.description)).toMatchObject({ errorCode: 404001, ...stamped })
  })
})
