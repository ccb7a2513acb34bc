/** What the hub and its back ends do in client scenarios, and what happens to the network. */

import { type DataTable, Given, When } from '@cucumber/cucumber'
import type { JsonValue } from '../../mock-hub/index.ts'
import { rowsOf } from '../asks.ts'
import { misbehaviour } from '../misbehaviours.ts'
import type { ConformanceWorld } from '../world.ts'

Given(
  /^(?:the next (\d+) times |(every time ))?the hub is going to ([a-z][\w ./-]*)$/,
  async function (this: ConformanceWorld, times: string | null, always: string | null, words: string) {
    const count = always === null ? Number(times ?? 1) : 'always'
    ;(await this.hub()).faults.arm({ ...misbehaviour(words), count })
  },
)

When('the hub behaves again', async function (this: ConformanceWorld) {
  const { faults, journal } = await this.hub()
  await this.settle()
  faults.disarm()
  this.mark = journal.seq
})

When('the connection is cut', async function (this: ConformanceWorld) {
  const hub = await this.hub()
  await this.settle()
  this.mark = hub.journal.seq
  hub.faults.arm({ name: 'tcp.drop_now' })
  await this.settle()
})

When('{seconds} pass(es)', async function (this: ConformanceWorld, seconds: number) {
  await this.pass(seconds)
})

When('the back end sends the message {string}', async function (this: ConformanceWorld, text: string) {
  ;(await this.backend()).send(this.subject.identity, { text })
})

When('the back end sends a message with:', async function (this: ConformanceWorld, table: DataTable) {
  ;(await this.backend()).sendRows(this.subject.identity, rowsOf(this, table))
})

When(
  'another module sends {string} to the input {string}',
  async function (this: ConformanceWorld, text: string, input: string) {
    ;(await this.backend()).route(this.subject.identity, input, text)
  },
)

When('the back end calls the method {string}', async function (this: ConformanceWorld, name: string) {
  ;(await this.backend()).invoke(this.subject.identity, name, { number: 1 })
  await this.settle()
})

When(
  'the back end sets the desired properties to:',
  async function (this: ConformanceWorld, desired: string) {
    const properties = JSON.parse(desired) as Record<string, JsonValue> // the feature says so
    ;(await this.backend()).desire(this.subject.identity, properties)
  },
)

Given(
  'the application at {string} answers {int}',
  async function (this: ConformanceWorld, id: string, status: number) {
    await (await this.backend()).otherApplication(id, status)
  },
)
