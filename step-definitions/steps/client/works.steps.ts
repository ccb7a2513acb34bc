/**
 * What a client must be able to do whatever came before: one look at all of it. A client that has kept something of a
 * failure, of a lost connection or of an earlier token shows it here.
 */

import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { Then } from '@cucumber/cucumber'
import type {
  DriverRequest,
  HandlerBehaviour,
  Happening,
  Json,
  JsonObject,
} from '../../driver/client-driver.ts'
import { prepare } from '../../neutral/order.ts'
import { telemetryFacts } from '../../world/wire.ts'
import type { ConformanceWorld } from '../../world/world.ts'
import { messageFrom } from './client-actions.ts'

/** Clients without a handler for any method have one for this name. */
const METHOD = 'measure'
/** The number of looks in a scenario: each has texts of its own. */
const looks = new WeakMap<ConformanceWorld, number>()

Then('it works in every way', async function (this: ConformanceWorld) {
  const number = (looks.get(this) ?? 0) + 1
  looks.set(this, number)
  await assertSends(this, `look ${String(number)}`)
  await readsAndReports(this, number)
  if (receivesByCalls(this)) return
  await answersMethods(this, number)
  await receivesDesired(this, number)
  if (this.client.current.kind === 'device') await receivesMessages(this, `for you ${String(number)}`)
})

/** A call that must succeed. @throws AssertionError. */
async function must(world: ConformanceWorld, request: DriverRequest): Promise<Json> {
  await prepare(world, request)
  return world.client.must(request)
}

/** Handlers cannot be set after receive calls (SRC-16). */
function receivesByCalls({ client }: ConformanceWorld): boolean {
  return client.calls.some(({ request }) => request.do.startsWith('receive'))
}

async function assertSends(world: ConformanceWorld, text: string): Promise<void> {
  const { session, identity, kind } = world.client.current
  const message = messageFrom({ text, messageId: text, 'property rate': '50%25', 'property empty': '' })
  await must(world, { do: 'sendTelemetry', session, message })
  await world.time.settle()
  const stored = telemetryFacts(world).filter((one) => one['text'] === text)
  deepStrictEqual(
    stored.map(({ from, messageId, properties }) => ({
      from,
      messageId,
      properties: { ...(properties as object) },
    })),
    [
      {
        from: kind === 'device' ? identity.deviceId : `${identity.deviceId}/${String(identity.moduleId)}`,
        messageId: text,
        properties: { rate: '50%25', empty: '' },
      },
    ],
    'What the hub has stored',
  )
}

/** The twin as a client reads it. */
async function twinAtHub(world: ConformanceWorld): Promise<JsonObject> {
  const { desired, reported } = (await world.hub.start()).twins.get(world.client.current.identity)
  const section = ({ properties, version }: typeof desired): JsonObject =>
    JSON.parse(JSON.stringify({ ...properties, $version: version })) as JsonObject // JSON
  return { desired: section(desired), reported: section(reported) }
}

async function readsAndReports(world: ConformanceWorld, number: number): Promise<void> {
  const { session } = world.client.current
  const patch = { look: number, gone: null, list: [number, [number]] }
  await must(world, { do: 'patchReported', session, patch })
  const { properties } = (await world.hub.start()).twins.get(world.client.current.identity).reported
  deepStrictEqual(
    [properties['look'], properties['list']],
    [number, [number, [number]]],
    'What the hub was told',
  )
  deepStrictEqual(await must(world, { do: 'getTwin', session }), await twinAtHub(world), 'The twin')
}

/** The handlers that looks have set: some clients take one for each method, once. */
const handlers = new WeakMap<ConformanceWorld, Set<string>>()

async function listen(
  world: ConformanceWorld,
  happening: Happening,
  behaviour: HandlerBehaviour,
): Promise<void> {
  const { session } = world.client.current
  const set = handlers.get(world) ?? new Set()
  handlers.set(world, set)
  if (set.has(`${session} ${happening}`)) return
  set.add(`${session} ${happening}`)
  await must(world, { do: 'handle', session, happening, kind: 'function', behaviour })
  await must(world, { do: 'sync', session })
}

/** Acts when the application listens, and waits for one event. @returns the event. */
async function toldOnce(
  world: ConformanceWorld,
  happening: Happening,
  act: () => void,
  behaviour: HandlerBehaviour = {},
): Promise<JsonObject> {
  await listen(world, happening, behaviour)
  await world.time.settle()
  const before = world.client.eventData(happening).length
  act()
  await world.activity.eventually(
    () => world.client.eventData(happening).length > before,
    `An event ${happening} of the application`,
  )
  await world.time.settle()
  const [event, ...more] = world.client.eventData(happening).slice(before)
  deepStrictEqual(more, [], `The application is told of ${happening} more than once`)
  return event ?? {}
}

async function answersMethods(world: ConformanceWorld, number: number): Promise<void> {
  const backend = await world.backend()
  const answer = { status: 299, payload: { answered: true } }
  const told = await toldOnce(
    world,
    'method',
    () => {
      backend.invoke(world.client.current.identity, METHOD, { number })
    },
    { answer },
  )
  deepStrictEqual([told['name'], told['payload']], [METHOD, { number }], 'The request')
  const { status, payload } = await backend.resultOf(METHOD)
  deepStrictEqual([status, payload], [answer.status, answer.payload], 'The answer')
}

async function receivesDesired(world: ConformanceWorld, number: number): Promise<void> {
  const backend = await world.backend()
  const { identity } = world.client.current
  const told = await toldOnce(world, 'desired', () => {
    backend.desire(identity, { look: number, no: false, gone: null })
  })
  const { version } = (await world.hub.start()).twins.get(identity).desired
  deepStrictEqual(told['patch'], { look: number, no: false, gone: null, $version: version }, 'The patch')
}

async function receivesMessages(world: ConformanceWorld, text: string): Promise<void> {
  const backend = await world.backend()
  const { identity } = world.client.current
  const told = await toldOnce(world, 'message', () => {
    backend.send(identity, { text, system: { messageId: text }, properties: { rate: '50%25', empty: '' } })
  })
  deepStrictEqual(
    [told['text'], told['messageId'], told['properties']],
    [text, text, { rate: '50%25', empty: '' }],
    'The message',
  )
  strictEqual((await world.hub.start()).c2d.count(identity), 0, 'The message waits for its acknowledgement')
}
