import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DeviceLink } from '../../core/contract/sessions.ts'
import type { Received, RawClient } from '../testing/raw-client.ts'
import { TestServer } from '../testing/test-server.ts'

const d1 = { deviceId: 'd1' }
const m1 = { deviceId: 'd1', moduleId: 'm1' }

let server: TestServer
beforeEach(async () => {
  server = await TestServer.open()
  server.device('d1')
  server.module('d1', 'm1')
})
afterEach(() => server.stop())

const ANSWERS = '$iothub/twin/res/#'
const DESIRED = '$iothub/twin/PATCH/properties/desired/#'
const METHODS = '$iothub/methods/POST/#'
const REPORTED = '$iothub/twin/PATCH/properties/reported/'

async function ready(identity: typeof d1 | typeof m1, ...filters: string[]): Promise<RawClient> {
  const client = await server.connected(identity)
  const subscriptions = filters.map((topic) => ({ topic, qos: 0 as const }))
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions })
  await client.take('suback')
  return client
}

function publish(client: RawClient, topic: string, payload: string, messageId?: number): void {
  const common = { cmd: 'publish' as const, topic, payload, dup: false, retain: false }
  client.send(messageId === undefined ? { ...common, qos: 0 } : { ...common, qos: 1, messageId })
}

function json(packet: Received): unknown {
  return JSON.parse(String(packet.payload))
}

