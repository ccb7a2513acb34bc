/** Steps that create clients and act as their application. */

import { type DataTable, Given, When } from '@cucumber/cucumber'
import { CLIENT_ACTIONS, type ClientAction, messageFrom, rowsOf } from './client-actions.ts'
import type {
  DriverReply,
  Factory,
  Happening,
  IdentityKind,
  Json,
  JsonObject,
  WireMessage,
} from '../../driver/client-driver.ts'
import { prepare, startInOrder } from '../../neutral/order.ts'
import {
  creation,
  FACTORIES,
  createClient,
  settingsOf,
  tokenFor,
} from '../../world/clients/client-factory.ts'
import type { HandlerKind } from './parameter-types.ts'
import type { ConformanceWorld } from '../../world/world.ts'

const RECEIVING: Readonly<
  Record<string, 'receiveMessage' | 'receiveInput' | 'receiveMethod' | 'receiveDesired'>
> = {
  'a message': 'receiveMessage',
  'an input message': 'receiveInput',
  'a method request': 'receiveMethod',
  'a desired patch': 'receiveDesired',
}

/** `a device client`, `a connected module client from an X.509 certificate` … */
const CLIENT = String.raw`^(?:a|an|another) (connected )?(device|module) client(?: from an? (connection string|SAS token|symmetric key|X\.509 certificate|Edge environment))?`

Given(
  new RegExp(`${CLIENT}$`),
  async function (
    this: ConformanceWorld,
    connected: string | null,
    kind: IdentityKind,
    factory: string | null,
  ) {
    await create(this, connected, kind, factory)
  },
)

Given(
  new RegExp(`${CLIENT} with:$`),
  async function (
    this: ConformanceWorld,
    connected: string | null,
    kind: IdentityKind,
    factory: string | null,
    table: DataTable,
  ) {
    await create(this, connected, kind, factory, table)
  },
)

async function create(
  world: ConformanceWorld,
  connected: string | null,
  kind: IdentityKind,
  factory: string | null,
  table?: DataTable,
): Promise<void> {
  const { session } = await createClient(world, kind, FACTORIES[factory ?? 'connection string'], table)
  if (connected !== null) await world.client.ask({ do: 'connect', session })
}

Given(
  'a SAS token of the {identity} that {word} {seconds}( ago)',
  function (this: ConformanceWorld, kind: IdentityKind, verb: string, seconds: number) {
    this.names.set('freshToken', tokenFor(this, kind, verb === 'expired' ? -seconds : seconds))
  },
)

When(
  'a/an {identity} client is made from a/an {factory} with:',
  async function (this: ConformanceWorld, kind: IdentityKind, factory: Factory, table: DataTable) {
    this.client.start(await creation(this, kind, factory, settingsOf(this, table), 'refused'))
  },
)

When(
  /^an? (device|module) client is made (?:from an? (Edge environment)|without a factory(?: from (.*))?)$/,
  async function (this: ConformanceWorld, kind: IdentityKind, factory: string | null, given: string | null) {
    const how = factory === null ? 'constructor' : 'edgeEnvironment'
    const pipelines = given?.split(' and ').map((name) => [name, {}]) ?? []
    const request = await creation(this, kind, how, new Map(), 'refused')
    this.client.start({ ...request, arguments: Object.fromEntries(pipelines) as JsonObject })
  },
)

When('it {action}', async function (this: ConformanceWorld, action: ClientAction) {
  await startInOrder(this, CLIENT_ACTIONS[action](this.client.current, this))
})

/** Before a `Then` it is a preparation: a scenario without it says nothing. After one it is what must be so. */
When('it {action} and this succeeds', async function (this: ConformanceWorld, action: ClientAction) {
  const request = CLIENT_ACTIONS[action](this.client.current, this)
  await prepare(this, request)
  await (this.isOutcome ? this.client.must(request) : this.client.ask(request))
})

When(
  /^it sends the message "(.*?)"(?: to the output "(.*)")?$/,
  async function (this: ConformanceWorld, text: string, output: string | null) {
    await send(this, messageFrom({ text }), output ?? undefined)
  },
)

When('it sends a message with:', async function (this: ConformanceWorld, table: DataTable) {
  const { output, ...rows } = rowsOf(this, table)
  await send(this, messageFrom(rows), output)
})

