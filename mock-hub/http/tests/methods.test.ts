import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import { connectDevice, type MethodHandler } from '../testing/device.ts'
import {
  errorOf,
  openTestServer,
  type Answer,
  type CallOptions,
  type TestServer,
} from '../testing/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer()
})
afterAll(() => server.stop())

let last = 0
const newDevice = (handler?: MethodHandler): string => {
  const deviceId = `d${String(++last)}`
  server.hub.registry.create({ deviceId })
  if (handler !== undefined) connectDevice(server.hub, { deviceId }, ['methods'], handler)
  return deviceId
}
const echo: MethodHandler = (name, payload) => ({
  status: 200,
  payload: { name, payload: payload ?? '(empty)' },
})
const invoke = (target: string, body: object, options: CallOptions = {}): Promise<Answer> =>
  server.call('POST', `/twins/${target}/methods`, { ...options, body })

describe('a method from a back end', () => {
  test('WIRE-METH-02 WIRE-METH-05: reaches the device, and its response is returned', async () => {
    const answer = await invoke(newDevice(echo), { methodName: 'start', payload: { speed: 3 } })
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({ status: 200, payload: { name: 'start', payload: '{"speed":3}' } })
  })

  test('WIRE-METH-04: payload null is sent as null, a missing payload as an empty body', async () => {
    const device = newDevice(echo)
    expect((await invoke(device, { methodName: 'm', payload: null })).json).toMatchObject({
      payload: { payload: 'null' },
    })
    expect((await invoke(device, { methodName: 'm' })).json).toMatchObject({
      payload: { payload: '(empty)' },
    })
  })

  test('WIRE-METH-23: numbers, escapes and the order of keys reach the device as they are written', async () => {
    const payload = '{"b":12345678901234567890,"2":1.0,"1":"\\u00e4"}'
    const body = `{"payload": ${payload.replaceAll(',', ' , ')} , "methodName":"m"}`
    const deviceId = newDevice((_name, received = '') => ({ status: 200, payload: Buffer.from(received) }))
    const answer = await server.call('POST', `/twins/${deviceId}/methods`, { body })
    expect(answer.text).toBe(`{"status":200,"payload":${payload}}`)
  })

  test.each(["{'filename': 'logs.zip'}", '{"a":1}\0', '1.0'])(
    'WIRE-METH-22: the response %j stands in the answer as it is',
    async (response) => {
      const deviceId = newDevice(() => ({ status: 200, payload: Buffer.from(response) }))
      const answer = await invoke(deviceId, { methodName: 'm' })
      expect(answer.text).toBe(`{"status":200,"payload":${response}}`)
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    },
  )

  test('WIRE-METH-22 WIRE-METH-23: commands of digital twins and methods of jobs pass payloads on as well', async () => {
    const received: (string | undefined)[] = []
    const deviceId = newDevice((_name, payload) => {
      received.push(payload)
      return { status: 200, payload: Buffer.from('1.0') }
    })
    const command = await server.call('POST', `/digitaltwins/${deviceId}/commands/c`, { body: '[ 2.0 ]' })
    expect(command.text).toBe('1.0')
    const body = `{"type":"scheduleDeviceMethod","queryCondition":"deviceId = '${deviceId}'",
      "cloudToDeviceMethod":{"methodName":"m","payload":3.0}}`
    expect((await server.call('PUT', `/jobs/v2/j-${deviceId}`, { body })).status).toBe(200)
    server.clock.advance(0)
    expect(received).toEqual(['[2.0]', '3.0'])
  })

  test('WIRE-METH-06 WIRE-METH-07: any status is returned, and a missing payload is null', async () => {
    for (const status of [0, 404, 999]) {
      const device = newDevice(() => ({ status, payload: null }))
      expect(await invoke(device, { methodName: 'm' })).toMatchObject({
        status: 200,
        json: { status, payload: null },
      })
    }
  })

  test('WIRE-METH-13: offline is a 404 DeviceNotOnline at once, with info.timeout', async () => {
    const answer = await invoke(newDevice(), { methodName: 'm' })
    expect(answer).toMatchObject({ status: 404, headers: { 'iothub-errorcode': 'DeviceNotOnline' } })
    const body = JSON.parse((answer.json as { Message: string }).Message) as object
    expect(body).toMatchObject({
      errorCode: 404103,
      message: expect.stringMatching(
        /^The operation failed because the requested device isn't online or /,
      ) as string,
      info: { timeout: '00:00:00' },
    })
  })

  test('WIRE-METH-09 WIRE-METH-16: no answer is a 504 after 30 seconds', async () => {
    let asked = (): void => undefined
    const wasAsked = new Promise<void>((resolve) => (asked = resolve))
    const answer = invoke(
      newDevice(() => {
        asked()
        return undefined
      }),
      { methodName: 'm' },
    )
    await wasAsked
    server.clock.advance(30_000)
    expect(await answer).toMatchObject({ status: 504, headers: { 'iothub-errorcode': 'GatewayTimeout' } })
    const body = JSON.parse(((await answer).json as { Message: string }).Message) as object
    expect(body).toMatchObject({
      errorCode: 504101,
      message: 'Timed out waiting for the response from device.',
      info: {},
    })
  })

  test('WIRE-METH-15: with a connect timeout, a device that connects in time receives the call', async () => {
    const deviceId = newDevice()
    const answer = invoke(deviceId, { methodName: 'm', connectTimeoutInSeconds: 10 })
    await server.hub.journal.until((entry) => entry.type === 'registry')
    connectDevice(server.hub, { deviceId }, ['methods'], echo)
    expect((await answer).status).toBe(200)
  })

  test.each([
    { methodName: 'm', responseTimeoutInSeconds: 4 },
    { methodName: 'm', responseTimeoutInSeconds: 301 },
    { methodName: 'm', timeoutInSeconds: 4 },
    { methodName: 'm', connectTimeoutInSeconds: -1 },
    { methodName: 'm', connectTimeoutInSeconds: 301 },
    { methodName: 'x'.repeat(101) },
    { methodName: '' },
    { methodName: 7 },
    { methodName: 'm', responseTimeoutInSeconds: '4' },
    { methodName: 'm', responseTimeoutInSeconds: 'five' },
  ])('WIRE-METH-10 WIRE-METH-11: %j is a 400 ArgumentInvalid', async (body) => {
    const answer = await invoke(newDevice(echo), body)
    expect(answer).toMatchObject({ status: 400, headers: { 'iothub-errorcode': 'ArgumentInvalid' } })
  })

  test('WIRE-HTTP-13: time-outs as text are read as numbers', async () => {
    const body = { methodName: 'm', responseTimeoutInSeconds: '30', connectTimeoutInSeconds: '0' }
    expect((await invoke(newDevice(echo), body)).status).toBe(200)
  })

  test('WIRE-METH-12: a payload above 128 KB is refused and not delivered', async () => {
    let delivered = 0
    const device = newDevice(() => {
      delivered++
      return { status: 200, payload: null }
    })
    const answer = await invoke(device, { methodName: 'm', payload: 'x'.repeat(131_072) })
    expect(answer.status).toBe(400)
    expect(delivered).toBe(0)
  })

  test('WIRE-METH-18 WIRE-METH-20: unknown devices and modules', async () => {
    expect(errorOf(await invoke('nobody', { methodName: 'm' })).code).toBe(404001)
    expect(errorOf(await invoke(`${newDevice()}/modules/m`, { methodName: 'm' })).code).toBe(404010)
  })

  test('to a module', async () => {
    const deviceId = newDevice()
    server.hub.registry.create({ deviceId, moduleId: 'm' })
    connectDevice(server.hub, { deviceId, moduleId: 'm' }, ['methods'], echo)
    expect((await invoke(`${deviceId}/modules/m`, { methodName: 'x' })).status).toBe(200)
  })
})