describe('twin requests', () => {
  test.each([
    ['WIRE-TWIN-01 WIRE-TWIN-03 WIRE-TWIN-06', ''],
    ['WIRE-TWIN-04', ' '],
    ['WIRE-TWIN-04', 'no json'],
  ])('%s: GET with payload %j', async (_ids, payload) => {
    server.hub.twins.patch(d1, { desired: { a: 1 }, tags: { t: 1 } }, undefined)
    const client = await ready(d1, ANSWERS)
    publish(client, '$iothub/twin/GET/?$rid=4d-X', payload)
    const answer = await client.next()
    expect(answer.topic).toBe('$iothub/twin/res/200/?$rid=4d-X')
    expect(json(answer)).toEqual({ desired: { a: 1, $version: 2 }, reported: { $version: 1 } })
  })

  test('WIRE-TWIN-07: there is no answer without a subscription', async () => {
    const client = await server.connected(d1)
    publish(client, '$iothub/twin/GET/?$rid=1', '', 3)
    expect((await client.settled()).map(({ cmd }) => cmd)).toEqual(['puback'])
  })

  test('WIRE-SESS-14: a filter that is the topic of one answer gets that answer alone', async () => {
    const client = await ready(d1, '$iothub/twin/res/204/?$rid=2&$version=2')
    publish(client, '$iothub/twin/GET/?$rid=1', '')
    publish(client, `${REPORTED}?$rid=2`, '{"t":1}')
    publish(client, `${REPORTED}?$rid=3`, '{"t":1}')
    expect((await client.settled()).map(({ topic }) => topic)).toEqual([
      '$iothub/twin/res/204/?$rid=2&$version=2',
    ])
  })

  test('WIRE-TWIN-08 WIRE-TWIN-09 WIRE-TWIN-10 WIRE-TWIN-16: PATCH, acknowledged and answered', async () => {
    const client = await ready(d1, ANSWERS)
    for (const version of [2, 3]) {
      publish(client, `${REPORTED}?$rid=${version}`, JSON.stringify({ v: version }), version)
      expect(await client.next()).toMatchObject({ cmd: 'puback', messageId: version })
      const answer = await client.next()
      expect(answer.topic).toBe(`$iothub/twin/res/204/?$rid=${version}&$version=${version}`)
      expect(answer.payload).toHaveLength(0)
    }
    expect(server.hub.twins.get(d1).reported.properties).toEqual({ v: 3 })
  })

  test('WIRE-TWIN-11: a stale base version is answered 412', async () => {
    const client = await ready(d1, ANSWERS)
    publish(client, `${REPORTED}?$rid=a&$version=1`, '{"x":1}')
    expect((await client.next()).topic).toBe('$iothub/twin/res/204/?$rid=a&$version=2')
    publish(client, `${REPORTED}?$rid=b&$version=1`, '{"x":2}')
    expect((await client.next()).topic).toBe('$iothub/twin/res/412/?$rid=b')
    publish(client, `${REPORTED}?$rid=c&$version=x`, '{"x":2}')
    expect((await client.next()).topic).toBe('$iothub/twin/res/400/?$rid=c')
  })

  test.each([
    ['WIRE-TWIN-12', '{"a":'],
    ['WIRE-TWIN-12', ''],
    ['WIRE-TWIN-12', '[1]'],
    ['WIRE-TWIN-12', '{"a.b":1}'],
    ['WIRE-TWIN-13', '{"$version":1}'],
    ['WIRE-TWIN-13', '{"$metadata":{}}'],
  ])('%s WIRE-TWIN-14: patch %j is answered 400 with a body', async (_id, payload) => {
    const client = await ready(d1, ANSWERS)
    publish(client, `${REPORTED}?$rid=a`, payload)
    const answer = await client.next()
    expect(answer.topic).toBe('$iothub/twin/res/400/?$rid=a')
    expect(json(answer)).toEqual({
      errorCode: 400004,
      trackingId: expect.stringMatching(
        /^[0-9a-f]{32}-G:\d+-TimeStamp:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/,
      ) as unknown,
      message: expect.any(String) as unknown,
      timestampUtc: '2026-01-01T00:00:00.000Z',
    })
    expect(server.hub.twins.get(d1).reported.version).toBe(1)
  })

  test('requests sent in one write are answered in order', async () => {
    const client = await ready(d1, ANSWERS)
    client.send(
      ...['1', '2', '3'].map((rid) => ({
        cmd: 'publish' as const,
        topic: `$iothub/twin/GET/?$rid=${rid}`,
        payload: '',
        qos: 0 as const,
        dup: false,
        retain: false,
      })),
    )
    expect((await client.settled()).map(({ topic }) => topic?.at(-1))).toEqual(['1', '2', '3'])
  })

  test('the hub stops reading from a client that does not read its answers', async () => {
    server.hub.twins.patch(d1, { desired: { text: 'x'.repeat(4_000) } }, undefined)
    const client = await ready(d1, ANSWERS)
    client.pause()
    const handled = (): number =>
      server.hub.journal.entries.filter(
        (entry) => entry.type === 'operation' && entry.operation === 'twinGet',
      ).length
    for (let rid = 1; rid <= 300; rid++) publish(client, `$iothub/twin/GET/?$rid=${rid}`, ' '.repeat(400))
    // Another client completes a round trip meanwhile.
    await (await server.connected(m1)).settled()
    expect(handled()).toBeLessThan(100)
    client.resume()
    for (let rid = 1; rid <= 300; rid++) {
      expect((await client.next()).topic).toBe(`$iothub/twin/res/200/?$rid=${rid}`)
    }
  })

  test('WIRE-MOD-05: a module has its own twin on the same topics', async () => {
    const client = await ready(m1, ANSWERS)
    publish(client, `${REPORTED}?$rid=a`, '{"m":1}')
    await client.next()
    expect(server.hub.twins.get(m1).reported.properties).toEqual({ m: 1 })
    expect(server.hub.twins.get(d1).reported.properties).toEqual({})
  })
})

describe('twin requests in a tier', () => {
  const statuses = async (tier: 'S1' | 'B1', count: number): Promise<unknown[]> => {
    await server.stop()
    server = await TestServer.open({ tier })
    server.device('d1')
    const client = await ready(d1, ANSWERS)
    for (let n = 0; n < count; n++) publish(client, `${REPORTED}?$rid=${n}`, '{"a":1}')
    const answers: unknown[] = []
    for (const { topic = '', payload } of await client.settled()) {
      const [, status] = /res\/(\d+)\//.exec(topic) ?? []
      const body = String(payload)
      answers.push(body === '' ? status : [status, (JSON.parse(body) as { errorCode: number }).errorCode])
    }
    return answers
  }

  test('WIRE-TWIN-15: requests above the rate are answered 429, and one second later 204', async () => {
    expect(await statuses('S1', 52)).toEqual([
      ...Array<string>(50).fill('204'),
      ['429', 429001],
      ['429', 429001],
    ])
    expect(server.hub.twins.get(d1).reported.version).toBe(51)
    server.clock.advance(1_000)
    const client = await ready(d1, ANSWERS)
    publish(client, `${REPORTED}?$rid=x`, '{"a":2}')
    expect((await client.next()).topic).toBe('$iothub/twin/res/204/?$rid=x&$version=52')
  })

  test('WIRE-ERR-08: a basic tier has no twins', async () => {
    expect(await statuses('B1', 1)).toEqual([['403', 403010]])
  })
})

