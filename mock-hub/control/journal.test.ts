import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HubError } from '../core/errors/hub-error.ts'
import { openTestServer, type TestServer } from './testing/test-server.ts'

let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
})
afterEach(() => server.stop())

interface Entry {
  readonly seq: number
  readonly type: string
}
const seqs = async (query: string): Promise<number[]> =>
  ((await server.call('GET', `/journal${query}`)).json as Entry[]).map(({ seq }) => seq)

function packet(cmd: string, identity: string, more: object = {}): void {
  server.hub.journal.record({
    type: 'packet',
    linkId: 'l1',
    identity,
    direction: 'in',
    cmd,
    packet: { cmd, ...more },
  })
}

function append(deviceId: string, body: Buffer): void {
  server.hub.telemetry.append({
    ...{ body, system: {}, properties: { a: 'b' }, source: 'Telemetry', deviceId, moduleId: undefined },
    ...{ authMethod: '', authGenerationId: '', modelId: undefined },
  })
}

/** Reads a stream of server-sent events. */
class Reader {
  readonly #answer: IncomingMessage
  #text = ''

  private constructor(answer: IncomingMessage) {
    this.#answer = answer
    answer.setEncoding('utf8').on('data', (chunk: string) => (this.#text += chunk))
  }

  static async open(path: string, headers: Record<string, string> = {}): Promise<Reader> {
    const { port } = await server.control.listen({ host: '127.0.0.1', port: 0 })
    const [answer] = (await once(get({ port, path, headers }), 'response')) as [IncomingMessage]
    expect(answer.headers['content-type']).toBe('text/event-stream')
    const reader = new Reader(answer)
    await reader.until((text) => text.startsWith(': open\n\n'))
    return reader
  }

  /** Waits for this many events. @returns all events so far. */
  async events(count: number): Promise<{ id: number; event: string; data: unknown }[]> {
    const all = (): string[] => this.#text.split('\n\n').slice(1, -1)
    await this.until(() => all().length >= count)
    return all().map((text) => {
      const [, id, event, data] = /^id: (\d+)\nevent: (.+)\ndata: (.+)$/.exec(text) ?? []
      return { id: Number(id), event: event ?? '', data: JSON.parse(data ?? 'null') as unknown }
    })
  }

  async until(holds: (text: string) => boolean): Promise<void> {
    while (!holds(this.#text)) await once(this.#answer, 'data')
  }

  /** Resolves when the hub ends the stream, which the reader sees as an aborted answer. */
  aborted(): Promise<unknown> {
    return new Promise((resolve) => this.#answer.once('error', resolve))
  }

  close(): void {
    this.#answer.destroy()
  }
}

describe('GET /journal', () => {
  beforeEach(() => {
    packet('connect', 'd1')
    packet('publish', 'd1')
    packet('publish', 'd2')
    server.hub.journal.record({ type: 'disconnected', linkId: 'l1', identity: 'd1', reason: 'x' })
  })

  test.each([
    ['', [1, 2, 3, 4]],
    ['?type=disconnected', [4]],
    ['?type=packet,disconnected&identity=d1', [1, 2, 4]],
    ['?cmd=publish', [2, 3]],
    ['?cmd=publish,connect&identity=d1', [1, 2]],
    ['?after=2', [3, 4]],
    ['?limit=1', [4]],
    ['?limit=0', []],
    ['?identity=nobody', []],
  ])('%j', async (query, expected) => {
    expect(await seqs(query)).toEqual(expected)
  })
})

test('bytes are shown as text, and secrets are hidden', async () => {
  const { authentication } = server.hub.registry.create({ deviceId: 'd1' })
  packet('connect', 'd1', {
    password: Buffer.from('SharedAccessSignature sr=x&sig=abc%3D&se=1'),
    username: 'u',
  })
  packet('publish', 'd1', { payload: Buffer.from('{"t":21}'), topic: 'x/?sig=abc&y=1' })
  packet('publish', 'd1', { payload: Buffer.from([0xff]), authentication })
  const { text, json } = await server.call('GET', '/journal?type=packet')
  expect(json).toMatchObject([
    { packet: { password: '***', username: 'u' } },
    { packet: { payload: '{"t":21}', topic: 'x/?sig=***&y=1' } },
    { packet: { payload: { base64: '/w==' }, authentication: { symmetricKey: { primaryKey: '***' } } } },
  ])
  expect(text).not.toContain('abc')
  expect(text).not.toContain(authentication.symmetricKey.primaryKey)
})

describe('?follow', () => {
  test('sends new entries that match, and nothing else', async () => {
    packet('connect', 'd1')
    const reader = await Reader.open('/journal?follow&type=packet&identity=d1')
    packet('publish', 'd2')
    packet('publish', 'd1', { payload: Buffer.from('x') })
    server.hub.registry.create({ deviceId: 'd1' })
    packet('puback', 'd1')
    expect(await reader.events(2)).toMatchObject([
      { id: 3, event: 'packet', data: { seq: 3, cmd: 'publish', packet: { payload: 'x' } } },
      { id: 5, event: 'packet', data: { seq: 5, cmd: 'puback' } },
    ])
    reader.close()
  })

  test.each([
    ['/journal?follow&after=1', {}],
    ['/journal?follow', { 'last-event-id': '1' }],
  ])('%s %j resumes after the last entry that was read', async (path, headers) => {
    packet('connect', 'd1')
    packet('publish', 'd1')
    const reader = await Reader.open(path, headers)
    packet('puback', 'd1')
    expect((await reader.events(2)).map(({ id }) => id)).toEqual([2, 3])
    reader.close()
  })

  test('stopping the API ends the stream', async () => {
    const reader = await Reader.open('/journal?follow')
    const aborted = reader.aborted()
    await server.control.stop()
    await aborted
  })
})

describe('GET /telemetry', () => {
  test('as a list, with filters', async () => {
    append('d1', Buffer.from('{"t":1}'))
    append('d2', Buffer.from([0xfe]))
    const bodies = async (query: string): Promise<unknown[]> =>
      ((await server.call('GET', `/telemetry${query}`)).json as { body: unknown }[]).map(({ body }) => body)
    expect(await bodies('')).toEqual(['{"t":1}', { base64: '/g==' }])
    expect(await bodies('?device=d2')).toEqual([{ base64: '/g==' }])
    expect(await bodies('?after=1')).toEqual([{ base64: '/g==' }])
    expect(await bodies('?limit=1')).toEqual([{ base64: '/g==' }])
    expect(await bodies('?module=m')).toEqual([])
    expect(await bodies('?source=twinChangeEvents')).toEqual([])
  })

  test('as a stream', async () => {
    append('d1', Buffer.from('old'))
    const reader = await Reader.open('/telemetry?follow&device=d1')
    append('d2', Buffer.from('other'))
    append('d1', Buffer.from('new'))
    expect(await reader.events(1)).toMatchObject([
      { id: 3, event: 'Telemetry', data: { deviceId: 'd1', body: 'new', properties: { a: 'b' } } },
    ])
    reader.close()
  })
})

test('GET /explain explains refusals, newest first', async () => {
  expect(await server.call('GET', '/explain/last')).toMatchObject({
    status: 404,
    json: { error: 'NothingRefused' },
  })
  for (const received of ['first', 'second'])
    server.hub.refuse(
      new HubError({
        kind: 'DeviceNotFound',
        message: 'x',
        rule: 'WIRE-REG-06',
        expected: 'a device',
        received,
      }),
      { identity: 'd1', transport: 'mqtt' },
    )
  expect((await server.call('GET', '/explain/last')).json).toMatchObject({
    sentence:
      'd1 over mqtt was refused with DeviceNotFound (404001): expected a device, received second [WIRE-REG-06, docs/contract/registry.md#wire-reg-06].',
    explanation: { rule: 'WIRE-REG-06', received: 'second' },
  })
  expect((await server.call('GET', '/explain/refusals')).json).toMatchObject([
    { explanation: { received: 'second' } },
    { explanation: { received: 'first' } },
  ])
})
