/** Steps about what the hub has received from a client. */

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { type DataTable, Then } from '@cucumber/cucumber'
import type { JournalEntry } from 'mock-iot-hub'
import type { Json } from '../../driver/client-driver.ts'
import { assertRows } from './expectations.ts'
import { connectFacts, operations, packets, publishes, telemetryFacts } from '../../world/wire.ts'
import type { ConformanceWorld } from '../../world/world.ts'

Then(
  /^the hub has seen (\d+) (connection attempt|[A-Z]+ packet|HTTPS request)s?$/,
  async function (this: ConformanceWorld, times: string, what: string) {
    const seen = (): readonly JournalEntry[] => entriesOf(this.hub.journal, what)
    await this.activity.eventually(() => seen().length >= Number(times))
    await this.time.settle()
    strictEqual(seen().length, Number(times))
  },
)

function entriesOf(journal: readonly JournalEntry[], what: string): readonly JournalEntry[] {
  if (what === 'HTTPS request') return journal.filter(({ type }) => type === 'request')
  return packets(
    journal,
    what === 'connection attempt' ? 'connect' : (what.split(' ')[0]?.toLowerCase() ?? ''),
  )
}

Then(
  'the last {int} connection attempts are {seconds} apart',
  async function (this: ConformanceWorld, count: number, seconds: number) {
    await this.time.settle()
    const at = packets(this.hub.journal, 'connect')
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
  await this.time.settle()
  assertRows(this, connectFacts(this), table)
})

/** The journal records a packet when the hub sends it, and the end of a link when its socket is closed. */
Then(
  /^the hub had (?:sent its ([A-Z]+)|seen the connection end) before the call returned$/,
  async function (this: ConformanceWorld, cmd: string | null) {
    await this.client.last.reply
    const returnedAt = await this.client.last.settledAtSeq
    const seen =
      cmd === null
        ? this.hub.journal.findLast(({ type }) => type === 'link-closed')
        : packets(this.hub.journal, cmd.toLowerCase(), 'out').at(-1)
    ok(seen !== undefined && seen.seq <= returnedAt, 'The call returned first')
  },
)

/** The same packet id, topic and payload, with the DUP flag. */
Then('the last PUBLISH repeats the one before, as a duplicate', async function (this: ConformanceWorld) {
  await this.time.settle()
  const [first, second] = publishes(this.hub.journal).slice(-2)
  deepStrictEqual(second, { ...first, dup: true })
})

Then('the hub receives the message {string}', async function (this: ConformanceWorld, text: string) {
  await this.activity.eventually(() => telemetryFacts(this).some((message) => message['text'] === text))
  await this.time.settle()
  strictEqual(telemetryFacts(this).filter((message) => message['text'] === text).length, 1)
})

Then('the hub receives a message with:', async function (this: ConformanceWorld, table: DataTable) {
  await this.activity.eventually(() => telemetryFacts(this).length > 0)
  assertRows(this, telemetryFacts(this).at(-1) ?? null, table)
})

Then('the hub has stored {int} message(s)', async function (this: ConformanceWorld, count: number) {
  await this.time.settle()
  strictEqual(telemetryFacts(this).length, count)
})

Then(
  'the hub has been asked for the twin {int} time(s)',
  async function (this: ConformanceWorld, count: number) {
    await this.time.settle()
    strictEqual(operations(this.hub.recent, 'twinGet').length, count)
  },
)

Then('the reported properties are:', async function (this: ConformanceWorld, expected: string) {
  await this.time.settle()
  const { reported } = (await this.hub.start()).twins.get(this.client.current.identity)
  deepStrictEqual(reported.properties, JSON.parse(expected) as Json)
})

/**
 * The last request, with an api-version and nothing else in its query. A call to a gateway needs none: the Node SDK sends
 * none, and IoT Edge asks for none.
 */
Then('the hub has received the request {string}', async function (this: ConformanceWorld, line: string) {
  await this.activity.eventually(() => this.hub.journal.some(({ type }) => type === 'request'))
  const last = this.hub.journal.findLast(({ type }) => type === 'request')
  const seen = last?.type === 'request' ? `${last.method} ${last.url}` : ''
  const asked = seen.replace(/\?api-version=\d{4}-\d\d-\d\d$/, '')
  const wanted = this.names.fill(line)
  try {
    strictEqual(asked, wanted)
  } catch (error) {
    // The id of an upload in the path is the older form, which the hub takes too.
    if (decodeURIComponent(asked) !== `${wanted}/${this.names.get('correlationId')}`) throw error
    this.reading.note(error)
  }
  ok(seen.includes('?') || line.includes('/twins/'), `no api-version: ${seen}`)
})

Then('the hub has delivered {int} method request(s)', async function (this: ConformanceWorld, count: number) {
  await this.time.settle()
  const delivered = packets(this.hub.journal, 'publish', 'out').filter(({ packet }) =>
    (packet as { readonly topic: string }).topic.startsWith('$iothub/methods/POST/'),
  )
  strictEqual(delivered.length, count)
})

Then(
  'the hub was asked to {word} with:',
  async function (
    this: ConformanceWorld,
    operation: 'uploadStart' | 'uploadFinish' | 'invokeMethod' | 'methodResponse',
    table: DataTable,
  ) {
    await this.activity.eventually(() => operations(this.hub.journal, operation).length > 0)
    await this.time.settle()
    assertRows(this, operations(this.hub.journal, operation).at(-1)?.input, table)
  },
)

Then('a file notification waits for {string}', async function (this: ConformanceWorld, blobName: string) {
  await this.time.settle()
  strictEqual((await this.hub.start()).fileNotifications.receive()?.item.blobName, this.names.fill(blobName))
})
