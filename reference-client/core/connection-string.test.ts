import { describe, expect, it } from 'vitest'
import { IoTHubDeviceClient, IoTHubModuleClient } from '../index.ts'
import { DEVICE, KEY, MODULE } from '../testing/clients.ts'
import { parseConnectionString } from './connection-string.ts'
import { ValueError } from './errors/value-error.ts'

describe('connection strings', () => {
  it('are parsed (BOTH-CS-01)', () => {
    expect(
      parseConnectionString(`HostName=h;DeviceId=d;ModuleId=m;SharedAccessKey=a=b=;GatewayHostName=g`),
    ).toEqual({
      hostName: 'h',
      deviceId: 'd',
      moduleId: 'm',
      gatewayHostName: 'g',
      sharedAccessKey: 'a=b=',
    })
  })

  it.each([
    'no parts',
    'HostName=h;HostName=h;DeviceId=d;SharedAccessKey=YQ==',
    'HostName=h;DeviceId=d;SharedAccessKey=YQ==;Nonsense=1',
    'hostname=h;DeviceId=d;SharedAccessKey=YQ==',
    ' HostName=h;DeviceId=d;SharedAccessKey=YQ==',
    'HostName=h;DeviceId=d;SharedAccessKey=YQ==;',
  ])('%j is malformed (BOTH-CS-04)', (text) => {
    expect(() => parseConnectionString(text)).toThrow(ValueError)
  })

  it.each([
    'DeviceId=d;SharedAccessKey=YQ==',
    'HostName=h;SharedAccessKey=YQ==',
    'HostName=h;DeviceId=d',
    'HostName=h;DeviceId=d;SharedAccessKey=',
    'HostName=h;DeviceId=d;SharedAccessSignature=x',
    'HostName=h;SharedAccessKeyName=owner;SharedAccessKey=YQ==',
  ])('%j is incomplete (BOTH-CS-05)', (text) => {
    expect(() => parseConnectionString(text)).toThrow(/Incomplete/)
  })

  it.each(['HostName=h;DeviceId=d;x509=true', 'HostName=h;DeviceId=d;x509=true;SharedAccessKey=YQ=='])(
    '%j declares X.509 (BOTH-CS-06)',
    (text) => {
      expect(() => parseConnectionString(text)).toThrow(ValueError)
    },
  )

  it.each(['abc', 'a b=', '!!!!'])('the key %j is not base64 (BOTH-CS-07)', (key) => {
    expect(() =>
      IoTHubDeviceClient.createFromConnectionString(`HostName=h;DeviceId=d;SharedAccessKey=${key}`),
    ).toThrow(ValueError)
  })

  it('for the other class are refused', () => {
    expect(() => IoTHubDeviceClient.createFromConnectionString(MODULE)).toThrow(ValueError)
    expect(() => IoTHubModuleClient.createFromConnectionString(DEVICE)).toThrow(ValueError)
  })

  it('do not appear with their key in an error', () => {
    for (const text of [`HostName=h;SharedAccessKey=${KEY}`, `${DEVICE};x`, `${DEVICE};HostName=h`]) {
      try {
        parseConnectionString(text)
        expect.unreachable()
      } catch (error) {
        expect(String(error)).not.toContain(KEY)
      }
    }
  })
})
