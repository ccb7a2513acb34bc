/** Steps about the outcome of calls, and about events of the application. */

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { type DataTable, Then } from '@cucumber/cucumber'
import { HubError } from 'mock-iot-hub'
import {
  type DriverReply,
  type Happening,
  HarnessError,
  type IdentityKind,
  type Json,
} from '../../driver/client-driver.ts'
import { assertRows, at } from './expectations.ts'
import type { Outcome } from './parameter-types.ts'
import { readDelay, readFailure } from '../../neutral/failures.ts'
import type { Call } from '../../world/clients/client-calls.ts'
import { readToken } from '../../world/environment/sas.ts'
import { describeReply } from '../../world/clients/replies.ts'
import type { ConformanceWorld } from '../../world/world.ts'

const DAY = 86_400

Then('{call} {outcome}', async function (this: ConformanceWorld, which: number, outcome: Outcome) {
  const call = callOf(this, which)
  try {
    const reply = await call.reply
    ok(outcome(reply), describeReply(reply))
  } catch (error) {
    if (outcome.isFailure !== true) throw error
    await readFailure(this, call, error)
  }
})

Then(
  'the call {outcome} after {seconds}',
  async function (this: ConformanceWorld, outcome: Outcome, seconds: number) {
    const call = this.client.last
    try {
      const reply = await takes(this, seconds)
      ok(outcome(reply), describeReply(reply))
    } catch (error) {
      if (outcome.isFailure === true) await readFailure(this, call, error)
      else ok(outcome(await readDelay(this, call, seconds, error)))
    }
  },
)

Then('all calls succeed', async function (this: ConformanceWorld) {
  for (const { reply } of this.client.calls) ok('ok' in (await reply), describeReply(await reply))
})

/** Lets time pass; the call must settle exactly after these seconds. */
async function takes(world: ConformanceWorld, seconds: number): Promise<DriverReply> {
  await world.time.settle()
  const call = world.client.last
  strictEqual(call.settled && describeReply(call.settled), undefined, 'The call settled at once')
  await world.time.pass(seconds - (world.clock.now() - call.startedAt) / 1_000)
  ok(call.settled !== undefined, `The call is still pending after ${String(seconds)} seconds`)
  strictEqual((call.settledAt - call.startedAt) / 1_000, seconds, 'The call settled too early')
  return call.settled
}

Then('its cause is the status {int}', async function (this: ConformanceWorld, status: number) {
  const reply = await this.client.last.reply
  try {
    ok('error' in reply && reply.error.status === status, describeReply(reply))
  } catch (error) {
    this.reading.note(error)
  }
})

Then('the call is still waiting', async function (this: ConformanceWorld) {
  await this.time.settle()
  stillWaiting(this)
})

function stillWaiting({ client }: ConformanceWorld): void {
  const { settled } = client.last
  strictEqual(settled === undefined ? undefined : describeReply(settled), undefined)
}

Then('{call} gives:', async function (this: ConformanceWorld, which: number, table: DataTable) {
  const reply = await callOf(this, which).reply
  ok('ok' in reply, describeReply(reply))
  assertRows(this, reply.ok, table)
})

function callOf({ client }: ConformanceWorld, which: number): Call {
  const call = client.calls.at(which)
  if (call === undefined) throw new HarnessError(`The scenario has made fewer than ${String(-which)} calls`)
  return call
}

Then('its {string} is kept as {string}', async function (this: ConformanceWorld, path: string, name: string) {
  const reply = await this.client.last.reply
  ok('ok' in reply, describeReply(reply))
  this.names.set(name, String(at(reply.ok, path)))
})

Then(
  'the application is told of {happening} {int} time(s)',
  async function (this: ConformanceWorld, happening: Happening, times: number) {
    try {
      await this.activity.eventually(() => this.client.eventData(happening).length >= times)
      await this.time.settle()
      strictEqual(this.client.eventData(happening).length, times)
    } catch (error) {
      const told = happening === 'connectionState' ? statesTold(this).length : changesTold(this)
      if (!['connectionState', 'desired'].includes(happening) || told !== times) throw error
      this.reading.note(error)
    }
  },
)

