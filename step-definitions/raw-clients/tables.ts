/** Data tables of the hub side: `path | value` rows for requests, bodies and packets. */

import type { DataTable } from '@cucumber/cucumber'
import { jsonOf } from './https-client.ts'
import type { HubScenario } from './hub-scenario.ts'

export type Rows = readonly (readonly [string, string])[]

/** The rows of a table, with its names replaced. */
export function rowsOf(table: DataTable, scenario: HubScenario): Rows {
  return table.raw().map(([name = '', value = '']) => [scenario.fill(name), scenario.fill(value)] as const)
}

/** The value of one row. */
export function rowOf(rows: Rows, name: string): string | undefined {
  return rows.find(([key]) => key === name)?.[1]
}

/** Rows as an object: a dot separates levels (`"a.b"` in quotes is one name); values are JSON, otherwise text. */
export function bodyOf(rows: Rows): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const [path, cell] of rows) {
    const names = (path.match(/"[^"]*"|[^.]+/g) ?? []).map((name) => name.replace(/^"|"$/g, ''))
    let inner = body
    for (const name of names.slice(0, -1)) {
      inner[name] ??= {}
      inner = inner[name] as Record<string, unknown> // created above or by an earlier row
    }
    const value = jsonOf(cell)
    inner[names.at(-1) ?? path] = value === undefined ? cell : value
  }
  return body
}

/** The rows that begin with a word, without it: `header If-Match` becomes `If-Match`. */
export function under(rows: Rows, word: string): Rows {
  return rows
    .filter(([name]) => name.startsWith(`${word} `))
    .map(([name, value]) => [name.slice(word.length + 1), value] as const)
}
