/** Trials of back ends: any life of an identity, any query over any twins, any depth, any configurations. */

import assert from 'node:assert/strict'
import { Then } from '@cucumber/cucumber'
import fc from 'fast-check'
import type { Json, JsonObject } from '../driver/client-driver.ts'
import { valueAt } from '../raw-clients/expectations.ts'
import { hubScenarioOf, type HubScenario } from '../raw-clients/hub-scenario.ts'
import { jsonOf, type RawResponse } from '../raw-clients/https-client.ts'
import type { ConformanceWorld } from '../world/world.ts'
import { condition, type Condition, grouped, isTrue, textOf } from './query-model.ts'
import { trial, TRIAL_LIMIT } from './trial.ts'

/** Requests of a back end on one connection. */
type Ask = (method: string, path: string, body?: Json, ifMatch?: string) => Promise<RawResponse>

function asking(scenario: HubScenario): Ask {
  return async (method, path, body, ifMatch) => {
    scenario.response = scenario.asService(
      {
        ...{ method, path },
        headers: {
          'content-type': 'application/json',
          ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        },
        body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
      },
      undefined,
      scenario.kept,
    )
    return scenario.settled()
  }
}

// ------------------------------------------------------------------ lives

/** A request; what its kind does not need stays unused. */
interface Step {
  readonly do: 'put' | 'delete' | 'get' | 'list'
  readonly match: Match
  readonly status: 'enabled' | 'disabled'
  readonly reason: '' | 'a reason'
}
/** How a request names the etag that it wants. */
type Match = 'none' | 'empty' | 'any' | 'current' | 'weak' | 'stale'

const match = fc.constantFrom<Match>('none', 'empty', 'any', 'current', 'weak', 'stale')
const STALE = 'OTk5OTk5'

function headerOf(given: Match, etag: string): string | undefined {
  const headers: Readonly<Record<Match, string | undefined>> = {
    ...{
      none: undefined,
      empty: '""',
      any: '*',
      current: `"${etag}"`,
      weak: `W/"${etag}"`,
      stale: `"${STALE}"`,
    },
  }
  return headers[given]
}

interface Living {
  etag: string
  generationId: string
  status: string
  reason: string | null
}

Then(
  'any order of creating, changing and deleting {string} leads where it must',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld, name: string) {
    const scenario = await hubScenarioOf(this)
    const ask = asking(scenario)
    const { deviceId, moduleId } = scenario.ids(name)
    const isModule = moduleId !== undefined
    const path = isModule ? `/devices/${deviceId}/modules/${moduleId}` : `/devices/${deviceId}`
    const step = fc.record<Step>({
      ...{ do: fc.constantFrom('put', 'put', 'delete', 'get', 'list'), match },
      ...{ status: fc.constantFrom('enabled', 'disabled'), reason: fc.constantFrom('', 'a reason') },
    })
    await trial(this, fc.array(step, { minLength: 2, maxLength: 10 }), async (steps) => {
      await ask('DELETE', path, undefined, '*')
      let living: Living | undefined
      const generations = new Set<string>()
      for (const one of steps) {
        if (one.do === 'get' || one.do === 'list') {
          const answer = await ask(
            'GET',
            one.do === 'get' || !isModule ? path : `/devices/${deviceId}/modules`,
          )
          const all = jsonOf(answer.body)
          const own = Array.isArray(all)
            ? (all as Json[]).find((each) => valueAt(each, 'moduleId') === moduleId)
            : all
          if (living === undefined)
            assert.ok(answer.status === 404 || own === undefined, `${path} is still there`)
          else assert.deepEqual(livingIn(own), living)
        } else if (one.do === 'delete') {
          const wants = headerOf(one.match, living?.etag ?? STALE)
          const { status } = await ask('DELETE', path, undefined, wants)
          const isRefused = living !== undefined && one.match === 'stale'
          assert.equal(
            status,
            living === undefined ? 404 : isRefused ? 412 : 204,
            `DELETE with ${String(wants)}`,
          )
          if (!isRefused) living = undefined
        } else living = await put(one, living)
      }

      async function put(one: Step, before: Living | undefined): Promise<Living | undefined> {
        const wants = headerOf(one.match, before?.etag ?? STALE)
        const creates = one.match === 'none' || one.match === 'empty'
        const body = {
          deviceId,
          ...(isModule
            ? { moduleId }
            : { status: one.status, ...(one.reason === '' ? {} : { statusReason: one.reason }) }),
        }
        const answer = await ask('PUT', path, body, wants)
        const said = `PUT with ${String(wants)}: ${answer.body.toString()}`
        if (creates && before !== undefined) {
          assert.equal(answer.status, 409, said)
          return before
        }
        if (!creates && before === undefined) {
          assert.ok(answer.status === 404 || answer.status === 412, said)
          return undefined
        }
        if (one.match === 'stale') {
          assert.equal(answer.status, 412, said)
          return before
        }
        assert.equal(answer.status, 200, said)
        const after = livingIn(jsonOf(answer.body))
        if (before !== undefined) {
          assert.equal(after.generationId, before.generationId, 'The generation')
          assert.notEqual(after.etag, before.etag, 'The etag')
        } else {
          assert.ok(!generations.has(after.generationId), 'A generation comes again')
          generations.add(after.generationId)
        }
        if (!isModule)
          assert.deepEqual(
            [after.status, after.reason],
            [one.status, one.reason === '' ? null : one.reason],
            said,
          )
        return after
      }
    })
  },
)

