import { afterEach, beforeEach, expect, test } from 'vitest'
import { KEY, OTHER_KEY, token } from '../../provisioning/testing/test-provisioning.ts'
import { publish, REGISTER, request, TestRegistrants, usernameOf } from '../testing/test-registrants.ts'

let registrants: TestRegistrants
beforeEach(async () => {
  registrants = await TestRegistrants.open()
})
afterEach(() => registrants.server.stop())

/** The longest text of MQTT. */
const MOST_BYTES = 65_535

test('a second connection of a device that proves itself ends the first', async () => {
  const first = await registrants.subscribed()
  const second = registrants.dial({ password: Buffer.from(token(registrants.server, 'd1', OTHER_KEY)) })
  await second.take('connack')
  await first.closing()
  expect(await second.settled()).toEqual([])
})

test('a second connection that proves nothing leaves the first alone', async () => {
  const first = await registrants.subscribed()
  const scope = '0ne000000FF'
  for (const [options, status] of [
    [{ password: Buffer.from(token(registrants.server, 'd1', Buffer.alloc(64, 9).toString('base64'))) }, 401],
    [
      {
        username: usernameOf('d1', scope),
        password: Buffer.from(token(registrants.server, 'd1', KEY, { scope })),
      },
      404,
    ],
  ] as const) {
    const stranger = await registrants.subscribed(1, options)
    expect((await request(stranger, `${REGISTER}1`)).topic).toContain(`/res/${String(status)}/`)
  }
  expect((await request(first, `${REGISTER}1`)).topic).toContain('/res/202/')
})

test('a request id too long for the topic of its answer ends the connection of its sender alone', async () => {
  const neighbour = await registrants.subscribed(1, {
    clientId: 'd2',
    username: usernameOf('d2'),
    password: Buffer.from(token(registrants.server, 'd2')),
  })
  const client = await registrants.subscribed()
  const escaped: unknown[] = []
  const note = (error: unknown): void => {
    escaped.push(error)
  }
  process.on('unhandledRejection', note)
  client.send({ ...publish, topic: REGISTER + 'x'.repeat(MOST_BYTES - REGISTER.length) })
  await client.closing()
  expect(registrants.server.hub.lastRefusals[0]?.explanation).toMatchObject({
    rule: 'MQTT-4.8.0-1',
    received: expect.stringContaining('a request id of 65490 bytes') as string,
  })
  expect((await request(neighbour, `${REGISTER}1`)).topic).toContain('/res/401/')
  process.off('unhandledRejection', note)
  expect(escaped).toEqual([])
})
