/** Making clients, and what their applications do with them. */

import { type DataTable, Given, When } from '@cucumber/cucumber'
import { type Ask, CLIENT_ACTIONS, messageFrom, rowsOf } from './client-actions.ts'
import type {
  DriverReply,
  Factory,
  Happening,
  IdentityKind,
  Json,
  JsonObject,
  WireMessage,
} from '../driver/client-driver.ts'
import { creation, FACTORIES, makeSubject, settingsOf, tokenFor } from './client-factory.ts'
import type { Manner } from './parameter-types.ts'
import type { ConformanceWorld } from '../world/world.ts'

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
    await make(this, connected, kind, factory)
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
    await make(this, connected, kind, factory, table)
  },
)

async function make(
  world: ConformanceWorld,
  connected: string | null,
  kind: IdentityKind,
  factory: string | null,
  table?: DataTable,
): Promise<void> {
  const { session } = await makeSubject(world, kind, FACTORIES[factory ?? 'connection string'], table)
  if (connected !== null) await world.ask({ do: 'connect', session })
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
    this.start(await creation(this, kind, factory, settingsOf(this, table), 'refused'))
  },
)

When(
  /^an? (device|module) client is made (?:from an? (Edge environment)|without a factory(?: from (.*))?)$/,
  async function (this: ConformanceWorld, kind: IdentityKind, factory: string | null, given: string | null) {
    const how = factory === null ? 'constructor' : 'edgeEnvironment'
    const pipelines = given?.split(' and ').map((name) => [name, {}]) ?? []
    const request = await creation(this, kind, how, new Map(), 'refused')
    this.start({ ...request, arguments: Object.fromEntries(pipelines) as JsonObject })
  },
)

When('it {ask}', function (this: ConformanceWorld, ask: Ask) {
  this.start(CLIENT_ACTIONS[ask](this.subject, this))
})

When('it {ask} and this succeeds', async function (this: ConformanceWorld, ask: Ask) {
  await this.ask(CLIENT_ACTIONS[ask](this.subject, this))
})

When(
  /^it sends the message "(.*?)"(?: to the output "(.*)")?$/,
  function (this: ConformanceWorld, text: string, output: string | null) {
    send(this, messageFrom({ text }), output ?? undefined)
  },
)

When('it sends a message with:', function (this: ConformanceWorld, table: DataTable) {
  const { output, ...rows } = rowsOf(this, table)
  send(this, messageFrom(rows), output)
})

When('it sends a message of {int} bytes', function (this: ConformanceWorld, bytes: number) {
  send(this, messageFrom({ text: 'x'.repeat(bytes) }))
})

When('it sends {int} messages at once', function (this: ConformanceWorld, count: number) {
  for (let index = 1; index <= count; index++) send(this, messageFrom({ text: `message ${String(index)}` }))
})

function send(world: ConformanceWorld, message: WireMessage, output?: string): void {
  const { session } = world.subject
  world.start(
    output === undefined
      ? { do: 'sendTelemetry', session, message }
      : { do: 'sendOutput', session, message, output },
  )
}

When('it patches its reported properties with:', function (this: ConformanceWorld, patch: string) {
  this.start({ do: 'patchReported', session: this.subject.session, patch: JSON.parse(patch) as Json })
})

When(
  'it answers the method {string} with status {int} and:',
  function (this: ConformanceWorld, name: string, status: number, payload: string) {
    const request = [...this.told('method'), ...this.calls.map(({ settled }) => settled && given(settled))]
      .filter((given) => given?.['name'] === name)
      .at(-1)
    this.start({
      do: 'respondMethod',
      session: this.subject.session,
      requestId: request?.['requestId'] as string, // the driver's protocol says so
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
    this.start({
      do: RECEIVING[what] ?? 'receiveMethod',
      session: this.subject.session,
      input: 'input1',
      ...(name === null ? {} : { name }),
      ...(atOnce === null ? {} : { block: false }),
      ...(seconds === null ? {} : { timeout: Number(seconds) }),
    })
  },
)

When('it is given the token {string}', function (this: ConformanceWorld, token: string) {
  this.start({ do: 'updateSasToken', session: this.subject.session, token: this.fill(token) })
})

Given(
  'the application {manner} {happening}',
  async function (this: ConformanceWorld, { kind, behaviour }: Manner, happening: Happening) {
    await handle(this, happening, kind, behaviour)
  },
)

When(
  'the application sets a handler for {happening}',
  function (this: ConformanceWorld, happening: Happening) {
    this.start({ do: 'handle', session: this.subject.session, happening, kind: 'function' })
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
    await handle(this, 'newSasToken', 'function', { token: this.fill(token) })
  },
)

When('the application goes on', async function (this: ConformanceWorld) {
  await this.ask({ do: 'release', session: this.subject.session })
})

When(
  'the application sets {string} to {word}',
  function (this: ConformanceWorld, attribute: 'connected', value: string) {
    this.start({ do: 'assign', session: this.subject.session, attribute, value: JSON.parse(value) as Json })
  },
)

/** What a call has given, when that is a mapping. */
function given(reply: DriverReply): JsonObject | undefined {
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
  const { session } = world.subject
  await world.ask({ do: 'handle', session, happening, kind, behaviour })
  await world.ask({ do: 'sync', session })
}
