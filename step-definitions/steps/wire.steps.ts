/** What the hub has seen of a client. */

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { type DataTable, Then } from '@cucumber/cucumber'
import type { JournalEntry } from 'mock-iot-hub'
import type { Json } from '../driver/client-driver.ts'
import { assertRows } from './expectations.ts'
import { connectFacts, operations, packets, publishes, telemetryFacts } from '../world/wire.ts'
import type { ConformanceWorld } from '../world/world.ts'

Then(
  /^the hub has seen (\d+) (connection attempt|[A-Z]+ packet|HTTPS request)s?$/,
  async function (this: ConformanceWorld, times: string, what: string) {
    const seen = (): readonly JournalEntry[] => sightings(this.journal, what)
    await this.eventually(() => seen().length >= Number(times))
    await this.settle()
    strictEqual(seen().length, Number(times))
  },
)

function sightings(journal: readonly JournalEntry[], what: string): readonly JournalEntry[] {
  if (what === 'HTTPS request') return journal.filter(({ type }) => type === 'request')
  return packets(
    journal,
    what === 'connection attempt' ? 'connect' : (what.split(' ')[0]?.toLowerCase() ?? ''),
  )
}

Then(
  'the last {int} connection attempts are {seconds} apart',
  async function (this: ConformanceWorld, count: number, seconds: number) {
    await this.settle()
    const at = packets(this.journal, 'connect')
      .slice(-count)
      .map((entry) => entry.at / 1_000)
    strictEqual(at.length, count)
    deepStrictEqual(
      at.slice(1).map((later, index) => Math.round(later - (at[index] ?? 0))),
      Array.from({ length: count - 1 }, () => seconds),
    )
  },
)

Then('CONNECT holds:', async function (this: ConformanceWorld, table: DataTable) {
  await this.settle()
  assertRows(this, connectFacts(this), table)
})

/** What the hub sends is journalled when it is put on the wire, the end of a link when its socket has closed. */
Then(
  /^the hub had (?:sent its ([A-Z]+)|seen the connection end) before the call returned$/,
  async function (this: ConformanceWorld, cmd: string | null) {
    const { reply } = this.call
    await reply
    const seen =
      cmd === null
        ? this.journal.findLast(({ type }) => type === 'link-closed')
        : packets(this.journal, cmd.toLowerCase(), 'out').at(-1)
    ok(seen !== undefined && seen.seq <= this.call.settledAtSeq, 'The call had returned before')
  },
)

/** The same packet id, topic and payload: MQTT's mark tells the hub that it may have seen it. */
Then('the last PUBLISH repeats the one before, as a duplicate', async function (this: ConformanceWorld) {
  await this.settle()
  const [first, second] = publishes(this.journal).slice(-2)
  deepStrictEqual(second, { ...first, dup: true })
})

Then('the hub receives the message {string}', async function (this: ConformanceWorld, text: string) {
  await this.eventually(() => telemetryFacts(this).some((message) => message['text'] === text))
  await this.settle()
  strictEqual(telemetryFacts(this).filter((message) => message['text'] === text).length, 1)
})

Then('the hub receives a message with:', async function (this: ConformanceWorld, table: DataTable) {
  await this.eventually(() => telemetryFacts(this).length > 0)
  assertRows(this, telemetryFacts(this).at(-1) ?? null, table)
})

Then('the hub has stored {int} message(s)', async function (this: ConformanceWorld, count: number) {
  await this.settle()
  strictEqual(telemetryFacts(this).length, count)
})

Then(
  'the hub has been asked for the twin {int} time(s)',
  async function (this: ConformanceWorld, count: number) {
    await this.settle()
    strictEqual(operations(this.recent, 'twinGet').length, count)
  },
)

Then('the reported properties are:', async function (this: ConformanceWorld, expected: string) {
  await this.settle()
  const { reported } = (await this.hub()).twins.get(this.subject.identity)
  deepStrictEqual(reported.properties, JSON.parse(expected) as Json)
})

Then('the hub has received the request {string}', async function (this: ConformanceWorld, line: string) {
  await this.eventually(() => this.journal.some(({ type }) => type === 'request'))
  const seen = this.journal.flatMap((entry) =>
    entry.type === 'request' ? [`${entry.method} ${entry.url.split('?')[0] ?? ''}`] : [],
  )
  ok(seen.includes(this.fill(line)), `saw ${seen.join(', ')}`)
})

Then(
  'the hub was asked to {word} with:',
  async function (
    this: ConformanceWorld,
    operation: 'uploadStart' | 'uploadFinish' | 'invokeMethod' | 'methodResponse',
    table: DataTable,
  ) {
    await this.eventually(() => operations(this.journal, operation).length > 0)
    await this.settle()
    assertRows(this, operations(this.journal, operation).at(-1)?.input, table)
  },
)

Then('a file notification waits for {string}', async function (this: ConformanceWorld, blobName: string) {
  await this.settle()
  strictEqual((await this.hub()).fileNotifications.receive()?.item.blobName, this.fill(blobName))
})
