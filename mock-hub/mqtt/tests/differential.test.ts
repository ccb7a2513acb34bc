import { Aedes } from 'aedes'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RawClient } from '../testing/raw-client.ts'
import { TestServer } from '../testing/test-server.ts'

/** Session behaviour in which the hub and bare aedes must agree (decisions 5 and 23). */

const d1 = { deviceId: 'd1' }
const FILTERS = [
  'devices/d1/messages/devicebound/#',
  '$iothub/twin/res/#',
  '$iothub/twin/PATCH/properties/desired/#',
  '$iothub/methods/POST/#',
  '$iothub/methods/POST/one/#',
]

type Step =
  | { do: 'connect'; clean: boolean }
  | { do: 'subscribe'; filters: { topic: string; qos: 0 | 1 }[] }
  | { do: 'unsubscribe'; filters: string[] }
  | { do: 'publish'; dup: boolean }
  | { do: 'ping' }
  | { do: 'disconnect' }
  | { do: 'drop' }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('connect' as const), clean: fc.boolean() }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('subscribe' as const),
        filters: fc.uniqueArray(
          fc.record({ topic: fc.constantFrom(...FILTERS), qos: fc.constantFrom(0 as const, 1 as const) }),
          { minLength: 1, maxLength: 5, selector: ({ topic }) => topic },
        ),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('unsubscribe' as const),
        filters: fc.uniqueArray(fc.constantFrom(...FILTERS), { minLength: 1 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('publish' as const), dup: fc.boolean() }),
    },
    fc.record({ do: fc.constantFrom('ping' as const, 'disconnect' as const, 'drop' as const) }),
  ),
  { maxLength: 25 },
)

/** Performs the steps and returns what came back for each. */
async function play(plan: readonly Step[], dial: (clean: boolean) => RawClient): Promise<unknown[]> {
  const seen: unknown[] = []
  let client: RawClient | undefined
  let messageId = 0
  const note = async (): Promise<void> => {
    const { cmd, returnCode, sessionPresent, granted, messageId: id } = await client!.next()
    seen.push({ cmd, returnCode, sessionPresent, granted, id })
  }
  for (const step of plan) {
    if (step.do === 'connect') {
      const before = client
      client = dial(step.clean)
      await note()
      await before?.closing()
      continue
    }
    if (client === undefined) continue
    messageId++
    switch (step.do) {
      case 'subscribe':
        client.send({ cmd: 'subscribe', messageId, subscriptions: step.filters })
        await note()
        break
      case 'unsubscribe':
        client.send({ cmd: 'unsubscribe', messageId, unsubscriptions: step.filters })
        await note()
        break
      case 'publish':
        // Only QoS 1: bare aedes mixes up packets that arrive while it handles a PUBLISH of QoS 0.
        client.send({
          cmd: 'publish',
          topic: 'devices/d1/messages/events/',
          payload: 'x',
          qos: 1,
          dup: step.dup,
          retain: false,
          messageId,
        })
        await note()
        break
      case 'ping':
        client.send({ cmd: 'pingreq' })
        await note()
        break
      case 'disconnect':
        client.send({ cmd: 'disconnect' })
        await client.closing()
        client = undefined
        break
      case 'drop':
        client.drop()
        client = undefined
        break
    }
  }
  client?.drop()
  return seen
}

describe('the hub and bare aedes', () => {
  test('give the same answers to CONNECT, SUBSCRIBE, UNSUBSCRIBE, PUBLISH, PINGREQ and reconnects', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const server = await TestServer.open()
        server.device('d1')
        const ours = await play(plan, (clean) => server.dial(d1, { clean }))
        await server.stop()

        const aedes = await Aedes.createBroker()
        const theirs = await play(plan, (clean) => {
          const { client, stream } = RawClient.pair()
          aedes.handle(stream)
          client.connect({ clientId: 'd1', clean })
          return client
        })
        await new Promise<void>((resolve) => {
          aedes.close(() => {
            resolve()
          })
        })
        expect(ours).toEqual(theirs)
      }),
      { numRuns: 60 },
    )
  })
})
