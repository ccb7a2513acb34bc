import { describe, expect, it } from 'vitest'
import { Message } from '../core/models/message.ts'
import { formatProperties, parseMessage } from './property-bag.ts'

describe('outgoing properties', () => {
  it('are in the documented order, encoded except for unreserved characters (BOTH-SEND-05)', () => {
    const message = new Message('x', 'id/1', 'utf-8', 'application/json', 'out 1')
    message.correlationId = 'c&d'
    message.userId = 'u=v'
    message.expiryTimeUtc = new Date(Date.UTC(2030, 0, 2))
    message.setAsSecurityMessage()
    message.customProperties = {
      z: 'é',
      'a b': "it's (a) *star*!",
      n: 5,
      flag: true,
      nothing: null,
      empty: '',
    }
    expect(formatProperties(message)).toBe(
      '%24.on=out%201&%24.mid=id%2F1&%24.cid=c%26d&%24.uid=u%3Dv&%24.ct=application%2Fjson&%24.ce=utf-8' +
        '&%24.ifid=urn%3Aazureiot%3ASecurity%3ASecurityAgent%3A1&%24.exp=2030-01-02T00%3A00%3A00.000Z' +
        '&a%20b=it%27s%20%28a%29%20%2Astar%2A%21&empty=&flag=true&n=5&nothing&z=%C3%A9',
    )
  })

  it('omit what is not set and what is only incoming', () => {
    const message = new Message('x')
    message.ack = 'full'
    message.inputName = 'in'
    expect(formatProperties(message)).toBe('')
  })
})

describe('incoming properties', () => {
  it('set their fields, or the custom properties (DEV-ONMSG-02)', () => {
    const message = parseMessage(
      '%24.mid=m&%24.cid=c&%24.uid=u&%24.ct=t&%24.ce=e&%24.exp=2030&iothub-ack=full' +
        '&%24.to=%2Fdevices%2Fd&%24.cdid=sender&a%20b=x%26y&empty=&alone&__proto__=p',
      Buffer.from([1, 2]),
    )
    expect(message).toMatchObject({
      messageId: 'm',
      correlationId: 'c',
      userId: 'u',
      contentType: 't',
      contentEncoding: 'e',
      expiryTimeUtc: '2030',
      ack: 'full',
    })
    expect(message.data).toEqual(Buffer.from([1, 2]))
    expect(Object.entries(message.customProperties)).toEqual([
      ['$.cdid', 'sender'],
      ['a b', 'x&y'],
      ['empty', ''],
      ['alone', null],
      ['__proto__', 'p'],
    ])
  })

  it('can be empty', () => {
    expect(parseMessage('', Buffer.alloc(0)).customProperties).toEqual({})
  })
})
