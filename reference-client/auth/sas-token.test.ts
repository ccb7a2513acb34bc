import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { IoTHubDeviceClient, IoTHubModuleClient, ValueError } from '../index.ts'
import { KEY } from '../testing/clients.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { decodeKey, parseSasToken } from './sas-token.ts'
import { SharedAccessKeyCredentials } from './shared-access-key.ts'

const LATER = 4_102_444_800 // 2100
const token = (sr: string, se: number | string = LATER) =>
  `SharedAccessSignature sr=${encodeURIComponent(sr)}&sig=c2ln&se=${se}`

describe('tokens signed with a key', () => {
  it('carry resource, signature and expiry as the hub checks them (BOTH-CS-03, BOTH-TTL-01)', () => {
    const clock = new ManualClock(1_700_000_000_000)
    const credentials = new SharedAccessKeyCredentials(
      KEY,
      'hub.example',
      { deviceId: 'd 1', moduleId: 'm' },
      900,
      clock,
    )
    const fields = new URLSearchParams(credentials.sasToken.replace('SharedAccessSignature ', ''))
    expect(credentials.sasToken).toContain('sr=hub.example%2Fdevices%2Fd%201%2Fmodules%2Fm&sig=')
    expect(fields.get('se')).toBe('1700000900')
    expect(fields.has('skn')).toBe(false)
    const signed = createHmac('sha256', decodeKey(KEY))
      .update('hub.example%2Fdevices%2Fd%201%2Fmodules%2Fm\n1700000900')
      .digest('base64')
    expect(fields.get('sig')?.replaceAll(' ', '+')).toBe(signed)
  })
})

describe('tokens of the application', () => {
  it('name host and identity (BOTH-SAS-03)', () => {
    expect(parseSasToken(token('h/devices/d/modules/m'))).toMatchObject({
      hostName: 'h',
      identity: { deviceId: 'd', moduleId: 'm' },
      expiresAt: LATER,
    })
  })

  it.each([
    'plain text',
    'sr=h%2Fdevices%2Fd&sig=x&se=1',
    'SharedAccessSignature SharedAccessSignature sr=a&sig=b&se=1',
  ])('%j is not a token (BOTH-SAS-04)', (text) => {
    expect(() => parseSasToken(text)).toThrow(/^Invalid SasToken provided/)
  })

  it.each([
    'SharedAccessSignature sig=x&se=9999999999',
    'SharedAccessSignature sr=h%2Fdevices%2Fd&se=9999999999',
    'SharedAccessSignature sr=h%2Fdevices%2Fd&sig=x',
    'SharedAccessSignature sr=h%2Fdevices%2Fd&sig=x&se=9999999999&foo=1',
    'SharedAccessSignature sr=h%2Fdevices%2Fd&sig=x&se=soon',
    'SharedAccessSignature sr=h%2Fdevices%2Fd&sig=x&sig=y&se=9999999999',
  ])('%j lacks a field or has one too many (BOTH-SAS-05)', (text) => {
    expect(() => parseSasToken(text)).toThrow(ValueError)
  })

  it.each([
    'h/devices',
    'h/devices/d/modules',
    'h/things/d',
    'h/devices/d/parts/m',
    'h',
    'h/devices/d/modules/m/x',
  ])('the resource %j has the wrong shape (BOTH-SAS-06)', (sr) => {
    expect(() => parseSasToken(token(sr))).toThrow(/SAS URI/)
  })

  it('are refused after the second of their expiry (BOTH-SAS-07)', () => {
    const clock = new ManualClock(1_700_000_000_900)
    const make = (se: number) =>
      IoTHubDeviceClient.createFromSastoken(token('h/devices/d', se), { extensions: { clock } })
    expect(() => make(1_699_999_999)).toThrow('Provided SasToken has already expired')
    expect(() => make(1_700_000_000)).not.toThrow()
  })

  it('are refused by the other class (DEV-SAS-01, MOD-SAS-01)', () => {
    expect(() => IoTHubDeviceClient.createFromSastoken(token('h/devices/d/modules/m'))).toThrow(
      'Provided SasToken is for a module',
    )
    expect(() => IoTHubModuleClient.createFromSastoken(token('h/devices/d'))).toThrow(
      'Provided SasToken is for a device',
    )
  })
})
