import { describe, expect, it } from 'vitest'
import { Message } from './message.ts'
import { MethodRequest, MethodResponse } from './method.ts'

describe('Message', () => {
  it('takes the documented arguments in their order', () => {
    expect(new Message('x', 'id', 'utf-8', 'text/plain', 'out')).toMatchObject({
      data: 'x',
      messageId: 'id',
      contentEncoding: 'utf-8',
      contentType: 'text/plain',
      outputName: 'out',
      customProperties: {},
    })
  })

  it('becomes a security message only through its method', () => {
    const message = new Message('x')
    expect(message.iothubInterfaceId).toBeUndefined()
    message.setAsSecurityMessage()
    expect(message.iothubInterfaceId).toBe('urn:azureiot:Security:SecurityAgent:1')
    expect(() => {
      ;(message as { iothubInterfaceId: unknown }).iothubInterfaceId = 'x'
    }).toThrow(TypeError)
  })

  it('counts payload and properties in UTF-8 bytes', () => {
    expect(new Message('é').getSize()).toBe(2)
    expect(new Message(Buffer.alloc(10)).getSize()).toBe(10)
    expect(new Message(null).getSize()).toBe(0)
    const message = new Message(12, 'id', 'utf-8')
    message.customProperties = { k: 'é', n: 10 }
    message.expiryTimeUtc = new Date(0)
    expect(message.getSize()).toBe(2 + 2 + 5 + 1 + 2 + 1 + 2 + 24)
  })

  it('returns its payload as a string', () => {
    expect(String(new Message(Buffer.from('hé')))).toBe('hé')
    expect(String(new Message(5))).toBe('5')
  })
})

describe('methods', () => {
  it('have responses with the id of the request (BOTH-RESP-04)', () => {
    const request = new MethodRequest('r1', 'reboot', { now: true })
    expect([request.requestId, request.name, request.payload]).toEqual(['r1', 'reboot', { now: true }])
    expect(MethodResponse.createFromMethodRequest(request, 200, 'ok')).toEqual(
      new MethodResponse('r1', 200, 'ok'),
    )
  })
})
