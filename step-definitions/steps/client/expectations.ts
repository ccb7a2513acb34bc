/** Compares values with the tables of the features. */

import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import type { DataTable } from '@cucumber/cucumber'
import type { Json } from '../../driver/client-driver.ts'
import { valueOf } from '../../world/clients/client-factory.ts'
import type { ConformanceWorld } from '../../world/world.ts'

/** The value at a path such as `desired.fan`; undefined when there is none. */
export function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (current, part) =>
        typeof current === 'object' && current !== null
          ? (current as Readonly<Record<string, unknown>>)[part]
          : undefined,
      value,
    )
}

/** What only the documented Python API has: a client in another language has handlers of its own form. */
const PYTHON_API = ['argumentCount', 'isBytes', 'isError', 'kind']
/** The text of a token and of a user name may be encoded in more than one way; the hub reads them all. */
const ENCODINGS = ['token resource as sent', 'token signature as sent']

/** A client may give a message an id of its own when the application gives none. */
const OF_ITS_OWN = ['messageId']

/** Each row has a path and its expected value; `(none)`: no value, `(text)`: any text. Compares all rows at once. */
export function assertRows(world: ConformanceWorld, seen: unknown, table: DataTable): void {
  const expected: Record<string, Json | undefined> = {}
  const found: Record<string, unknown> = {}
  for (const [path = '', value = ''] of table.raw()) {
    const wanted = valueOf(world.names.fill(value))
    const given = at(seen, path)
    expected[path] = wanted
    if (wanted === '(text)' && typeof given === 'string' && given !== '') found[path] = wanted
    else found[path] = typeof wanted === 'string' && typeof given === 'number' ? String(given) : given
  }
  try {
    deepStrictEqual(found, expected)
  } catch (error) {
    if (!world.reading.applies) throw error
    if (expected['messageId'] !== undefined) strictEqual(found['messageId'], expected['messageId'])
    deepStrictEqual(neutral(found), neutral(expected))
    world.reading.note(error)
  }
}

function neutral(rows: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(rows).filter(([path]) => ![...PYTHON_API, ...ENCODINGS, ...OF_ITS_OWN].includes(path)),
  )
}
