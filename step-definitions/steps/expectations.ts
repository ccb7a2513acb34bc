/** Comparing what was seen with the tables of features. */

import { deepStrictEqual } from 'node:assert/strict'
import type { DataTable } from '@cucumber/cucumber'
import type { Json } from '../driver/client-driver.ts'
import { valueOf } from './client-factory.ts'
import type { ConformanceWorld } from '../world/world.ts'

/** What stands at a path such as `desired.fan` or `properties.room`; undefined when there is nothing. */
export function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (here, step) =>
        typeof here === 'object' && here !== null
          ? (here as Readonly<Record<string, unknown>>)[step]
          : undefined,
      value,
    )
}

/** Each row is a path and the value that must stand there; `(none)`: nothing, `(text)`: some text. All rows are compared at once. */
export function assertRows(world: ConformanceWorld, seen: unknown, table: DataTable): void {
  const expected: Record<string, Json | undefined> = {}
  const found: Record<string, unknown> = {}
  for (const [path = '', value = ''] of table.raw()) {
    const wanted = valueOf(world.fill(value))
    const given = at(seen, path)
    expected[path] = wanted
    if (wanted === '(text)' && typeof given === 'string' && given !== '') found[path] = wanted
    else found[path] = typeof wanted === 'string' && typeof given === 'number' ? String(given) : given
  }
  deepStrictEqual(found, expected)
}
