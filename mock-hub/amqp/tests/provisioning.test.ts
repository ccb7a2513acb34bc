import { once } from 'node:events'
import type rhea from 'rhea'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { make } from '../../provisioning/testing/certificates.ts'
import {
  individual,
  openProvisioning,
  SCOPE,
  token,
  type TestProvisioning,
} from '../../provisioning/testing/test-provisioning.ts'
import { createAmqpServer, type AmqpServer } from '../server.ts'
import { data, dial } from '../testing/test-client.ts'

const ADDRESS = `${SCOPE}/registrations/d1`
/** Of each link. */
const properties = { 'com.microsoft:api-version': '2019-03-31' }
let dps: TestProvisioning
let server: AmqpServer
beforeEach(async () => {
  dps = openProvisioning()
  dps.dps.individual.put('d1', individual('d1'))
  server = await createAmqpServer(dps.hub, { provisioning: dps.dps })
})
afterEach(async () => {
  await server.stop()
  dps.hub.stop()
})

interface Client {
  readonly connection: rhea.Connection
  /** Sends, and waits for the outcome. @returns the error of a rejected one. */
  send(message: Partial<rhea.Message>): Promise<rhea.ConnectionError | undefined>
  /** The next answer. */
  answer(): Promise<rhea.Message>
}

async function attached(connection: rhea.Connection, address = ADDRESS): Promise<Client> {
  const waiting: rhea.Message[] = []
  let wake: (() => void) | undefined
  const receiver = connection.open_receiver({ source: { address }, properties })
  receiver.on('message', ({ message }: rhea.EventContext) => {
    if (message !== undefined) waiting.push(message)
    wake?.()
  })
  await once(receiver, 'receiver_open')
  const sender = connection.open_sender({ target: { address }, properties })
  await once(sender, 'sendable')
  return {
    connection,
    async send(message) {
      sender.send({ body: data('{}'), ...message })
      const [context] = (await Promise.race([once(sender, 'accepted'), once(sender, 'rejected')])) as [
        rhea.EventContext,
      ]
      return (context.delivery as { remote_state?: { error?: rhea.ConnectionError } } | undefined)
        ?.remote_state?.error
    },
    async answer() {
      while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      const [next] = waiting.splice(0, 1)
      if (next === undefined) throw new Error('no answer')
      return next
    },
  }
}
const connected = (address?: string): Promise<Client> =>
  attached(dial(server, ADDRESS, token(dps, 'd1')), address)
const register = { application_properties: { 'iotdps-operation-type': 'iotdps-register' } }
const poll = (operationId: string): Partial<rhea.Message> => ({
  application_properties: {
    'iotdps-operation-type': 'iotdps-get-operationstatus',
    'iotdps-operation-id': operationId,
  },
})
const bodyOf = ({ body }: rhea.Message): Record<string, unknown> =>
  JSON.parse(String((body as { content: Buffer }).content)) as Record<string, unknown>
const ended = (): Promise<unknown> =>
  dps.hub.journal.until((entry) => entry.type === 'registration' && entry.step === 'ended')

test.each([ADDRESS, `/${ADDRESS}`, `amqps://localhost/${ADDRESS}`])(
  'DPS-AMQP-01 DPS-AMQP-03 DPS-AMQP-04: registers at %s with SASL PLAIN',
  async (address) => {
    const client = await connected(address)
    expect(await client.send(register)).toBeUndefined()
    const accepted = await client.answer()
    expect(accepted.application_properties).toEqual({ 'retry-after': 3 })
    const { operationId, status } = bodyOf(accepted)
    expect(status).toBe('assigning')
    await ended()
    await client.send(poll(String(operationId)))
    const last = await client.answer()
    expect(last.application_properties ?? {}).toEqual({})
    expect(bodyOf(last)).toMatchObject({ status: 'assigned', registrationState: { deviceId: 'd1' } })
  },
)

test('DPS-AMQP-05: the body of a poll may be data, a value, a text or empty; that of a registration empty', async () => {
  const client = await connected()
  await client.send({ ...register, body: data('') })
  const { operationId } = bodyOf(await client.answer())
  await ended()
  for (const body of ['', 'text', data('{}'), null]) {
    await client.send({ ...poll(String(operationId)), body })
    expect(bodyOf(await client.answer())).toMatchObject({ status: 'assigned' })
  }
})

