import { expect, test } from 'vitest'
import { corpus, replay } from './corpus.ts'
import { differ } from './differential.ts'
import { withOneLie } from './mqtt-lies.ts'
import { conditionOf, queryOf } from './queries.ts'
import { randomFrom } from './random.ts'
import { SURFACES } from './surfaces.ts'

test.each(['mqtt', 'amqp'] as const)('the kept corpus of %s finds nothing', async (surface) => {
  expect(corpus().filter((kept) => kept.surface === surface).length).toBeGreaterThan(10)
  expect(await replay(surface)).toEqual([])
})

test.each(['mqtt', 'amqp', 'http', 'blob', 'control', 'provisioning'] as const)(
  'a few inputs of %s find nothing',
  async (surface) => {
    const { failures, inputs, outcomes } = await SURFACES[surface]({ seed: 1, inputs: 300 })
    expect(failures).toEqual([])
    expect(inputs).toBeGreaterThanOrEqual(300)
    // Inputs that are all refused for one reason test one rule.
    expect(Object.keys(outcomes).length).toBeGreaterThan(4)
  },
)

test('devices are assigned over each transport while the provisioning service is fuzzed', async () => {
  const { outcomes } = await SURFACES.provisioning({ seed: 1, inputs: 4_000 })
  for (const transport of ['mqtt', 'mqtt-ws', 'https', 'amqp', 'amqp-ws'])
    expect(Object.keys(outcomes)).toContain(`${transport} ended: ["assigned",null]`)
})

test('the same seed and number are the same input', () => {
  const packet = Buffer.from([0x32, 5, 0, 1, 0x61, 0, 1])
  expect(withOneLie(packet, randomFrom(3, 9))).toEqual(withOneLie(packet, randomFrom(3, 9)))
  expect(queryOf(randomFrom(3, 9))).toBe(queryOf(randomFrom(3, 9)))
  expect(conditionOf(randomFrom(3, 9), 3)).not.toBe(conditionOf(randomFrom(3, 10), 3))
})

test('sequences of MQTT have the same answers as with bare brokers', async () => {
  const { failures, against } = await differ(1, 40)
  expect(against).toContain('aedes')
  expect(failures).toEqual([])
})
