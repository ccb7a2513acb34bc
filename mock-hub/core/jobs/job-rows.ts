/** `devices.jobs` as a collection of the query language. */

import type { Json, JsonObject } from '../../base/json.ts'
import type { Rows } from '../query/rows.ts'

const NAMES = [
  'deviceId',
  'moduleId',
  'jobId',
  'jobType',
  'status',
  'startTimeUtc',
  'endTimeUtc',
  'createdDateTimeUtc',
  'lastUpdatedDateTimeUtc',
  'outcome',
  'error',
] as const

/** @param all the rows in order of creation. */
export function deviceJobRows(all: () => Iterable<JsonObject>): Rows<JsonObject> {
  const key = ({ jobId, deviceId, moduleId }: JsonObject) => JSON.stringify([jobId, deviceId, moduleId])
  return {
    fields: new Map([
      ...NAMES.map((name) => [name.toLowerCase(), (row: JsonObject): Json | undefined => row[name]] as const),
      // The page's example asks for the time of creation by this name.
      ['createdtimeutc', (row: JsonObject): Json | undefined => row['createdDateTimeUtc']],
    ]),
    document: (row) => row,
    position: (row) => ({ key: key(row), order: '' }),
    *scan(after) {
      let found = after === undefined
      for (const row of all()) {
        if (found) yield row
        else found = key(row) === after?.key
      }
    },
    *ofDevices(deviceIds) {
      const named = new Set<Json | undefined>(deviceIds)
      for (const row of all()) if (named.has(row['deviceId'])) yield row
    },
  }
}
