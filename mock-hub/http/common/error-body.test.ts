import { describe, expect, test } from 'vitest'
import { HUB_ERRORS, type HubErrorKind } from '../../core/errors/catalogue.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { errorBody, errorFamily, type ErrorContext } from './error-body.ts'

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

const REQUEST_ID = '65ee3cd8-09ff-4565-b023-205f3c766f52'
const context = (given: Partial<ErrorContext> = {}): ErrorContext => ({
  family: 'registry',
  apiVersion: '2021-04-12',
  requestId: REQUEST_ID,
  now: NOW,
  jsonTwinErrors: false,
  ...given,
})

describe('error bodies', () => {
  test('WIRE-ERR-11: what the service of jobs says is within the text, as the Node SDK cuts it off', () => {
    const error = new HubError({
      kind: 'ThrottlingMaxActiveJobCountExceeded',
      ...explanation,
      rule: 'WIRE-JOB-01',
      message: '429',
    })
    const { Message, ExceptionMessage } = errorBody(error, context({ family: 'job' }))
    const [, inner = ''] =
      /^ErrorCode:ThrottlingMaxActiveJobCountExceeded;Error: 429 (.*)$/.exec(Message) ?? []
    expect(JSON.parse(inner)).toEqual({
      Message: 'ErrorCode:ThrottlingMaxActiveJobCountExceeded;429',
      ExceptionMessage: 'Tracking ID:65ee3cd809ff4565b023205f3c766f52-TimeStamp:08/24/2018 17:49:33',
    })
    expect(ExceptionMessage).toContain('-G:0-TimeStamp:')
    const named = new HubError({
      kind: 'JobAlreadyExists',
      ...explanation,
      rule: 'WIRE-JOB-01',
      message: 'x',
    })
    expect(errorBody(named, context({ family: 'job' })).Message).toMatch(/;Error: Conflict \{/)
  })

  test('WIRE-ERR-11: a second import or export is refused in lines', () => {
    const error = new HubError({
      kind: 'JobQuotaExceeded',
      ...explanation,
      message: 'Job quota has been exceeded',
    })
    expect(errorBody(error, context())).toEqual({
      Message:
        'ErrorCode:JobQuotaExceeded;Error: 403 ErrorCode: JobQuotaExceeded\nMessage: Job quota has been exceeded\n' +
        'Timestamp: 08/24/2018 17:49:33\nTracking ID: ',
      ExceptionMessage: '',
    })
  })

  test.each(['2016-11-14', '2018-06-30', '2021-04-12', undefined])(
    'WIRE-ERR-01: the registry says ErrorCode:name;text at api-version %s, with the request id as tracking id',
    (apiVersion) => {
      const { Message, ExceptionMessage } = errorBody(offline, context({ apiVersion }))
      expect(Message).toBe('ErrorCode:DeviceNotOnline;Timed out waiting for device to connect.')
      expect(ExceptionMessage).toBe(
        'Tracking ID:65ee3cd809ff4565b023205f3c766f52-G:0-TimeStamp:08/24/2018 17:49:33',
      )
      // As the Node SDK reads it.
      expect(Message.split(';')[0]!.split(':')[1]).toBe('DeviceNotOnline')
    },
  )

  test('WIRE-ERR-01: a twin route writes its tracking id without a node', () => {
    expect(errorBody(offline, context({ family: 'twin' }))).toEqual({
      Message: 'ErrorCode:DeviceNotOnline;Timed out waiting for device to connect.',
      ExceptionMessage: 'Tracking ID:65ee3cd809ff4565b023205f3c766f52-TimeStamp:08/24/2018 17:49:33',
    })
  })

  test('WIRE-ERR-02: a method route has JSON in Message from 2018 on, and the first shape before', () => {
    const { Message, ExceptionMessage } = errorBody(offline, context({ family: 'method' }))
    expect(ExceptionMessage).toBe('')
    expect(JSON.parse(Message)).toEqual({
      errorCode: 404103,
      trackingId: '65ee3cd809ff4565b023205f3c766f52-G:0-TimeStamp:08/24/2018 17:49:33',
      message: 'Timed out waiting for device to connect.',
      info: { timeout: '00:00:00' },
      timestampUtc: '2018-08-24T17:49:33.2010000Z',
    })
    expect(errorBody(offline, context({ family: 'method', apiVersion: '2016-11-14' })).Message).toMatch(
      /^ErrorCode:DeviceNotOnline;/,
    )
  })

  test('WIRE-ERR-02: a route of uploads has JSON in Message at every api-version', () => {
    const full = new HubError({
      kind: 'DeviceMaximumActiveFileUploadLimitExceeded',
      message: 'Number of active file upload requests cannot exceed 10',
      ...explanation,
    })
    for (const apiVersion of ['2016-11-14', '2021-04-12']) {
      const { Message, ExceptionMessage } = errorBody(full, context({ family: 'device', apiVersion }))
      expect(ExceptionMessage).toBe('')
      expect(JSON.parse(Message)).toEqual({
        errorCode: 403006,
        trackingId: '65ee3cd809ff4565b023205f3c766f52-G:0-TimeStamp:08/24/2018 17:49:33',
        message: full.message,
        timestampUtc: '2018-08-24T17:49:33.2010000Z',
      })
    }
  })

  test('WIRE-ERR-10: a text has no semicolon, where the Node SDK would end it', () => {
    const message = 'Expected top to be a number; given: "a;b".'
    const refusal = new HubError({ kind: 'ArgumentInvalid', message, ...explanation })
    const told = 'Expected top to be a number, given: "a,b".'
    const parts = errorBody(refusal, context()).Message.split(';')
    expect(parts).toEqual(['ErrorCode:ArgumentInvalid', told])
    const { Message } = errorBody(refusal, context({ family: 'method' }))
    expect(Message.split(';')).toHaveLength(1)
    expect(JSON.parse(Message)).toMatchObject({ errorCode: 400004, message: told })
    const range = new HubError({ kind: 'ArgumentInvalid', message: 'within [5; 300].', ...explanation })
    expect(errorBody(range, context({ family: 'method' })).Message).toContain('within [5; 300].')
  })

  test('jsonTwinErrors: twin routes have JSON in Message, the registry has not', () => {
    const body = (family: ErrorContext['family']) =>
      errorBody(offline, context({ family, jsonTwinErrors: true })).Message
    expect(JSON.parse(body('twin'))).toMatchObject({ errorCode: 404103 })
    expect(body('registry')).toMatch(/^ErrorCode:/)
  })

  test('WIRE-ERR-05: 401 says ErrorCode:IotHubUnauthorizedAccess;Unauthorized, and methods from 2018 on say it in JSON', () => {
    const refusal = new HubError({
      kind: 'IotHubUnauthorizedAccess',
      message: 'Unauthorized',
      ...explanation,
    })
    for (const apiVersion of ['2016-11-14', '2018-06-30', '2021-04-12'])
      for (const family of ['registry', 'twin', 'method', 'device'] as const) {
        const { Message } = errorBody(refusal, context({ apiVersion, family }))
        if (family !== 'method' || apiVersion === '2016-11-14')
          expect(Message).toBe('ErrorCode:IotHubUnauthorizedAccess;Unauthorized')
        else expect(JSON.parse(Message)).toMatchObject({ errorCode: 401002, message: 'Unauthorized' })
      }
  })

  test.each(Object.keys(HUB_ERRORS) as HubErrorKind[])('%s is reported by name or by number', (kind) => {
    const error = new HubError({ kind, message: 'text', ...explanation })
    const { Message: first } = errorBody(error, context())
    if (kind === 'JobQuotaExceeded') expect(first).toContain('Message: text')
    else expect(first).toBe(`ErrorCode:${kind};text`)
    const { Message } = errorBody(error, context({ family: 'method' }))
    if (kind === 'InvalidProtocolVersion') expect(Message).toContain(kind)
    else expect(JSON.parse(Message)).toMatchObject({ errorCode: HUB_ERRORS[kind].code })
  })
})

test.each([
  ['/devices/:deviceId', 'registry'],
  ['/devices', 'registry'],
  ['/devices/:deviceId/modules/:moduleId', 'module'],
  ['/configurations/:id', 'registry'],
  ['/devices/query', 'registry'],
  ['/jobs/v2/:id', 'job'],
  ['/devices/:deviceId/files', 'device'],
  ['/devices/:deviceId/files/notifications', 'device'],
  ['/devices/:deviceId/modules/:moduleId/files/notifications/*', 'device'],
  ['/twins/:deviceId', 'twin'],
  ['/twins/:deviceId/modules/:moduleId', 'twin'],
  ['/digitaltwins/:deviceId', 'twin'],
  ['/twins/:deviceId/methods', 'method'],
  ['/twins/:deviceId/modules/:moduleId/methods', 'method'],
  ['/digitaltwins/:deviceId/commands/:command', 'method'],
  ['/digitaltwins/:deviceId/components/:component/commands/:command', 'method'],
])('%s refuses as %s', (url, family) => {
  expect(errorFamily({ routeOptions: { url } } as Parameters<typeof errorFamily>[0])).toBe(family)
})
