/** Cases of faults of the provisioning service. */

import { once } from 'node:events'
import { expect } from 'vitest'
import { RawClient, type Received } from '../mqtt/testing/raw-client.ts'
import { individual, KEY, SCOPE, token } from '../provisioning/testing/test-provisioning.ts'
import type { FaultBench } from './fault-bench.ts'
import { exampleParameters, publish, type FaultCase, type FaultCases } from './fault-case.ts'

const REGISTER = '$dps/registrations/PUT/iotdps-register/?$rid=1'
const POLL = '$dps/registrations/GET/iotdps-get-operationstatus/?$rid=1&operationId='

/** A device with an individual enrollment that has subscribed to the answers. */
async function subscribed(bench: FaultBench): Promise<RawClient> {
  bench.hub.provisioning?.enrollments.put('p1', individual('p1'))
  const socket = bench.dial()
  await once(socket, 'secureConnect')
  const client = new RawClient(socket)
  client.connect({
    clientId: 'p1',
    username: `${SCOPE}/registrations/p1/api-version=2019-03-31`,
    password: Buffer.from(token(bench, 'p1', KEY)),
  })
  await client.take('connack')
  const subscriptions = [{ topic: '$dps/registrations/res/#', qos: 0 as const }]
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions })
  await client.take('suback')
  return client
}

const ask = async (client: RawClient, topic: string): Promise<Received> => {
  client.send({ ...publish, topic })
  return client.take('publish')
}
const operationIn = ({ payload = '' }: Received): string =>
  /"operationId":"([^"]+)"/.exec(payload.toString())?.[1] ?? ''
const ended = (bench: FaultBench): Promise<unknown> =>
  bench.hub.journal.until((entry) => entry.type === 'registration' && entry.step === 'ended')

/** Faults of the answer to a request. @param topicOf the request at which the fault fires. */
function answerCases(
  point: string,
  topicOf: (bench: FaultBench, client: RawClient) => Promise<string>,
): FaultCases {
  const run =
    (
      check: (client: RawClient, topic: string, bench: FaultBench, name: string) => Promise<void>,
    ): FaultCase =>
    async (bench, name) => {
      const client = await subscribed(bench)
      const topic = await topicOf(bench, client)
      bench.arm(name, exampleParameters(name))
      await check(client, topic, bench, name)
    }
  return {
    [`${point}.status`]: run(async (client, topic) => {
      expect((await ask(client, topic)).topic).toBe('$dps/registrations/res/429/?$rid=1&retry-after=5')
    }),
    [`${point}.delay`]: run(async (client, topic, bench, name) => {
      client.send({ ...publish, topic })
      await bench.untilFired(name)
      expect(await client.settled()).toEqual([])
      bench.clock.advance(5_000)
      await client.take('publish')
    }),
    [`${point}.withhold`]: run(async (client, topic, bench, name) => {
      client.send({ ...publish, topic })
      await bench.untilFired(name)
      expect(await client.settled()).toEqual([])
    }),
    [`${point}.close`]: run(async (client, topic) => {
      client.send({ ...publish, topic })
      await client.closing()
    }),
    [`${point}.body`]: run(async (client, topic) => {
      expect(String((await ask(client, topic)).payload)).toBe('{"operationId":')
    }),
    [`${point}.retry_after`]: run(async (client, topic) => {
      expect((await ask(client, topic)).topic).toContain('&retry-after=10')
    }),
  }
}

const pollTopic = async (bench: FaultBench, client: RawClient): Promise<string> => {
  const operation = operationIn(await ask(client, REGISTER))
  await ended(bench)
  return POLL + operation
}

export const provisioningFaultCases: FaultCases = {
  ...answerCases('dps.register', () => Promise.resolve(REGISTER)),
  ...answerCases('dps.poll', pollTopic),
  'dps.register.assigning': async (bench, name) => {
    const client = await subscribed(bench)
    bench.arm(name, { times: 2 })
    const topic = await pollTopic(bench, client)
    for (const status of ['202', '202', '200'])
      expect((await ask(client, topic)).topic).toContain(`/res/${status}/`)
  },
  'dps.register.assign': async (bench, name) => {
    const client = await subscribed(bench)
    bench.arm(name, { hub: 'elsewhere.example' })
    expect(String((await ask(client, await pollTopic(bench, client))).payload)).toContain('400208')
  },
  'dps.register.result': async (bench, name) => {
    const client = await subscribed(bench)
    bench.arm(name, { status: 'disabled' })
    const { payload = '' } = await ask(client, await pollTopic(bench, client))
    expect(String(payload)).toContain('"status":"disabled"')
  },
}
