import { beforeEach, describe, expect, test } from 'vitest'
import type { ManualClock } from '../../base/clock.ts'
import type { Hub } from '../contract/hub.ts'
import type { MethodCall, MethodResult } from '../contract/methods.ts'
import type { HubError } from '../errors/hub-error.ts'
import type { Settings } from '../contract/settings.ts'
import { callerOf, openHub, refusalOf, rejectionOf, TestLink } from '../testing/test-hub.ts'

const d = { deviceId: 'd' }
const m = { deviceId: 'd', moduleId: 'm' }
let hub: Hub
let clock: ManualClock
const open = (settings: Partial<Settings> = {}): void => {
  ;({ hub, clock } = openHub(settings))
  hub.registry.create(d)
  hub.registry.create(m)
}
beforeEach(() => {
  open()
})
const invoke = (call: Partial<MethodCall> = {}, target = d, signal?: AbortSignal): Promise<MethodResult> =>
  hub.methods.invoke(target, { methodName: 'x', payload: undefined, ...call }, signal)
const refused = (call: Partial<MethodCall> = {}, target = d): Promise<HubError> =>
  rejectionOf(invoke(call, target))
const device = (): TestLink => new TestLink(hub, d).subscribe('methods')
/** Answers the requests from this one on. */
const answer = (link: TestLink, from = 0): void => {
  for (const { id, payload } of link.requests.splice(from)) link.respond(id, 200, { echo: payload ?? 'none' })
}

describe('a call and its answer', () => {
  test('WIRE-METH-05 WIRE-METH-06 WIRE-METH-21: each caller gets its own response, whatever the order and status', async () => {
    const link = device()
    const calls = ['"a"', '"b"', undefined].map((payload) => invoke({ payload }))
    link.requests.reverse()
    for (const [index, { id, payload }] of link.requests.entries())
      link.respond(id, index - 1, { echo: payload ?? 'none' })
    expect(await Promise.all(calls)).toMatchObject([
      { status: 1, payload: { echo: '"a"' } },
      { status: 0, payload: { echo: '"b"' } },
      { status: -1, payload: { echo: 'none' } },
    ])
  })

  test.each([
    ['"1.0"', '1.0'],
    ['no JSON', "{'a': 1"],
    ['with a NUL at its end', '{"a":1}\0'],
    ['nested too deep', '['.repeat(5_000)],
    ['no UTF-8', Buffer.of(0xff, 0xfe)],
  ])('WIRE-METH-22: a response that is %s is passed on at once, byte for byte', async (_what, given) => {
    const link = device()
    const call = invoke()
    const body = Buffer.from(given)
    link.respond(link.requests[0]?.id ?? '', 200, body)
    expect((await call).body).toEqual(body)
  })

  test.each([
    [{ delay: 5, at: ['é', null] }, '{"delay":5,"at":["é",null]}'],
    [1.5, '1.5'],
    [false, 'false'],
    [null, 'null'],
    // Text is JSON already, and stays as it is written.
    ['"on"', '"on"'],
    ['{"a": 1.0}', '{"a": 1.0}'],
  ])('the payload %j reaches the device as %s', (payload, text) => {
    const link = device()
    void invoke({ payload }).catch(() => undefined)
    expect(link.requests[0]?.payload).toBe(text)
  })

  test('the value of a response is null when it is empty, and its text when it is not JSON', async () => {
    const link = device()
    for (const [at, [body, payload]] of [
      ['', null],
      ['{"a":[1]}', { a: [1] }],
      ['"text"', 'text'],
      ['text', 'text'],
    ].entries() as Iterable<[number, [string, unknown]]>) {
      const call = invoke()
      link.respond(link.requests[at]?.id ?? '', 200, Buffer.from(body))
      expect((await call).payload).toEqual(payload)
    }
  })

  test('WIRE-METH-12: a response above 128 KB settles nothing', async () => {
    const link = device()
    const call = invoke()
    const id = link.requests[0]?.id ?? ''
    const refusal = refusalOf(() => link.respond(id, 200, Buffer.alloc(131_073)))
    expect(refusal.explanation.rule).toBe('WIRE-METH-12')
    link.respond(id, 200, Buffer.alloc(131_072, '1'))
    expect((await call).body).toHaveLength(131_072)
  })

  test('WIRE-METH-08: unknown, late, duplicate answers and those of others settle nothing', async () => {
    const link = device()
    const module = new TestLink(hub, m).subscribe('methods')
    const call = invoke({ responseTimeoutInSeconds: 5 })
    const id = link.requests[0]?.id ?? ''
    for (const act of [() => link.respond('zz'), () => module.respond(id)])
      expect(refusalOf(act).explanation.rule).toBe('WIRE-METH-08')
    link.respond(id, 7)
    expect(() => link.respond(id, 8)).toThrow()
    expect((await call).status).toBe(7)
    const late = refused({ responseTimeoutInSeconds: 5 })
    clock.advance(5_000)
    expect((await late).code).toBe(504101)
    expect(() => link.respond(link.requests[1]?.id ?? '')).toThrow()
  })

  test('a caller that closes the connection ends its call', async () => {
    const link = device()
    const caller = new AbortController()
    const call = rejectionOf(invoke({}, d, caller.signal))
    caller.abort()
    expect((await call).kind).toBe('ClientClosedRequest')
    expect(() => link.respond(link.requests[0]?.id ?? '')).toThrow()
    expect((await rejectionOf(invoke({}, d, caller.signal))).kind).toBe('ClientClosedRequest')
    expect(link.requests).toHaveLength(1)
  })
})

