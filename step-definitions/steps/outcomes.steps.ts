/** What comes of a call, and what the application is told. */

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { type DataTable, Then } from '@cucumber/cucumber'
import { HubError } from 'mock-iot-hub'
import {
  type DriverReply,
  type Happening,
  HarnessError,
  type IdentityKind,
  type Json,
} from '../driver/client-driver.ts'
import { assertRows, at } from './expectations.ts'
import type { Outcome } from './parameter-types.ts'
import { readToken } from '../world/sas.ts'
import { type ConformanceWorld, describe } from '../world/world.ts'

const DAY = 86_400

Then('{call} {outcome}', async function (this: ConformanceWorld, which: number, outcome: Outcome) {
  const reply = await replyOf(this, which)
  ok(outcome(reply), describe(reply))
})

Then(
  'the call {outcome} after {seconds}',
  async function (this: ConformanceWorld, outcome: Outcome, seconds: number) {
    const reply = await takes(this, seconds)
    ok(outcome(reply), describe(reply))
  },
)

Then('all calls succeed', async function (this: ConformanceWorld) {
  for (const { reply } of this.calls) ok('ok' in (await reply), describe(await reply))
})

/** Lets time pass until the call must have settled; it may do so neither before nor after. */
async function takes(world: ConformanceWorld, seconds: number): Promise<DriverReply> {
  await world.settle()
  const { call } = world
  strictEqual(call.settled && describe(call.settled), undefined, 'The call has settled at once')
  await world.pass(seconds - (world.clock.now() - call.startedAt) / 1_000)
  ok(call.settled !== undefined, `The call is still waiting after ${String(seconds)} seconds`)
  strictEqual((call.settledAt - call.startedAt) / 1_000, seconds, 'The call has settled too early')
  return call.settled
}

Then('its cause is the status {int}', async function (this: ConformanceWorld, status: number) {
  const reply = await this.call.reply
  ok('error' in reply && reply.error.status === status, describe(reply))
})

Then('the call is still waiting', async function (this: ConformanceWorld) {
  await this.settle()
  stillWaiting(this)
})

function stillWaiting({ call: { settled } }: ConformanceWorld): void {
  strictEqual(settled === undefined ? undefined : describe(settled), undefined)
}

Then('{call} gives:', async function (this: ConformanceWorld, which: number, table: DataTable) {
  const reply = await replyOf(this, which)
  ok('ok' in reply, describe(reply))
  assertRows(this, reply.ok, table)
})

function replyOf({ calls }: ConformanceWorld, which: number): Promise<DriverReply> {
  const call = calls.at(which)
  if (call === undefined) throw new HarnessError('So many calls have not been made in this scenario')
  return call.reply
}

Then('its {string} is kept as {string}', async function (this: ConformanceWorld, path: string, name: string) {
  const reply = await this.call.reply
  ok('ok' in reply, describe(reply))
  this.names.set(name, String(at(reply.ok, path)))
})

Then(
  'the application is told of {happening} {int} time(s)',
  async function (this: ConformanceWorld, happening: Happening, times: number) {
    await this.eventually(() => this.told(happening).length >= times)
    await this.settle()
    strictEqual(this.told(happening).length, times)
  },
)

Then(
  'the application is told of {happening} with:',
  async function (this: ConformanceWorld, happening: Happening, table: DataTable) {
    await this.eventually(() => this.told(happening).length > 0)
    await this.settle()
    assertRows(this, this.told(happening).at(-1) ?? null, table)
  },
)

Then('a deprecation notice is given {int} time(s)', async function (this: ConformanceWorld, times: number) {
  await this.eventually(() => this.told('deprecation').length >= times)
  strictEqual(this.told('deprecation').length, times)
})

Then(
  /^(?:the (?:device|module)|it) is (connected|not connected)$/,
  async function (this: ConformanceWorld, state: string) {
    await this.settle()
    const { connected } = (await this.ask({ do: 'state', session: this.subject.session })) as {
      connected: boolean
    }
    strictEqual(connected, state === 'connected')
  },
)

Then('no handler is set', async function (this: ConformanceWorld) {
  const { handlers } = (await this.ask({ do: 'state', session: this.subject.session })) as { handlers: Json }
  deepStrictEqual(handlers, [])
})

Then(
  'the {identity} class offers the {word}:',
  async function (this: ConformanceWorld, kind: IdentityKind, what: string, table: DataTable) {
    const surface = await this.ask({ do: 'describe', kind })
    const offered = at(surface, what) as readonly string[]
    deepStrictEqual(
      table.raw().flatMap(([name = '']) => (offered.includes(name) ? [] : [name])),
      [],
    )
  },
)

Then(
  'the {identity} class offers no {string}',
  async function (this: ConformanceWorld, kind: IdentityKind, name: string) {
    ok(!JSON.stringify(await this.ask({ do: 'describe', kind })).includes(`"${name}"`))
  },
)

Then(
  'the caller of {string} gets the status {int} and:',
  async function (this: ConformanceWorld, name: string, status: number, payload: string) {
    const { result } = (await this.backend()).invocation(name)
    deepStrictEqual(await result, { status, payload: JSON.parse(payload) as Json })
  },
)

Then('the caller of {string} gets no answer in time', async function (this: ConformanceWorld, name: string) {
  const invocation = (await this.backend()).invocation(name)
  await this.pass(31)
  const { settled } = invocation
  ok(settled instanceof HubError && settled.kind === 'GatewayTimeout', JSON.stringify(settled))
})

/** About 49 days are the longest timer of Windows; the client says what it runs on, or runs on what the suite does. */
Then(
  'it is told of the need for a new token after 49 days on Windows, elsewhere {seconds} before the end',
  async function (this: ConformanceWorld, before: number) {
    const platform = this.driver().hello.implementation['platform'] ?? process.platform
    const end = Number(readToken(this.name('freshToken'))['se']) - this.clock.now() / 1_000
    const [quietFor, toldBy] = platform === 'win32' ? [49 * DAY, 50 * DAY] : [end - before - 1, end - before]
    await this.pass(quietFor)
    deepStrictEqual(this.told('newSasToken'), [])
    await this.pass(toldBy - quietFor)
    strictEqual(this.told('newSasToken').length, 1)
  },
)
