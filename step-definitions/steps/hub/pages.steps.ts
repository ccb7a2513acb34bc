/** Steps of back ends that read a query page by page. */

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { Then, When } from '@cucumber/cucumber'
import { jsonOf } from '../../raw-clients/https-client.ts'
import { hubScenarioOf, type HubScenario } from '../../raw-clients/hub-scenario.ts'
import type { ConformanceWorld } from '../../world/world.ts'

type Row = Readonly<Record<string, unknown>>

interface Reading {
  readonly query: string
  readonly size: number
  readonly pages: (readonly Row[])[]
  /** Of the last page; undefined: there is no further one. */
  continuation: string | undefined
}

/** A query that never ends must not hold up the run. */
const MOST_PAGES = 20
const readings = new WeakMap<HubScenario, Reading>()

function readingOf(scenario: HubScenario): Reading {
  const reading = readings.get(scenario)
  ok(reading !== undefined, 'No step has read a page')
  return reading
}

async function readPage(scenario: HubScenario, reading: Reading): Promise<void> {
  const { query, size, pages, continuation } = reading
  scenario.response = scenario.asService({
    method: 'POST',
    path: '/devices/query',
    headers: {
      'content-type': 'application/json',
      'x-ms-max-item-count': String(size),
      ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }),
    },
    body: Buffer.from(JSON.stringify({ query })),
  })
  const { status, body, headers } = await scenario.settled()
  strictEqual(status, 200, body.toString())
  pages.push(jsonOf(body) as readonly Row[]) // an answer of 200 has an array
  reading.continuation = headers['x-ms-continuation'] as string | undefined // a header that occurs once
}

async function readFirst(world: ConformanceWorld, query: string, size: number): Promise<Reading> {
  const scenario = await hubScenarioOf(world)
  const reading: Reading = { query: scenario.fill(query), size, pages: [], continuation: undefined }
  readings.set(scenario, reading)
  await readPage(scenario, reading)
  return reading
}

async function readOthers(world: ConformanceWorld): Promise<void> {
  const scenario = await hubScenarioOf(world)
  const reading = readingOf(scenario)
  while (reading.continuation !== undefined) {
    ok(reading.pages.length < MOST_PAGES, `The query has more than ${String(MOST_PAGES)} pages`)
    await readPage(scenario, reading)
  }
}

When(
  'the service reads the first page of {string} with {int} rows each',
  async function (this: ConformanceWorld, query: string, size: number) {
    await readFirst(this, query, size)
  },
)

When('the service reads the other pages', async function (this: ConformanceWorld) {
  await readOthers(this)
})

When(
  'the service reads all pages of {string} with {int} rows each',
  async function (this: ConformanceWorld, query: string, size: number) {
    await readFirst(this, query, size)
    await readOthers(this)
  },
)

When('the service deletes the device of the last row', async function (this: ConformanceWorld) {
  const scenario = await hubScenarioOf(this)
  const deviceId = readingOf(scenario).pages.at(-1)?.at(-1)?.['deviceId']
  const { status, body } = await scenario.asService({
    method: 'DELETE',
    path: `/devices/${String(deviceId)}`,
    headers: { 'if-match': '*' },
  })
  strictEqual(status, 204, body.toString())
})

Then('the pages have {string} rows', async function (this: ConformanceWorld, lengths: string) {
  const { pages } = readingOf(await hubScenarioOf(this))
  deepStrictEqual(pages.map(({ length }) => length).join(' '), lengths)
})

Then('the rows of all pages are those of {string}', async function (this: ConformanceWorld, names: string) {
  const scenario = await hubScenarioOf(this)
  assertRows(
    scenario,
    'deviceId',
    names.split(' ').map((name) => scenario.ids(name).deviceId),
  )
})

Then(
  'the rows of all pages have the different {string} {string}',
  async function (this: ConformanceWorld, column: string, values: string) {
    assertRows(await hubScenarioOf(this), column, values.split(' '))
  },
)

/** Each value once, in any order. */
function assertRows(scenario: HubScenario, column: string, values: readonly string[]): void {
  const found = readingOf(scenario)
    .pages.flat()
    .map((row) => String(row[column]))
  deepStrictEqual(found.sort(), [...values].sort())
}