describe('desired properties', () => {
  test('WIRE-TWIN-02 WIRE-TWIN-18: the patch with its nulls and the version', async () => {
    const client = await ready(d1, DESIRED)
    server.hub.twins.patch(d1, { desired: { a: { b: 1 }, gone: null } }, undefined)
    const packet = await client.next()
    expect(packet.topic).toBe('$iothub/twin/PATCH/properties/desired/?$version=2')
    expect(json(packet)).toEqual({ a: { b: 1 }, gone: null, $version: 2 })
  })

  test('WIRE-TWIN-19: a replacement brings the difference, null for what is gone', async () => {
    server.hub.twins.patch(d1, { desired: { a: 1 } }, undefined)
    const client = await ready(d1, DESIRED)
    server.hub.twins.replace(d1, { desired: { b: 2 } }, undefined)
    expect(json(await client.next())).toEqual({ a: null, b: 2, $version: 3 })
  })

  test('WIRE-TWIN-20 WIRE-TWIN-21: nothing is replayed, tags are not sent', async () => {
    server.hub.twins.patch(d1, { desired: { a: 1 } }, undefined)
    const client = await ready(d1, DESIRED)
    server.hub.twins.patch(d1, { tags: { t: 1 } }, undefined)
    expect(await client.settled()).toEqual([])
  })

  test('WIRE-TWIN-17: desired patches have the QoS that was granted', async () => {
    const client = await server.connected(d1)
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: DESIRED, qos: 1 }] })
    await client.take('suback')
    server.hub.twins.patch(d1, { desired: { a: 1 } }, undefined)
    expect(await client.next()).toMatchObject({ cmd: 'publish', qos: 1 })
  })
})

