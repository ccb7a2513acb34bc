import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { errorOf, openTestServer, type Answer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
const as = { deviceId: 'd' }
const module = { deviceId: 'd', moduleId: 'm' }
beforeEach(async () => {
  server = await openTestServer()
  server.hub.registry.create(as)
  server.hub.registry.create({ deviceId: 'e' })
  server.hub.registry.create(module)
})
afterEach(() => server.stop())

const BATCH = 'application/vnd.microsoft.iothub.json'
const events = '/devices/d/messages/events'
const inbox = '/devices/d/messages/devicebound'

describe('telemetry', () => {
  test('WIRE-HTTP-01 WIRE-HTTP-02 WIRE-AUTH-19: a message with its headers', async () => {
    const headers = { 'iothub-app-key': 'v', 'IoTHub-MessageId': 'm1', 'iothub-contenttype': 'text/plain' }
    expect(await server.call('POST', events, { as, body: 'hello', headers })).toMatchObject({
      status: 204,
      text: '',
    })
    const [message] = server.hub.telemetry.messages
    expect(message).toMatchObject({
      deviceId: 'd',
      system: { messageId: 'm1', contentType: 'text/plain' },
      properties: { key: 'v' },
    })
    expect(message?.body.toString()).toBe('hello')
  })

  test('WIRE-HTTP-03: a batch becomes several messages', async () => {
    const body = JSON.stringify([
      {
        body: Buffer.from('one').toString('base64'),
        properties: { 'iothub-app-k': 'v', 'iothub-messageid': 'm1' },
      },
      { body: 'two', base64Encoded: false },
    ])
    const headers = { 'content-type': `${BATCH}; charset=utf-8` }
    expect((await server.call('POST', events, { as, body, headers })).status).toBe(204)
    const got = server.hub.telemetry.messages
    expect(got.map(({ body: bytes }) => bytes.toString())).toEqual(['one', 'two'])
    expect(got[0]).toMatchObject({ properties: { k: 'v' }, system: { messageId: 'm1' } })
  })

  test.each([
    ['x', 'bytes that are not JSON'],
    ['{}', 'given: object'],
    ['[]', 'an empty array'],
    ['[1]', '[0] to be an object'],
    ['[{"body":1}]', '[0].body to be text'],
    ['[{"body":"###"}]', '[0].body to be base64'],
    ['[{"body":"QQ==","properties":{"iothub-app-k":1}}]', '[0].properties.iothub-app-k to be text'],
  ])('WIRE-HTTP-03: the batch %s is refused as a whole', async (body, why) => {
    const refused = await server.call('POST', events, { as, body, headers: { 'content-type': BATCH } })
    expect(refused.status).toBe(400)
    expect(errorOf(refused).message).toContain(why)
    expect(server.hub.telemetry.messages).toEqual([])
  })

  test('WIRE-HTTP-03: a batch above the size of one message is refused as a whole', async () => {
    const half = { body: Buffer.alloc(131_073).toString('base64') }
    const headers = { 'content-type': BATCH }
    expect(
      (await server.call('POST', events, { as, body: JSON.stringify([half, half]), headers })).status,
    ).toBe(413)
    expect(server.hub.telemetry.messages).toEqual([])
  })

  test.each(['', 'text'])('a message with the content type %j is taken', async (type) => {
    const headers = { 'content-type': type }
    expect((await server.call('POST', events, { as, body: 'x', headers })).status).toBe(204)
  })

  test('WIRE-HTTP-04: a double slash counts as one', async () => {
    expect((await server.call('POST', '/devices/d//messages/events', { as, body: 'x' })).status).toBe(204)
  })

  test('a module sends as itself', async () => {
    const path = '/devices/d/modules/m/messages/events'
    expect((await server.call('POST', path, { as: module, body: 'x' })).status).toBe(204)
    expect(server.hub.telemetry.messages[0]).toMatchObject({ deviceId: 'd', moduleId: 'm' })
  })

  test('an empty message is accepted, one that is too large is a 413', async () => {
    expect((await server.call('POST', events, { as })).status).toBe(204)
    expect(server.hub.telemetry.messages[0]?.body.length).toBe(0)
    for (const size of [262_145, 2_000_000]) {
      const refused = await server.call('POST', events, { as, body: Buffer.alloc(size) })
      expect(refused).toMatchObject({ status: 413, headers: { 'iothub-errorcode': 'MessageTooLarge' } })
    }
  })

  test('WIRE-AUTH-08 WIRE-AUTH-19: a missing token and the token of another device are refused', async () => {
    const none = await server.call('POST', events, { as: null, body: 'x' })
    expect(none.status).toBe(401)
    expect(none.text).toContain('Authorization header missing')
    for (const other of [{ deviceId: 'e' }, module])
      expect((await server.call('POST', events, { as: other, body: 'x' })).status).toBe(401)
    expect(server.hub.telemetry.messages).toEqual([])
  })
})

describe('cloud-to-device over HTTPS', () => {
  const send = (body = 'hello'): Promise<Answer> =>
    server.call('POST', inbox, {
      body,
      headers: { 'iothub-messageid': 'm1', 'iothub-ack': 'full', 'iothub-app-k': 'v' },
    })
  const lockOf = (answer: Answer): string => String(answer.headers['etag'])

  test('WIRE-HTTP-05: an empty queue is a 204', async () => {
    expect(await server.call('GET', inbox, { as })).toMatchObject({ status: 204, text: '' })
  })

  test('WIRE-HTTP-06: a message with its headers and a quoted lock token', async () => {
    expect((await send()).status).toBe(204)
    const answer = await server.call('GET', inbox, { as })
    expect(answer).toMatchObject({
      status: 200,
      text: 'hello',
      headers: {
        etag: expect.stringMatching(/^"[^"]+"$/) as unknown,
        'iothub-messageid': 'm1',
        'iothub-ack': 'full',
        'iothub-to': '/devices/d/messages/devicebound',
        'iothub-app-k': 'v',
        'iothub-deliverycount': '0',
      },
    })
    expect((await server.call('GET', inbox, { as })).status).toBe(204)
  })

  test.each(['bare', 'quoted'])(
    'WIRE-HTTP-07 WIRE-HTTP-09: DELETE with the %s lock token completes',
    async (form) => {
      await send()
      const etag = lockOf(await server.call('GET', inbox, { as }))
      const lock = form === 'bare' ? etag.slice(1, -1) : encodeURIComponent(etag)
      const headers = { 'if-match': form === 'bare' ? etag.slice(1, -1) : etag }
      expect((await server.call('DELETE', `${inbox}/${lock}`, { as, headers })).status).toBe(204)
      expect(server.hub.c2d.count(as)).toBe(0)
      const again = await server.call('DELETE', `${inbox}/${lock}`, { as })
      expect(again).toMatchObject({ status: 412, headers: { 'iothub-errorcode': 'DeviceMessageLockLost' } })
      expect(errorOf(again).code).toBe(412002)
    },
  )

  test('WIRE-HTTP-07: &reject rejects the message, and the service receives feedback', async () => {
    await send()
    const lock = lockOf(await server.call('GET', inbox, { as })).slice(1, -1)
    expect((await server.call('DELETE', `${inbox}/${lock}?reject`, { as })).status).toBe(204)
    server.clock.advance(15_000)
    const feedback = await server.call('GET', '/messages/serviceBound/feedback')
    expect(feedback.status).toBe(200)
    expect(feedback.headers['content-type']).toContain('application/vnd.microsoft.iothub.feedback.json')
    expect(feedback.json).toMatchObject([{ originalMessageId: 'm1', statusCode: 'Rejected', deviceId: 'd' }])
    const token = lockOf(feedback).slice(1, -1)
    expect((await server.call('POST', `/messages/serviceBound/feedback/${token}/abandon`)).status).toBe(204)
    const again = lockOf(await server.call('GET', '/messages/serviceBound/feedback')).slice(1, -1)
    expect((await server.call('DELETE', `/messages/serviceBound/feedback/${again}`)).status).toBe(204)
    expect((await server.call('GET', '/messages/serviceBound/feedback')).status).toBe(204)
  })

  test('WIRE-HTTP-07: abandon returns the message, with a higher delivery count', async () => {
    await send()
    const lock = lockOf(await server.call('GET', inbox, { as })).slice(1, -1)
    expect((await server.call('POST', `${inbox}/${lock}/abandon`, { as })).status).toBe(204)
    expect((await server.call('GET', inbox, { as })).headers['iothub-deliverycount']).toBe('1')
  })

  test('WIRE-HTTP-08: an unknown lock token and an expired one are refused', async () => {
    expect((await server.call('DELETE', `${inbox}/unknown`, { as })).status).toBe(412)
    await send()
    const lock = lockOf(await server.call('GET', inbox, { as })).slice(1, -1)
    server.clock.advance(61_000)
    for (const [method, path] of [
      ['DELETE', `${inbox}/${lock}`],
      ['POST', `${inbox}/${lock}/abandon`],
    ] as const)
      expect(errorOf(await server.call(method, path, { as })).code).toBe(412002)
  })

  test('WIRE-C2D-19: purge reports the number of messages and leaves none', async () => {
    await send('a')
    await send('b')
    expect(await server.call('DELETE', '/devices/d/commands')).toMatchObject({
      status: 200,
      json: { deviceId: 'd', moduleId: null, totalMessagesPurged: 2 },
    })
    expect((await server.call('GET', inbox, { as })).status).toBe(204)
    expect((await server.call('DELETE', '/devices/nobody/commands')).status).toBe(404)
  })

  test('WIRE-C2D-13 WIRE-C2D-15 WIRE-C2D-16 WIRE-C2D-18: messages that cannot be sent are refused', async () => {
    expect(
      errorOf(await server.call('POST', '/devices/nobody/messages/devicebound', { body: 'x' })).code,
    ).toBe(404001)
    const late = await server.call('POST', inbox, {
      body: 'x',
      headers: { 'iothub-expiry': '2025-01-01T00:00:00Z' },
    })
    expect(errorOf(late).code).toBe(403009)
    expect((await server.call('POST', inbox, { body: Buffer.alloc(65_537) })).status).toBe(413)
    for (let count = 0; count < 50; count++) expect((await send()).status).toBe(204)
    expect(errorOf(await send()).code).toBe(403004)
  })

  test('another device can neither read nor settle', async () => {
    await send()
    const other = { deviceId: 'e' }
    expect((await server.call('GET', inbox, { as: other })).status).toBe(401)
    const lock = lockOf(await server.call('GET', inbox, { as })).slice(1, -1)
    expect((await server.call('DELETE', `${inbox}/${lock}`, { as: other })).status).toBe(401)
    const elsewhere = `/devices/e/messages/devicebound/${lock}`
    expect((await server.call('DELETE', elsewhere, { as: other })).status).toBe(412)
    expect(server.hub.c2d.count(as)).toBe(1)
  })
})
