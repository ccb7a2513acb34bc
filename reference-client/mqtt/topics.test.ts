import { describe, expect, it } from 'vitest'
import { formatUsername } from './connect-username.ts'
import { messageTopics, methodResponseTopic, parseInbound } from './topics.ts'

const device = messageTopics({ deviceId: 'd', moduleId: undefined })
const module = messageTopics({ deviceId: 'd', moduleId: 'm' })

describe('topics', () => {
  it('of messages name the identity', () => {
    expect(device).toMatchObject({
      events: 'devices/d/messages/events/',
      c2dFilter: 'devices/d/messages/devicebound/#',
    })
    expect(module).toMatchObject({
      events: 'devices/d/modules/m/messages/events/',
      inputsFilter: 'devices/d/modules/m/inputs/#',
    })
  })

  it('of responses contain the encoded status and request id', () => {
    expect(methodResponseTopic('a/b', 200)).toBe('$iothub/methods/res/200/?$rid=a%2Fb')
  })

  it.each([
    ['devices/d/messages/devicebound/%24.mid=1', { type: 'c2d', properties: '%24.mid=1' }],
    ['devices/d/messages/devicebound/', { type: 'c2d', properties: '' }],
    ['$iothub/methods/POST/do%20it/?$rid=a1', { type: 'method', methodName: 'do it', requestId: 'a1' }],
    ['$iothub/twin/res/200/?$rid=7&$version=3', { type: 'twin-response', status: 200, requestId: '7' }],
    ['$iothub/twin/PATCH/properties/desired/?$version=3', { type: 'desired' }],
    ['devices/other/messages/devicebound/', undefined],
    ['nonsense', undefined],
  ])('%s is understood', (topic, meaning) => {
    expect(parseInbound(topic, device)).toEqual(meaning)
  })

  it('of inputs name the input', () => {
    expect(parseInbound('devices/d/modules/m/inputs/in%201/a=b', module)).toEqual({
      type: 'input',
      inputName: 'in 1',
      properties: 'a=b',
    })
    expect(parseInbound('devices/d/modules/m/inputs/in', module)).toMatchObject({
      inputName: 'in',
      properties: '',
    })
  })

  it.each(['$iothub/methods/POST/x/', '$iothub/twin/res/abc/?$rid=1', '$iothub/twin/res/200/'])(
    '%s is malformed',
    (topic) => {
      expect(() => parseInbound(topic, device)).toThrow()
    },
  )
})

describe('user names', () => {
  const identity = { deviceId: 'd', moduleId: 'm' }
  it('name the hub, the identity and the agent with its product info (BOTH-PROD-02, BOTH-PROD-03)', () => {
    expect(formatUsername('h', identity, ' my/é', 'agent')).toBe(
      'h/d/m/?api-version=2019-10-01&DeviceClientType=agent%20my%2F%C3%A9',
    )
  })

  it('name the model and the version for models when the product info is a dtmi (SRC-21)', () => {
    expect(formatUsername('h', { deviceId: 'd', moduleId: undefined }, 'dtmi:a:b;1', 'agent')).toBe(
      'h/d/?api-version=2020-09-30&DeviceClientType=agent&model-id=dtmi%3Aa%3Ab%3B1',
    )
  })
})