describe('WIRE-MOD-06: a method from a module through the gateway', () => {
  const openCaller = (): { deviceId: string; moduleId: string } => {
    const caller = { deviceId: newDevice(echo), moduleId: 'caller' }
    server.hub.registry.create(caller)
    return caller
  }
  const header = ({ deviceId, moduleId }: { deviceId: string; moduleId: string }) => ({
    'x-ms-edge-moduleId': `${deviceId}/${moduleId}`,
  })

  test('reaches a device and a module of the same device', async () => {
    const caller = openCaller()
    const target = { deviceId: caller.deviceId, moduleId: 'target' }
    server.hub.registry.create(target)
    connectDevice(server.hub, target, ['methods'], echo)
    for (const path of [caller.deviceId, `${caller.deviceId}/modules/target`]) {
      const answer = await invoke(
        path,
        { methodName: 'm', payload: 1 },
        { as: caller, headers: header(caller) },
      )
      expect(answer).toMatchObject({ status: 200, json: { status: 200, payload: { payload: '1' } } })
    }
  })

  test('needs no api-version, as at the gateway; a back end needs one', async () => {
    const caller = openCaller()
    const body = { methodName: 'm' }
    const unversioned = { apiVersion: null }
    const asModule = { as: caller, headers: header(caller), ...unversioned }
    expect((await invoke(caller.deviceId, body, asModule)).status).toBe(200)
    expect((await invoke(caller.deviceId, body, unversioned)).status).toBe(400)
  })

  test('a header that is not the token’s module is a 401 with the gateway’s body', async () => {
    const caller = openCaller()
    const other = { deviceId: caller.deviceId, moduleId: 'other' }
    server.hub.registry.create(other)
    const answer = await invoke(caller.deviceId, { methodName: 'm' }, { as: other, headers: header(caller) })
    expect(answer.status).toBe(401)
    expect(Object.keys(answer.json as object)).toEqual(['message'])
  })

  test('a malformed header is a 400, an offline target a 404', async () => {
    const caller = openCaller()
    for (const bad of ['x', 'a/b/c', '/m', 'd/'])
      expect(
        (
          await invoke(
            caller.deviceId,
            { methodName: 'm' },
            { as: caller, headers: { 'x-ms-edge-moduleId': bad } },
          )
        ).status,
      ).toBe(400)
    server.hub.registry.create({ deviceId: caller.deviceId, moduleId: 'off' })
    const answer = await invoke(
      `${caller.deviceId}/modules/off`,
      { methodName: 'm' },
      { as: caller, headers: header(caller) },
    )
    expect(answer).toMatchObject({ status: 404, json: { message: expect.any(String) as unknown } })
  })
})