function livingIn(document: unknown): Living {
  const of = (name: string): string => String(valueAt(document, name))
  return {
    etag: of('etag'),
    generationId: of('generationId'),
    status: of('status'),
    reason: (valueAt(document, 'statusReason') ?? null) as string | null, // its type in the documentation
  }
}

// ------------------------------------------------------------------ queries

const DEVICES = ['query1', 'query2', 'query3', 'query4']
const value = fc.constantFrom<Json>(0, 1, 2, -1, 1.5, 'a', 'b', 'B', '', true, false)
const labels = fc.record(
  {
    ...{ a: value, b: fc.record({ c: value }, { requiredKeys: [], noNullPrototype: true }) },
    n: fc.integer({ min: -3, max: 3 }),
  },
  { requiredKeys: [], noNullPrototype: true },
)
const FOLDED =
  'COUNT() AS twins, SUM(tags.n) AS total, AVG(tags.n) AS mean, MIN(tags.n) AS least, MAX(tags.n) AS most'

Then(
  'any condition over any twins finds those for which it is true',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld) {
    const scenario = await hubScenarioOf(this)
    const ask = asking(scenario)
    for (const name of DEVICES) await scenario.register(name)
    const ids = DEVICES.map((name) => scenario.ids(name).deviceId)
    const own = `deviceId IN [${ids.map((id) => `'${id}'`).join(', ')}]`
    const run = async (query: string, page?: string): Promise<readonly unknown[]> => {
      const rows: unknown[] = []
      let continuation: string | undefined
      do {
        const answer = await scenario.asService(
          {
            ...{ method: 'POST', path: '/devices/query', body: Buffer.from(JSON.stringify({ query })) },
            headers: {
              'content-type': 'application/json',
              ...(page === undefined ? {} : { 'x-ms-max-item-count': page }),
              ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }),
            },
          },
          undefined,
          scenario.kept,
        )
        assert.equal(answer.status, 200, `${query}: ${answer.body.toString()}`)
        rows.push(...(jsonOf(answer.body) as readonly unknown[])) // an answer of 200 is an array
        continuation = answer.headers['x-ms-continuation'] as string | undefined
        assert.ok(rows.length <= DEVICES.length, `${query} has no end`)
      } while (continuation !== undefined)
      return rows
    }
    const all = fc.record({
      twins: fc.array(labels, { minLength: DEVICES.length, maxLength: DEVICES.length }),
      conditions: fc.array(condition, { minLength: 4, maxLength: 4 }),
      page: fc.constantFrom('1', '2', '3'),
    })
    await trial(this, all, async ({ twins, conditions, page }) => {
      const known = ids.map((deviceId, index) => ({ deviceId, tags: twins[index] ?? {} }))
      for (const { deviceId, tags } of known)
        await ask('PUT', `/twins/${deviceId}`, { tags, properties: { desired: tags } })
      const found = (one: Condition): readonly string[] =>
        known.filter(({ tags }) => isTrue(one, tags)).map(({ deviceId }) => deviceId)
      for (const one of conditions) {
        const rows = await run(`SELECT deviceId FROM devices WHERE ${own} AND (${textOf(one, 'tags')})`, page)
        assert.deepEqual(
          rows.map((row) => String(valueAt(row, 'deviceId'))).sort(),
          [...found(one)].sort(),
          textOf(one, 'tags'),
        )
      }
      const [first] = conditions
      if (first !== undefined) {
        const where = textOf(first, 'properties.desired')
        const top = await run(`SELECT TOP 2 * FROM devices WHERE ${own} AND (${where})`, '1')
        assert.equal(top.length, Math.min(2, found(first).length), `TOP 2 … ${where}`)
      }
      const groups = await run(`SELECT tags.a AS a, ${FOLDED} FROM devices WHERE ${own} GROUP BY tags.a`)
      assert.deepEqual(sorted(groups), sorted(grouped(twins)))
    })
  },
)

