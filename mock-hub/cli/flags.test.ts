import { Command } from 'commander'
import { afterEach, expect, test } from 'vitest'
import { addHubFlags, environmentName, type Flags } from './flags.ts'

const NAMES = ['MOCK_IOT_HUB_MQTT_PORT', 'MOCK_IOT_HUB_DEVICE', 'MOCK_IOT_HUB_NO_AMQP']
afterEach(() => {
  for (const name of NAMES) Reflect.deleteProperty(process.env, name)
})

const parsed = (...args: string[]): Flags =>
  addHubFlags(new Command()).parse(args, { from: 'user' }).opts<Flags>()

test.each([
  ['--mqtt-port <n>', 'MOCK_IOT_HUB_MQTT_PORT'],
  ['--no-amqp', 'MOCK_IOT_HUB_NO_AMQP'],
  ['--device <id...>', 'MOCK_IOT_HUB_DEVICE'],
])('the environment variable of %s is %s', (flag, name) => {
  expect(environmentName(flag)).toBe(name)
})

test('each flag has its environment variable, and all names differ', () => {
  const names = addHubFlags(new Command()).options.map(({ flags, envVar }) => {
    expect(envVar).toBe(environmentName(flags))
    return envVar
  })
  expect(new Set(names).size).toBe(names.length)
})

test('environment variables set flags', () => {
  process.env['MOCK_IOT_HUB_MQTT_PORT'] = '1883'
  process.env['MOCK_IOT_HUB_DEVICE'] = 'a, b c'
  process.env['MOCK_IOT_HUB_NO_AMQP'] = '1'
  expect(parsed()).toMatchObject({ mqttPort: 1883, device: ['a', 'b', 'c'], amqp: false })
})

test('defaults, and a flag that is repeated', () => {
  expect(parsed()).toMatchObject({ partitions: 4, listen: '127.0.0.1', amqp: true, blob: 'own', module: [] })
  expect(parsed('--device', 'a', '--device', 'b,c').device).toEqual(['a', 'b', 'c'])
})

test('--events names sources, or means all of them', () => {
  const { events } = parsed('--events', 'twin,lifecycle')
  expect(events).toEqual(['twinChangeEvents', 'deviceLifecycleEvents'])
  expect(parsed('--events').events).toHaveLength(4)
  expect(parsed().events).toBeUndefined()
})