When('it sends a message of {int} bytes', async function (this: ConformanceWorld, bytes: number) {
  await send(this, messageFrom({ text: 'x'.repeat(bytes) }))
})

When('it sends {int} messages at once', async function (this: ConformanceWorld, count: number) {
  for (let index = 1; index <= count; index++)
    await send(this, messageFrom({ text: `message ${String(index)}` }))
})

async function send(world: ConformanceWorld, message: WireMessage, output?: string): Promise<void> {
  const { session } = world.client.current
  await startInOrder(
    world,
    output === undefined
      ? { do: 'sendTelemetry', session, message }
      : { do: 'sendOutput', session, message, output },
  )
}

When('it patches its reported properties with:', async function (this: ConformanceWorld, patch: string) {
  await startInOrder(this, {
    do: 'patchReported',
    session: this.client.current.session,
    patch: JSON.parse(patch) as Json,
  })
})

When(
  'it answers the method {string} with status {int} and:',
  function (this: ConformanceWorld, name: string, status: number, payload: string) {
    const request = [
      ...this.client.eventData('method'),
      ...this.client.calls.map(({ settled }) => settled && objectIn(settled)),
    ]
      .filter((data) => data?.['name'] === name)
      .at(-1)
    this.client.start({
      do: 'respondMethod',
      session: this.client.current.session,
      requestId: request?.['requestId'] as string, // its type in the driver protocol
      status,
      payload: JSON.parse(payload) as Json,
      fromRequest: true,
    })
  },
)

When(
  /^it (?:waits|looks) for (a message|an input message|a method request|a desired patch|the method)(?: "(.*)")?( without waiting)?(?: for (\d+) seconds)?$/,
  function (
    this: ConformanceWorld,
    what: string,
    name: string | null,
    atOnce: string | null,
    seconds: string | null,
  ) {
    this.client.start({
      do: RECEIVING[what] ?? 'receiveMethod',
      session: this.client.current.session,
      input: 'input1',
      ...(name === null ? {} : { name }),
      ...(atOnce === null ? {} : { block: false }),
      ...(seconds === null ? {} : { timeout: Number(seconds) }),
    })
  },
)

When('it is given the token {string}', function (this: ConformanceWorld, token: string) {
  this.client.start({
    do: 'updateSasToken',
    session: this.client.current.session,
    token: this.names.fill(token),
  })
})

Given(
  'the application {handler} {happening}',
  async function (this: ConformanceWorld, { kind, behaviour }: HandlerKind, happening: Happening) {
    await handle(this, happening, kind, behaviour)
  },
)

When(
  'the application sets a handler for {happening}',
  function (this: ConformanceWorld, happening: Happening) {
    this.client.start({ do: 'handle', session: this.client.current.session, happening, kind: 'function' })
  },
)

Given(
  'the application answers methods with status {int}',
  async function (this: ConformanceWorld, status: number) {
    await handle(this, 'method', 'function', { answer: { status, payload: { answered: true } } })
  },
)

Given(
  'the application gives the token {string} when asked',
  async function (this: ConformanceWorld, token: string) {
    await handle(this, 'newSasToken', 'function', { token: this.names.fill(token) })
  },
)

When('the application goes on', async function (this: ConformanceWorld) {
  await this.client.ask({ do: 'release', session: this.client.current.session })
})

When(
  'the application sets {string} to {word}',
  function (this: ConformanceWorld, attribute: 'connected', value: string) {
    this.client.start({
      do: 'assign',
      session: this.client.current.session,
      attribute,
      value: JSON.parse(value) as Json,
    })
  },
)

/** The result of a call, when it is an object. */
function objectIn(reply: DriverReply): JsonObject | undefined {
  return 'ok' in reply && typeof reply.ok === 'object' && !Array.isArray(reply.ok)
    ? ((reply.ok ?? undefined) as JsonObject | undefined)
    : undefined
}

async function handle(
  world: ConformanceWorld,
  happening: Happening,
  kind: 'function' | 'coroutine' | 'none',
  behaviour = {},
): Promise<void> {
  const { session } = world.client.current
  await world.client.ask({ do: 'handle', session, happening, kind, behaviour })
  await world.client.ask({ do: 'sync', session })
}
