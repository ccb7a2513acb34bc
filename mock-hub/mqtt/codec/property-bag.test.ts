import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatC2dBag, formatInputBag, parsePropertyBag } from './property-bag.ts'

describe('parsePropertyBag', () => {
  test.each([
    ['WIRE-D2C-03', 'a%20b=x%26y%3D1%2F%C3%A9&c=d', {}, { 'a b': 'x&y=1/é', c: 'd' }],
    ['WIRE-D2C-03', 'a=1+2', {}, { a: '1+2' }],
    ['WIRE-D2C-04', '?prop1&prop2=&prop3=a%20string', {}, { '?prop1': '', prop2: '', prop3: 'a string' }],
    ['WIRE-D2C-04', '?%24.mid=1', {}, { '?$.mid': '1' }],
    ['WIRE-D2C-04', '?', {}, { '?': '' }],
    ['WIRE-D2C-05', 'k&e=', {}, { k: '', e: '' }],
    ['WIRE-D2C-06', 'a=b/', {}, { a: 'b' }],
    ['WIRE-D2C-06', 'a=b/c=d', {}, { a: 'b' }],
    [
      'WIRE-D2C-07',
      '$.mid=1&$.cid=2&$.uid=3&$.ct=application%2Fjson&$.ce=utf-8&$.to=x',
      {
        messageId: '1',
        correlationId: '2',
        userId: '3',
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        to: 'x',
      },
      {},
    ],
    ['WIRE-D2C-08', '%24.mid=1&%24.cid=2', { messageId: '1', correlationId: '2' }, {}],
    ['WIRE-D2C-09', '%24.on=out', { outputName: 'out' }, {}],
    ['WIRE-D2C-10', '%24.sub=thermostat', { componentName: 'thermostat' }, {}],
    ['WIRE-D2C-11', '%24.ctime=2026-01-01T00%3A00%3A00Z', { creationTimeUtc: '2026-01-01T00:00:00Z' }, {}],
    ['WIRE-D2C-12', '%24.ifid=urn%3Ax', { interfaceId: 'urn:x' }, {}],
    ['WIRE-D2C-03', 'bad=%zz%20%', {}, { bad: '%zz %' }],
    ['WIRE-D2C-03', 'ascii=!"$%\'()*,-.:;<>?@[\\]^_`{|}~', {}, { ascii: '!"$%\'()*,-.:;<>?@[\\]^_`{|}~' }],
    [
      'WIRE-D2C-03',
      '__proto__=x&constructor=y',
      {},
      JSON.parse('{"__proto__":"x","constructor":"y"}') as object,
    ],
  ])('%s: %s', (_id, bag, system, properties) => {
    const parsed = parsePropertyBag(bag)
    expect(parsed.system).toEqual(system)
    expect(Object.entries(parsed.properties)).toEqual(Object.entries(properties))
  })
})

test.each(['a=b&', '&a=b', 'a=b&&c=d', '=b', 'a=b&=', 'a=b=c', 'a==', '&'])(
  'WIRE-D2C-21: %s is malformed',
  (bag) => {
    expect(() => parsePropertyBag(bag)).toThrow(
      expect.objectContaining({ explanation: expect.objectContaining({ rule: 'WIRE-D2C-21' }) as unknown }),
    )
  },
)

describe('formatC2dBag and formatInputBag', () => {
  test('WIRE-C2D-05: names as the service writes them, values encoded', () => {
    const bag = formatC2dBag({
      system: {
        to: '/devices/d1/messages/deviceBound',
        messageId: 'a b',
        ack: 'full',
        expiryTimeUtc: '2020-01-01T00:00:00.0000000Z',
      },
      properties: { 'k&': 'v=' },
    })
    expect(bag).toBe(
      '%24.exp=2020-01-01T00%3A00%3A00.0000000Z&%24.mid=a%20b&%24.to=%2Fdevices%2Fd1%2Fmessages%2FdeviceBound&iothub-ack=full&k%26=v%3D',
    )
  })

  test('WIRE-C2D-08: null is the name alone, an empty text has its =', () => {
    expect(formatC2dBag({ system: {}, properties: { n: null, e: '' } })).toBe('n&e=')
  })

  test('WIRE-C2D-24: the creation time has its name of AMQP for devices, the schema that of MQTT', () => {
    const bag = { system: { creationTimeUtc: 't', messageSchema: 's' }, properties: {} }
    expect(formatC2dBag(bag)).toBe('iothub-creation-time-utc=t&%24.schema=s')
    expect(formatInputBag(bag)).toBe('%24.schema=s&%24.ctime=t')
  })

  test('what is written is read back, null as the empty text', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/^(\$\.|iothub-)/.test(text))
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.option(fc.string({ unit: 'grapheme' }))),
        fc.string({ unit: 'grapheme' }),
        (properties, id) => {
          const parsed = parsePropertyBag(formatInputBag({ system: { messageId: id }, properties }))
          expect(parsed.system).toEqual({ messageId: id })
          expect(Object.entries(parsed.properties)).toEqual(
            Object.entries(properties).map(([key, value]) => [key, value ?? '']),
          )
        },
      ),
    )
  })

  test('WIRE-C2D-05: only unreserved characters stand as they are', () => {
    const bag = formatC2dBag({ system: {}, properties: { "a-._~!'()*:;?": '/' } })
    expect(bag).toBe('a-._~%21%27%28%29%2A%3A%3B%3F=%2F')
  })

  test('a lone surrogate becomes U+FFFD', () => {
    expect(formatC2dBag({ system: {}, properties: { a: '\ud800' } })).toBe('a=%EF%BF%BD')
  })
})