describe('time-outs', () => {
  test.each([
    [undefined, 30],
    [5, 5],
    [300, 300],
  ])('WIRE-METH-09 WIRE-METH-16: responseTimeoutInSeconds %s ends after %i s', async (given, seconds) => {
    const link = device()
    const call = refused({ responseTimeoutInSeconds: given })
    clock.advance(seconds * 1000 - 1)
    expect(link.requests).toHaveLength(1)
    const other = invoke()
    answer(link, 1)
    await other
    clock.advance(1)
    expect(await call).toMatchObject({
      code: 504101,
      message: 'Timed out waiting for the response from device.',
      info: {},
    })
  })

  test.each([
    [undefined, '00:00:00'],
    [0, '00:00:00'],
    [65, '00:01:05'],
    [300, '00:05:00'],
  ])(
    'WIRE-METH-13 WIRE-METH-14: connectTimeoutInSeconds %s: 404103 with info.timeout %s',
    async (given, timeout) => {
      new TestLink(hub, d)
      const call = refused({ connectTimeoutInSeconds: given })
      clock.advance((given ?? 0) * 1000)
      expect(await call).toMatchObject({
        code: 404103,
        message: expect.stringMatching(
          timeout === '00:00:00'
            ? /^The operation failed because the requested device isn't online or hasn't registered the direct method callback\. To learn more, see \S+\/iothub404103$/
            : /^Timed out waiting for device to connect\.$/,
        ) as string,
        info: { timeout },
      })
    },
  )

  test('WIRE-METH-15: who comes in time gets the call, and from then the response time-out runs', async () => {
    const call = refused({ connectTimeoutInSeconds: 10, responseTimeoutInSeconds: 10 })
    clock.advance(9_999)
    const link = device()
    expect(link.requests).toHaveLength(1)
    clock.advance(9_999)
    const second = invoke()
    answer(link, 1)
    await second
    clock.advance(1)
    expect((await call).code).toBe(504101)
  })

  test('WIRE-METH-25: who waits longer for the device than the call lasts is refused', async () => {
    expect(await refused({ connectTimeoutInSeconds: 60, responseTimeoutInSeconds: 30 })).toMatchObject({
      code: 400004,
      message: 'Device connection timeout 00:01:00 cannot be longer than an overall call timeout 00:00:30',
    })
  })

  test.each([
    { responseTimeoutInSeconds: 4.9 },
    { responseTimeoutInSeconds: 300.1 },
    { responseTimeoutInSeconds: Number.NaN },
    { connectTimeoutInSeconds: -1 },
    { connectTimeoutInSeconds: 301 },
  ])('WIRE-METH-10: %j', async (call) => {
    device()
    expect(await refused(call)).toMatchObject({
      code: 400004,
      message: expect.stringMatching(/^\w+InSeconds must be within \[[05]; 300\]\.$/) as string,
      explanation: { rule: 'WIRE-METH-10' },
    })
  })
})