describe('a command of a digital twin', () => {
  const command = (path: string, options: CallOptions = {}): Promise<Answer> =>
    server.call('POST', `/digitaltwins/${path}`, options)

  test('is a method of the device, of a component too; status and payload come back', async () => {
    const device = newDevice((name, payload) => ({ status: 201, payload: { name, payload: payload ?? '' } }))
    for (const [path, name] of [
      ['commands/measure', 'measure'],
      ['components/thermo/commands/measure', 'thermo*measure'],
    ] as const)
      expect(await command(`${device}/${path}`, { body: { unit: 'C' } })).toMatchObject({
        status: 200,
        headers: { 'x-ms-command-statuscode': '201', 'content-type': 'application/json; charset=utf-8' },
        json: { name, payload: '{"unit":"C"}' },
      })
  })

  test('WIRE-DTW-05: without a payload the device gets {}, and so it comes back', async () => {
    const device = newDevice((_, payload) => ({
      status: 200,
      payload: JSON.parse(payload ?? 'null') as Json,
    }))
    const path = `${device}/commands/measure`
    expect((await command(path)).text).toBe('{}')
    expect((await command(path, { body: '"2026-01-01T00:00:00Z"' })).text).toBe('"2026-01-01T00:00:00Z"')
    expect((await command(path, { body: '0' })).text).toBe('0')
  })

  test.each([
    ['connectTimeoutInSeconds=301', 400004],
    ['connectTimeoutInSeconds=soon', 400004],
    ['responseTimeoutInSeconds=4', 400004],
    ['connectTimeoutInSeconds=0&responseTimeoutInSeconds=5', 404103],
  ])('WIRE-ERR-02: %s of a device that is not connected is refused with %i', async (query, code) => {
    expect(errorOf(await command(`${newDevice()}/commands/m?${query}`)).code).toBe(code)
  })
})