function sorted(rows: readonly unknown[]): readonly string[] {
  return rows
    .map((row) => JSON.stringify(Object.entries(row as object).sort(([a], [b]) => (a < b ? -1 : 1))))
    .sort()
}

// ------------------------------------------------------------------ depth

const DEEPEST = 10

Then(
  'a value of {string} at any depth, in objects and arrays, is taken up to the limit',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld, name: string) {
    const scenario = await hubScenarioOf(this)
    const ask = asking(scenario)
    const { deviceId } = scenario.ids(name)
    const nest = fc.array(fc.boolean(), { minLength: DEEPEST - 2, maxLength: DEEPEST + 1 })
    const given = fc.record({
      nest,
      place: fc.constantFrom('tags', 'desired'),
      method: fc.constantFrom('PATCH', 'PUT'),
      last: fc.constantFrom<Json>(1, 'x', false, {}, []),
    })
    await trial(this, given, async ({ nest: levels, place, method, last }) => {
      // The depth is that of objects and arrays within each other, below the section.
      const inner = levels.reduceRight<Json>((below, isArray) => (isArray ? [below] : { n: below }), last)
      const root: JsonObject = { n: inner }
      const body: JsonObject = place === 'tags' ? { tags: root } : { properties: { desired: root } }
      const depth = levels.length + (typeof last === 'object' ? 1 : 0)
      await ask('PUT', `/twins/${deviceId}`, { tags: {}, properties: { desired: {} } })
      const { status, body: said } = await ask(method, `/twins/${deviceId}`, body)
      assert.equal(
        status,
        depth > DEEPEST ? 400 : 200,
        `${String(depth)} levels: ${said.toString().slice(0, 200)}`,
      )
      if (status !== 200) return
      const read = jsonOf((await ask('GET', `/twins/${deviceId}`)).body)
      assert.deepEqual(valueAt(read, place === 'tags' ? 'tags.n' : 'properties.desired.n'), inner)
    })
  },
)

// ------------------------------------------------------------------ configurations

Then(
  'of any configurations for {string} the one with the highest priority wins at each path',
  TRIAL_LIMIT,
  async function (this: ConformanceWorld, name: string) {
    const scenario = await hubScenarioOf(this)
    const ask = asking(scenario)
    const { deviceId } = scenario.ids(name)
    const one = fc.record({
      priority: fc.integer({ min: 0, max: 20 }),
      paths: fc.uniqueArray(fc.constantFrom('red', 'green', 'blue'), { minLength: 1, maxLength: 3 }),
      targets: fc.boolean(),
    })
    const several = fc.uniqueArray(one, { minLength: 2, maxLength: 4, selector: ({ priority }) => priority })
    let number = 0
    await trial(this, several, async (given) => {
      await ask('PATCH', `/twins/${deviceId}`, {
        properties: { desired: { red: null, green: null, blue: null } },
      })
      const round = `${deviceId}-${String(++number)}`.toLowerCase()
      const ids = given.map((_one, index) => `${round}-${String(index)}`)
      try {
        for (const [index, { priority, paths, targets }] of given.entries()) {
          const deviceContent = Object.fromEntries(
            paths.map((path) => [`properties.desired.${path}`, { of: priority }]),
          )
          const { status, body } = await ask('PUT', `/configurations/${ids[index] ?? ''}`, {
            id: ids[index] ?? '',
            content: { deviceContent },
            targetCondition: `deviceId = '${targets ? deviceId : 'another'}'`,
            priority,
          })
          assert.equal(status, 200, body.toString())
        }
        const twin = jsonOf((await ask('GET', `/twins/${deviceId}`)).body)
        for (const path of ['red', 'green', 'blue'] as const) {
          const about = given.filter(({ targets, paths }) => targets && paths.includes(path))
          const wanted = about.length === 0 ? undefined : Math.max(...about.map(({ priority }) => priority))
          assert.equal(valueAt(twin, `properties.desired.${path}.of`), wanted, path)
        }
      } finally {
        for (const id of ids) await ask('DELETE', `/configurations/${id}`, undefined, '*')
      }
    })
  },
)