describe('direct methods', () => {
  const request = /^\$iothub\/methods\/POST\/([^/]+)\/\?\$rid=(.+)$/

  test('WIRE-METH-01 to WIRE-METH-06: request and response', async () => {
    const client = await ready(d1, METHODS)
    const call = server.hub.methods.invoke(d1, { methodName: 'reboot', payload: '{"in":5}' })
    const packet = await client.next()
    expect(packet).toMatchObject({ cmd: 'publish', qos: 0, payload: Buffer.from('{"in":5}') })
    const [, name, rid] = request.exec(packet.topic ?? '') ?? []
    expect(name).toBe('reboot')
    publish(client, `$iothub/methods/res/-7/?$rid=${rid ?? ''}`, '{"ok":true}')
    expect(await call).toMatchObject({ status: -7, payload: { ok: true } })
  })

  test('WIRE-METH-04 WIRE-METH-07: empty payloads', async () => {
    const client = await ready(d1, METHODS)
    for (const payload of [undefined, 'null']) {
      const call = server.hub.methods.invoke(d1, { methodName: 'x', payload })
      const packet = await client.next()
      expect(String(packet.payload)).toBe(payload ?? '')
      const rid = request.exec(packet.topic ?? '')?.[2] ?? ''
      publish(client, `$iothub/methods/res/200/?$rid=${rid}`, '')
      expect(await call).toMatchObject({ status: 200, payload: null })
    }
  })

  test('WIRE-METH-08: a response without a waiting call is ignored', async () => {
    const client = await ready(d1, METHODS)
    publish(client, '$iothub/methods/res/200/?$rid=unknown', '{}', 4)
    expect((await client.settled()).map(({ cmd }) => cmd)).toEqual(['puback'])
  })

  test.each(["{'filename': 'logs.zip'}", '{"a":1}\0', '12345678901234567890'])(
    'WIRE-METH-22: the response %j reaches the caller as it is',
    async (response) => {
      const client = await ready(d1, METHODS)
      const call = server.hub.methods.invoke(d1, { methodName: 'x', payload: undefined })
      const { topic = '' } = await client.take('publish')
      publish(client, `$iothub/methods/res/200/?$rid=${topic.slice(topic.indexOf('=') + 1)}`, response)
      expect((await call).body.toString()).toBe(response)
    },
  )

  test('WIRE-METH-12: a response larger than 128 KB is ignored', async () => {
    const payload = `"${'x'.repeat(131_071)}"`
    const client = await ready(d1, METHODS)
    const call = server.hub.methods.invoke(d1, { methodName: 'x', payload: undefined })
    const { topic = '' } = await client.take('publish')
    const requestId = topic.slice(topic.indexOf('=') + 1)
    publish(client, `$iothub/methods/res/200/?$rid=${requestId}`, payload, 5)
    expect((await client.next()).cmd).toBe('puback')
    expect(server.hub.lastRefusals[0]?.explanation.rule).toBe('WIRE-METH-12')
    publish(client, `$iothub/methods/res/201/?$rid=${requestId}`, '1')
    expect(await call).toMatchObject({ status: 201, payload: 1 })
  })

  test('WIRE-METH-14: a device that is connected and not subscribed is not online', async () => {
    await server.connected(d1)
    await expect(server.hub.methods.invoke(d1, { methodName: 'x', payload: 'null' })).rejects.toMatchObject({
      kind: 'DeviceNotOnline',
    })
  })

  test('WIRE-METH-01: a filter for one method receives only that method', async () => {
    const client = await ready(d1, '$iothub/methods/POST/one/#')
    await expect(server.hub.methods.invoke(d1, { methodName: 'two', payload: 'null' })).rejects.toMatchObject(
      {
        kind: 'DeviceNotOnline',
      },
    )
    void server.hub.methods.invoke(d1, { methodName: 'one', payload: 'null' }).catch(() => undefined)
    expect((await client.next()).topic).toMatch(/POST\/one\//)
  })

  test('WIRE-METH-15: a device that subscribes in time receives the call', async () => {
    const call = server.hub.methods.invoke(d1, {
      methodName: 'x',
      payload: 'null',
      connectTimeoutInSeconds: 10,
    })
    const client = await ready(d1, METHODS)
    const rid = request.exec((await client.next()).topic ?? '')?.[2] ?? ''
    publish(client, `$iothub/methods/res/200/?$rid=${rid}`, '1')
    expect(await call).toMatchObject({ status: 200, payload: 1 })
  })

  test('WIRE-METH-21: responses in any order reach their callers', async () => {
    const client = await ready(m1, METHODS)
    const calls = ['a', 'b'].map((methodName) =>
      server.hub.methods.invoke(m1, { methodName, payload: 'null' }),
    )
    const packets = [await client.next(), await client.next()]
    for (const packet of packets.reverse()) {
      const [, name, rid] = request.exec(packet.topic ?? '') ?? []
      publish(client, `$iothub/methods/res/200/?$rid=${rid ?? ''}`, JSON.stringify(name))
    }
    expect(await Promise.all(calls)).toMatchObject([
      { status: 200, payload: 'a' },
      { status: 200, payload: 'b' },
    ])
  })
})

describe('module inputs', () => {
  test('WIRE-MOD-02 WIRE-MOD-03 WIRE-MOD-04: a routed message reaches its input', async () => {
    const links: DeviceLink[] = []
    const openSession = server.hub.openSession.bind(server.hub)
    Object.assign(server.hub, {
      openSession: (link: DeviceLink) => {
        links.push(link)
        return openSession(link)
      },
    })
    const client = await ready(m1, 'devices/d1/modules/m1/inputs/#')
    links[0]?.deliverInput('in1', {
      body: Buffer.from('x'),
      system: { connectionDeviceId: 'd1', connectionModuleId: 'm0' },
      properties: { p: '1' },
    })
    expect((await client.next()).topic).toBe('devices/d1/modules/m1/inputs/in1/%24.cdid=d1&%24.cmid=m0&p=1')
  })
})