test('DPS-AMQP-06: the correlation id is echoed when there is one', async () => {
  const client = await connected()
  await client.send({ ...register, correlation_id: 'abc' })
  expect((await client.answer()).correlation_id).toBe('abc')
  await client.send(register)
  expect((await client.answer()).correlation_id).toBeUndefined()
})

test('DPS-AMQP-02: a certificate and no SASL', async () => {
  const { der, pem } = await make('x1')
  dps.dps.individual.put('x1', {
    attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: pem } } } },
  })
  const client = await attached(dial(server, null, undefined, [der]), `${SCOPE}/registrations/x1`)
  await client.send(register)
  expect(bodyOf(await client.answer())).toMatchObject({ status: 'assigning' })
})

describe('what is refused', () => {
  test.each([
    [poll('x'), 'amqp:not-found', 404000],
    [{ ...register, body: data('[]') }, 'com.microsoft:argument-error', 400000],
    [
      { application_properties: { 'iotdps-operation-type': 'iotdps-get-registration' } },
      'amqp:not-implemented',
      501000,
    ],
    [{ application_properties: {} }, 'amqp:not-implemented', 501000],
  ])('DPS-AMQP-07: %j is rejected with the error in JSON', async (message, condition, errorCode) => {
    const client = await connected()
    const error = await client.send(message)
    expect(error?.condition).toBe(condition)
    expect(JSON.parse(error?.description ?? '')).toMatchObject({
      errorCode,
      trackingId: expect.any(String) as string,
    })
  })

  test('DPS-AMQP-07: 429 tells how long to wait', async () => {
    dps.hub.faults.arm({ name: 'dps.register.status', parameters: { status: 429, retryAfter: 9 } })
    const error = (await (await connected()).send(register)) as unknown as {
      condition: string
      info: Record<string, unknown>
    }
    expect(error.condition).toBe('com.microsoft:device-container-throttled')
    expect(error.info).toEqual({ 'retry-after': 9 })
  })

  test('DPS-AMQP-08: a bad token closes the connection with the error in JSON', async () => {
    for (const password of [
      token(dps, 'd1', Buffer.alloc(64, 9).toString('base64')),
      token(dps, 'd2'),
      'secret',
    ]) {
      const connection = dial(server, ADDRESS, password)
      await once(connection, 'connection_close')
      const { condition, description = '' } = connection.error as { condition: string; description?: string }
      expect(condition).toBe('amqp:unauthorized-access')
      expect((JSON.parse(description) as { errorCode: number }).errorCode).toBeGreaterThanOrEqual(401000)
    }
  })

  test('DPS-AMQP-08: a certificate that is not enrolled, and a link of another registration, are refused', async () => {
    const { der } = await make('d1')
    const stranger = dial(server, undefined, undefined, [der])
    const link = stranger.open_receiver({ source: { address: ADDRESS }, properties })
    await once(link, 'receiver_error')
    expect((link.error as rhea.ConnectionError).condition).toBe('amqp:unauthorized-access')
    const { connection } = await connected()
    const other = connection.open_receiver({ source: { address: `${SCOPE}/registrations/d2` }, properties })
    await once(other, 'receiver_error')
    expect(dps.hub.lastRefusals[0]?.explanation.rule).toBe('DPS-AMQP-03')
  })

  test('DPS-AMQP-03: an api-version of another form; a link without one is served', async () => {
    const connection = dial(server, ADDRESS, token(dps, 'd1'))
    const source = { address: ADDRESS }
    const link = connection.open_receiver({ source, properties: { 'com.microsoft:api-version': 'soon' } })
    await once(link, 'receiver_error')
    expect((link.error as rhea.ConnectionError).condition).toBe('com.microsoft:argument-error')
    expect(dps.hub.lastRefusals[0]?.explanation.rule).toBe('DPS-AMQP-03')
    await once(connection.open_receiver({ source }), 'receiver_open')
  })

  test('without a service there is no such address', async () => {
    const bare = await createAmqpServer(dps.hub)
    const link = dial(bare).open_receiver({ source: { address: ADDRESS } })
    await once(link, 'receiver_error')
    expect((link.error as rhea.ConnectionError).condition).toBe('amqp:not-found')
    await bare.stop()
  })
})
