import { describe, expect, test } from 'vitest'
import { API_VERSIONS, checkApiVersion } from './api-versions.ts'

/** What clients have sent: read in the constants of their public histories. */
const SENT_BY: Readonly<Record<string, readonly string[]>> = {
  'C SDK': [
    '2015-08-15-preview',
    '2016-02-03',
    '2016-09-30-preview',
    '2016-11-14',
    '2017-06-30',
    '2017-11-08-preview',
    '2018-03-01-preview',
    '2019-10-01',
    '2020-05-31-preview',
    '2020-09-30',
  ],
  'embedded C SDK': ['2017-11-08-preview', '2018-06-30', '2020-05-31-preview', '2020-09-30'],
  'Node SDK': [
    '2015-08-15-preview',
    '2016-02-03',
    '2016-04-25-preview',
    '2016-04-30',
    '2016-09-30-preview',
    '2016-11-14',
    '2017-06-30',
    '2017-11-08-preview',
    '2018-06-30',
    '2019-03-30',
    '2019-10-01',
    '2020-03-13',
    '2020-05-31-preview',
    '2020-09-30',
    '2021-04-12',
  ],
  '.NET SDK': ['2016-04-30', '2018-03-01-preview', '2019-03-30', '2020-03-13', '2020-09-30', '2021-04-12'],
  'Java SDK': ['2016-11-14', '2018-06-30', '2019-03-30', '2020-05-31-preview', '2020-09-30', '2021-04-12'],
  'Python SDK': ['2019-06-30', '2019-10-01', '2020-03-01', '2020-03-13', '2020-05-31-preview', '2021-04-12'],
  'IoT Edge': ['2016-11-14', '2017-06-30', '2018-06-30', '2018-08-30-preview', '2020-06-30-preview'],
  'identity service': ['2017-11-08-preview'],
  'CLI extension': ['2018-08-30-preview', '2019-07-01-preview', '2021-04-12', '2024-03-31'],
  'IoT Explorer': ['2018-06-30', '2019-07-01-preview', '2020-05-31-preview', '2020-06-30-preview'],
  'IoT Toolkit': ['2016-02-03', '2017-11-08-preview', '2018-06-30', '2019-07-01-preview'],
  'Go, amenzhinsky': ['2016-11-14', '2017-06-30', '2018-06-30', '2019-03-30', '2020-03-13', '2020-09-30'],
  'Rust, damienpontifex': ['2018-06-30', '2019-03-30', '2020-09-30'],
  'device clients of IoT Central': ['2019-03-30'],
  'Industrial IoT': ['2016-11-14', '2018-06-30', '2020-03-13'],
  'MQTT 5 preview': ['2020-10-01-preview'],
  'a note on MQTT.fx': ['2022-04-30'],
}
const HERE = { rule: 'WIRE-ERR-04', place: 'here:' }
const check = (version: string | undefined, anyApiVersion = false): void => {
  checkApiVersion(version, { anyApiVersion }, HERE)
}

describe('WIRE-CONN-15: what a client sends is accepted', () => {
  test.each(Object.entries(SENT_BY))('%s', (_client, versions) => {
    for (const version of versions) expect(() => check(version)).not.toThrow()
  })

  test('and nothing else is known', () => {
    expect(new Set(Object.values(SENT_BY).flat())).toEqual(API_VERSIONS)
  })
})

describe('WIRE-ERR-04: an api-version that the service does not know', () => {
  const UNKNOWN = ['1999-01-01', '2018-07-01', '2021-04-12-preview', '2018-06-30-beta', '2018-06', 'latest']

  test.each([...UNKNOWN, '', undefined])('%s is refused', (version) => {
    expect(() => check(version)).toThrow(
      expect.objectContaining({ kind: 'InvalidProtocolVersion', message: 'BadRequest' }),
    )
  })

  test('the explanation lists what is known, and names the setting', () => {
    expect(() => check('1999-01-01')).toThrow(
      expect.objectContaining({
        explanation: expect.objectContaining({
          received: 'api-version "1999-01-01"',
          expected: expect.stringMatching(/2015-08-15-preview, .*2024-03-31; .*anyApiVersion/) as unknown,
        }) as unknown,
      }),
    )
  })

  test.each(UNKNOWN)('setting anyApiVersion and %s: every date is one', (version) => {
    const isDate = /^\d{4}-\d\d-\d\d(-preview)?$/.test(version)
    if (isDate) expect(() => check(version, true)).not.toThrow()
    else expect(() => check(version, true)).toThrow()
  })
})