describe('what is refused at once', () => {
  test('WIRE-METH-11: names of 1 to 100 characters that can be part of a topic', async () => {
    const link = device()
    const call = invoke({ methodName: 'ä'.repeat(100) })
    answer(link)
    await call
    for (const methodName of ['', 'x'.repeat(101), 'a#', '+', 'a\u0000', '\n'])
      expect((await refused({ methodName })).explanation.rule).toBe('WIRE-METH-11')
    expect(link.requests).toEqual([])
  })

  test('WIRE-METH-12: a payload of exactly 128 KB goes, one byte more does not', async () => {
    const link = device()
    const call = invoke({ payload: `"${'€'.repeat(43_690)}"` })
    expect(Buffer.byteLength(link.requests[0]?.payload ?? '')).toBe(131_072)
    link.respond(link.requests.splice(0)[0]?.id ?? '')
    await call
    expect(await refused({ payload: `"${'€'.repeat(43_690)}x"` })).toMatchObject({
      message: "'payload' size should be less than 131072 bytes.",
      explanation: { rule: 'WIRE-METH-12' },
    })
    expect(link.requests).toEqual([])
  })

  test('WIRE-METH-18 WIRE-METH-20: unknown targets', async () => {
    expect((await refused({}, { deviceId: 'unknown' })).code).toBe(404001)
    const module = { deviceId: 'd', moduleId: 'unknown' }
    expect((await refused({}, module)).code).toBe(404010)
  })

  test('WIRE-METH-19: disabled devices and their modules are not found, with a connect time-out or without', async () => {
    new TestLink(hub, m).subscribe('methods')
    hub.registry.update(d, { status: 'disabled' }, '*')
    for (const target of [d, m])
      expect(await refused({ connectTimeoutInSeconds: 100 }, target)).toMatchObject({
        code: 404001,
        explanation: { rule: 'WIRE-METH-19' },
      })
  })

  test('WIRE-METH-21: too many in flight to one device', async () => {
    open({ maxMethodsInFlight: 2 })
    const link = device()
    const module = new TestLink(hub, m).subscribe('methods')
    const calls = [invoke(), invoke()]
    expect((await refused()).code).toBe(403800)
    calls.push(invoke({}, m))
    answer(link)
    answer(module)
    await Promise.all(calls)
    const again = invoke()
    answer(link)
    await again
  })
})

describe('a device that disconnects', () => {
  test('WIRE-METH-17: while the call is pending it is unavailable, 404103', async () => {
    const link = device()
    const call = refused()
    link.session.ended()
    expect(await call).toMatchObject({ code: 404103, message: 'Device unavailable' })
  })

  test('WIRE-METH-17: deleted: not found; disabled: unavailable; the hub stops: unavailable', async () => {
    device()
    const first = refused()
    hub.registry.remove(d, '*')
    expect((await first).code).toBe(404001)
    for (const end of [() => void hub.registry.update(d, { status: 'disabled' }, '*'), () => hub.stop()]) {
      if (hub.registry.find(d) === undefined) hub.registry.create(d)
      hub.registry.update(d, { status: 'enabled' }, '*')
      device()
      const call = refused()
      end()
      expect((await call).code).toBe(404103)
    }
  })
})

describe('WIRE-MOD-06: through the gateway', () => {
  test('a module reaches its own device, the modules of that device and its child devices, and no others', async () => {
    const { deviceScope = '' } = hub.registry.create({ deviceId: 'edge' }, { iotEdge: true })
    const caller = { deviceId: 'edge', moduleId: 'a' }
    hub.registry.create(caller)
    hub.registry.create({ deviceId: 'leaf' }, { deviceScope })
    hub.registry.create({ deviceId: 'edge', moduleId: 'b' })
    const call = { methodName: 'x', payload: undefined }
    const reach = (target: { deviceId: string; moduleId?: string }) =>
      rejectionOf(
        Promise.resolve().then(() => hub.perform(callerOf(hub, caller), 'invokeMethod', { target, call })),
      )
    for (const target of [{ deviceId: 'edge' }, { deviceId: 'edge', moduleId: 'b' }, { deviceId: 'leaf' }])
      expect((await reach(target)).kind).toBe('DeviceNotOnline')
    for (const target of [d, m, { deviceId: 'unknown' }])
      expect(await reach(target)).toMatchObject({ code: 404001, explanation: { rule: 'WIRE-MOD-06' } })
  })
})