/** How many changes of desired properties it was told of; a handler that is told the present state first has one more. */
function changesTold({ client }: ConformanceWorld): number {
  const versions = client.eventData('desired').map((data) => Number(at(data, 'patch.$version')))
  const [first = NaN] = versions
  const isEachNext = versions.every((version, index) => version === first + index)
  return isEachNext && versions.length > 0 ? versions.length - 1 : versions.length
}

/** What the application was told of the connection; the same word again tells it nothing. */
function statesTold({ client }: ConformanceWorld): readonly unknown[] {
  const told = client.eventData('connectionState').map((data) => data['connected'])
  return told.filter((state, index) => state !== told[index - 1])
}

Then(
  'the application is told of {happening} with:',
  async function (this: ConformanceWorld, happening: Happening, table: DataTable) {
    await this.activity.eventually(() => this.client.eventData(happening).length > 0)
    await this.time.settle()
    assertRows(this, this.client.eventData(happening).at(-1) ?? null, table)
  },
)

Then('a deprecation notice is given {int} time(s)', async function (this: ConformanceWorld, times: number) {
  await this.activity.eventually(() => this.client.eventData('deprecation').length >= times)
  strictEqual(this.client.eventData('deprecation').length, times)
})

Then(
  /^(?:the (?:device|module)|it) is (connected|not connected)$/,
  async function (this: ConformanceWorld, state: string) {
    await this.time.settle()
    const { connected } = (await this.client.ask({ do: 'state', session: this.client.current.session })) as {
      connected: boolean
    }
    strictEqual(connected, state === 'connected')
  },
)

Then('no handler is set', async function (this: ConformanceWorld) {
  const { handlers } = (await this.client.ask({ do: 'state', session: this.client.current.session })) as {
    handlers: Json
  }
  deepStrictEqual(handlers, [])
})

Then(
  'the {identity} class offers the {word}:',
  async function (this: ConformanceWorld, kind: IdentityKind, what: string, table: DataTable) {
    const surface = await this.client.ask({ do: 'describe', kind })
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
    ok(!JSON.stringify(await this.client.ask({ do: 'describe', kind })).includes(`"${name}"`))
  },
)

Then(
  'the caller of {string} gets the status {int} and:',
  async function (this: ConformanceWorld, name: string, status: number, payload: string) {
    const result = await (await this.backend()).resultOf(name)
    deepStrictEqual([result.status, result.payload], [status, JSON.parse(payload)])
  },
)

Then('the caller of {string} gets no answer in time', async function (this: ConformanceWorld, name: string) {
  const invocation = (await this.backend()).invocation(name)
  await this.time.pass(31)
  const { settled } = invocation
  ok(settled instanceof HubError && settled.kind === 'GatewayTimeout', JSON.stringify(settled))
})

/**
 * The longest timer of Windows is about 49 days. A client that does not name its platform runs on that of the suite.
 */
Then(
  'it is told of the need for a new token after 49 days on Windows, elsewhere {seconds} before the end',
  async function (this: ConformanceWorld, before: number) {
    const platform = this.client.driver.hello.implementation['platform'] ?? process.platform
    const end = Number(readToken(this.names.get('freshToken'))['se']) - this.clock.now() / 1_000
    const [quietSeconds, eventBySeconds] =
      platform === 'win32' ? [49 * DAY, 50 * DAY] : [end - before - 1, end - before]
    await this.time.pass(quietSeconds)
    deepStrictEqual(this.client.eventData('newSasToken'), [])
    await this.time.pass(eventBySeconds - quietSeconds)
    strictEqual(this.client.eventData('newSasToken').length, 1)
  },
)
