import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deliveryHeaders, headerPairs, messageFrom } from './message-headers.ts'

const body = Buffer.from('x')

describe('headers to a message', () => {
  test('WIRE-HTTP-02: system properties by their headers in any case, application properties by iothub-app-', () => {
    const message = messageFrom(
      headerPairs([
        ...['IoTHub-MessageId', 'm1', 'IOTHUB-CORRELATIONID', 'c1', 'iothub-userid', 'u1'],
        ...['iothub-to', '/devices/d/messages/events', 'iothub-contenttype', 'application/json'],
        ...['iothub-contentencoding', 'utf-8', 'iothub-creationtimeutc', '2020-01-01T00:00:00Z'],
        ...['iothub-interface-id', 'urn:x', 'dt-subject', 'thermostat1', 'iothub-ack', 'Full'],
        ...['iothub-app-MyKey', 'v 1', 'IOTHUB-APP-other', '', 'user-agent', 'sdk'],
      ]),
      body,
    )
    expect(message).toEqual({
      body,
      system: {
        messageId: 'm1',
        correlationId: 'c1',
        userId: 'u1',
        to: '/devices/d/messages/events',
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        creationTimeUtc: '2020-01-01T00:00:00Z',
        interfaceId: 'urn:x',
        componentName: 'thermostat1',
        ack: 'full',
      },
      properties: { MyKey: 'v 1', other: '' },
    })
  })

  test('values that are UTF-8 are decoded, others are kept', () => {
    const utf8 = Buffer.from('héllo').toString('latin1')
    const pairs = headerPairs(['iothub-app-a', utf8, 'iothub-app-b', 'h\u00e9llo'])
    expect(messageFrom(pairs, body).properties).toEqual({ a: 'héllo', b: 'h\u00e9llo' })
  })

  test('an invalid iothub-ack is refused with field, rule and value', () => {
    expect(() => messageFrom([['iothub-ack', 'maybe']], body)).toThrow(
      'Expected iothub-ack to be none, positive, negative or full; given: maybe.',
    )
  })

  test('a property named __proto__ is just a property', () => {
    const { properties } = messageFrom([['iothub-app-__proto__', 'v']], body)
    expect(Object.getPrototypeOf(properties)).toBe(Object.prototype)
    expect(Object.entries(properties)).toEqual([['__proto__', 'v']])
  })
})

describe('a delivery to headers', () => {
  const delivery = {
    lockToken: 'lock-1',
    deliveryCount: 2,
    redelivered: true,
    sequenceNumber: 7,
    enqueuedAt: Date.UTC(2026, 0, 1),
    message: {
      body,
      system: {
        messageId: 'm1',
        to: '/devices/d/messages/devicebound',
        ack: 'full' as const,
        contentType: 'text/plain',
        contentEncoding: 'utf-8',
      },
      properties: { k: 'v', naïve: 'ü\n' },
    },
  }

  test('WIRE-HTTP-06: quoted lock token in ETag, iothub-* headers', () => {
    expect(deliveryHeaders(delivery)).toMatchObject({
      ETag: '"lock-1"',
      'iothub-messageid': 'm1',
      'iothub-to': '/devices/d/messages/devicebound',
      'iothub-ack': 'full',
      'iothub-sequencenumber': '7',
      'iothub-deliverycount': '1',
      'iothub-enqueuedtime': '2026-01-01T00:00:00.0000000Z',
      'iothub-app-k': 'v',
    })
  })

  test('WIRE-HTTP-14: the type and encoding of the content have no prefix', () => {
    const headers = deliveryHeaders(delivery)
    expect(headers).toMatchObject({ ContentType: 'text/plain', ContentEncoding: 'utf-8' })
    expect(Object.keys(headers)).not.toContain('iothub-contenttype')
  })

  test('every property becomes a valid header, and values are restored', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (key, value) => {
        const headers = deliveryHeaders({
          ...delivery,
          message: { ...delivery.message, properties: { [key]: value } },
        })
        for (const [name, text] of Object.entries(headers)) {
          expect(name).toMatch(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/)
          expect(text).toMatch(/^[\t\u0020-\u007e\u0080-\u00ff]*$/)
        }
        const [, sent = ''] = Object.entries(headers).find(([name]) => name.startsWith('iothub-app-')) ?? []
        const { properties } = messageFrom(headerPairs(['iothub-app-x', sent]), body)
        expect(decodeURIComponent(properties['x']!.replace(/%(?![01][0-9a-fA-F]|7f)/gi, '%25'))).toBe(
          value.replace(/%(?=[01][0-9a-fA-F]|7f)/gi, '%'),
        )
      }),
      { examples: [['a b', 'x']] },
    )
  })
})

test('property names that every object has are not system properties', () => {
  const names = ['constructor', '__proto__', 'toString', 'iothub-app-constructor']
  const { system, properties } = messageFrom(
    names.map((name) => [name, 'x'] as const),
    Buffer.from(''),
  )
  expect(Object.keys(system)).toEqual([])
  expect(Object.entries(properties)).toEqual([['constructor', 'x']])
})
