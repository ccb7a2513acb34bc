import { describe, expect, test } from 'vitest'
import { isValidFilter, matches, parseFilter } from './filters.ts'

const device = { deviceId: 'd1' }
const module = { deviceId: 'd1', moduleId: 'm1' }

describe('filters', () => {
  test.each([
    ['WIRE-C2D-01', device, 'devices/d1/messages/devicebound/#', ['c2d']],
    ['WIRE-C2D-02', device, 'devices/+/messages/devicebound/#', ['c2d']],
    ['WIRE-SESS-14', device, 'devices/d1/messages/deviceBound/#', ['c2d']],
    ['WIRE-SESS-14', device, 'devices/d1/#', ['c2d']],
    ['WIRE-SESS-14', device, 'devices/d1/messages/+/+', ['c2d']],
    ['WIRE-SESS-14', device, 'devices/d1/messages/events/#', []],
    ['WIRE-SESS-14', device, 'devices/d1/messages/devicebound', []],
    ['WIRE-SESS-14', device, 'devices/d1/modules/m1/#', []],
    ['WIRE-MOD-02', module, 'devices/d1/modules/m1/#', ['c2d', 'inputs']],
    ['WIRE-MOD-02', module, 'devices/d1/modules/m1/inputs/#', ['inputs']],
    ['WIRE-MOD-02', module, 'devices/d1/modules/m1/inputs/in/#', ['inputs']],
    ['WIRE-MOD-02', module, 'devices/d1/modules/m1/messages/devicebound/#', ['c2d']],
    ['WIRE-SESS-14', module, 'devices/+/modules/+/inputs/#', ['inputs']],
    ['WIRE-TWIN-01', device, '$iothub/twin/res/#', ['answers']],
    ['WIRE-SESS-14', device, '$iothub/twin/res/200/#', ['answers']],
    ['WIRE-SESS-14', device, '$iothub/twin/#', ['desired', 'answers']],
    ['WIRE-TWIN-02', device, '$iothub/twin/PATCH/properties/desired/#', ['desired']],
    ['WIRE-SESS-14', device, '$iothub/twin/PATCH/properties/desired/+', ['desired']],
    ['WIRE-METH-01', device, '$iothub/methods/POST/#', ['methods']],
    ['WIRE-METH-01', module, '$iothub/methods/POST/reboot/#', ['methods']],
    ['WIRE-SESS-14', device, '$iothub/methods/#', ['methods']],
    ['WIRE-SESS-14', device, '$iothub/methods/POST/+/#', ['methods']],
    ['WIRE-SESS-14', device, '$iothub/methods/POST/+/+/#', ['methods']],
    ['WIRE-SESS-14', device, '$iothub/methods/POST/reboot', []],
    ['WIRE-SESS-14', device, '$iothub/methods/POST/reboot/+/x', []],
    ['WIRE-SESS-14', device, '$iothub/other/#', []],
  ])('%s: %o may subscribe to %s', (_id, identity, filter, subjects) => {
    expect(parseFilter(filter, identity)?.subjects).toEqual(subjects)
  })

  test.each([
    [device, '#'],
    [device, '+/+/messages/devicebound/#'],
    [device, 'devices/#'],
    [device, 'devices/d1'],
    [device, 'devices/d2/messages/devicebound/#'],
    [device, 'devices/D1/messages/devicebound/#'],
    [module, 'devices/+/messages/devicebound/#'],
    [module, 'devices/d1/messages/devicebound/#'],
    [module, 'devices/d1/modules/m2/inputs/#'],
    [device, '$iothub/#'],
    [device, '$iothub/+/#'],
    [device, '$SYS/#'],
    [device, '$share/g/devices/d1/messages/devicebound/#'],
    [device, 'tele/d1/#'],
  ])('WIRE-SESS-14: %o may not subscribe to %s', (identity, filter) => {
    expect(parseFilter(filter, identity)).toBeUndefined()
  })

  test('$iothub/# with its setting', () => {
    expect(parseFilter('$iothub/#', device, true)?.subjects).toEqual(['desired', 'answers', 'methods'])
  })

  test.each([
    ['$iothub/methods/POST/reboot/#', 'methods', 'reboot', 'halt'],
    ['$iothub/twin/res/200/#', 'answers', '200', '204'],
    ['$iothub/twin/res/+/+', 'answers', '204', undefined],
    ['devices/d1/modules/m1/inputs/in/#', 'inputs', 'in', 'input'],
  ] as const)('%s matches what it names, and nothing else', (text, subject, name, other) => {
    const filter = parseFilter(text, module)!
    expect(matches(filter, subject, module, name)).toBe(true)
    expect(matches(filter, subject, module)).toBe(true)
    if (other !== undefined) expect(matches(filter, subject, module, other)).toBe(false)
  })
})

describe('topic filters of MQTT', () => {
  test.each(['a', '/', 'a/b/', '#', '+', '+/+', 'a/+/b/#', '$iothub/twin/res/#'])('%s is valid', (filter) => {
    expect(isValidFilter(filter)).toBe(true)
  })

  test.each(['', 'a#', 'a/b#', '#/a', 'a/#/b', 'a+', '+a', 'a/b+/c', '##', '++', 'a\u0000'])(
    '%j is not valid',
    (filter) => {
      expect(isValidFilter(filter)).toBe(false)
    },
  )
})
