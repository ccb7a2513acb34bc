import { describe, expect, test } from 'vitest'
import { HUB_ERRORS, type HubErrorKind } from '../../core/errors/catalogue.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { errorBody } from './error-body.ts'

const NOW = Date.UTC(2018, 7, 24, 17, 49, 33, 201)
const explanation = { rule: 'WIRE-ERR-01', expected: '', received: '' }
const offline = new HubError({
  kind: 'DeviceNotOnline',
  message: 'Timed out waiting for device to connect.',
  ...explanation,
  info: {
    timeout: '00:00:00',
  },
})

describe('error bodies', () => {
  test('WIRE-ERR-01: before 2018 the message is ErrorCode:name;text, with the tracking id beside it', () => {
    const { Message, ExceptionMessage } = errorBody(offline, '2016-11-14', NOW)
    expect(Message).toBe('ErrorCode:DeviceNotOnline;Timed out waiting for device to connect.')
    expect(ExceptionMessage).toMatch(/^Tracking ID:[0-9a-f]{32}-G:\d+-TimeStamp:08\/24\/2018 17:49:33$/)
    // As the Node SDK reads it.
    expect(Message.split(';')[0]!.split(':')[1]).toBe('DeviceNotOnline')
  })

  test('WIRE-ERR-02: from 2018 on the message is JSON with errorCode, trackingId, message, info, timestampUtc', () => {
    const { Message, ExceptionMessage } = errorBody(offline, '2021-04-12', NOW)
    expect(ExceptionMessage).toBe('')
    expect(JSON.parse(Message)).toEqual({
      errorCode: 404103,
      trackingId: expect.stringMatching(/^[0-9a-f]{32}-G:\d+-TimeStamp:08\/24\/2018 17:49:33$/) as unknown,
      message: 'Timed out waiting for device to connect.',
      info: { timeout: '00:00:00' },
      timestampUtc: '2018-08-24T17:49:33.2010000Z',
    })
  })

  test('WIRE-ERR-05: 401 says ErrorCode:IotHubUnauthorizedAccess in every version', () => {
    const refusal = new HubError({
      kind: 'IotHubUnauthorizedAccess',
      message: 'Unauthorized',
      ...explanation,
    })
    for (const version of ['2016-11-14', '2018-06-30', '2021-04-12'])
      expect(errorBody(refusal, version, NOW).Message).toBe('ErrorCode:IotHubUnauthorizedAccess;Unauthorized')
  })

  test.each(Object.keys(HUB_ERRORS) as HubErrorKind[])('%s is reported by name or by number', (kind) => {
    const error = new HubError({ kind, message: 'text', ...explanation })
    expect(errorBody(error, undefined, NOW).Message).toBe(`ErrorCode:${kind};text`)
    const { Message } = errorBody(error, '2021-04-12', NOW)
    if (error.status === 401) expect(Message).toContain(kind)
    else expect(JSON.parse(Message)).toMatchObject({ errorCode: HUB_ERRORS[kind].code })
  })
})
