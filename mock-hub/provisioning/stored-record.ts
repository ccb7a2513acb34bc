/** Records of the provisioning service as the store and snapshots have them: JSON, certificates in base64 of DER. */

import { X509Certificate } from 'node:crypto'
import { base64Problem } from '../base/base64.ts'
import type { Commits, StateKind } from '../core/contract/store/commits.ts'

/** No name of a property can be this. */
const DER = '\0der'

/** The records of one kind, by their keys. @param loaded is called when all of them have been replaced. */
export function keepRecords<T extends object>(
  commits: Commits,
  kind: StateKind,
  records: Map<string, T>,
  loaded: () => void = () => undefined,
): void {
  commits.keep({
    kind,
    keys: () => records.keys(),
    read: (key) => {
      const record = records.get(key)
      return record && storedRecord(record)
    },
    problem: (value) => {
      try {
        readRecord(value)
        return undefined
      } catch {
        return 'a certificate that cannot be read'
      }
    },
    load: (documents) => {
      records.clear()
      for (const { key, value } of documents) records.set(key, readRecord(value) as T)
      loaded()
    },
  })
}

/** @returns a copy without certificates that JSON can say. */
function storedRecord(record: object): unknown {
  return JSON.parse(
    JSON.stringify(record, function (this: Readonly<Record<string, unknown>>, name: string, value: unknown) {
      // A certificate has been made a text by now.
      const given = name === '' ? value : Reflect.get(this, name)
      return given instanceof X509Certificate ? { [DER]: given.raw.toString('base64') } : value
    }),
  ) as unknown
}

/** The reverse of {@link storedRecord}. @throws Error for a certificate that is none. */
function readRecord(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readRecord)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [first] = entries
  if (entries.length === 1 && first?.[0] === DER && typeof first[1] === 'string') {
    if (base64Problem(first[1]) !== undefined) throw new Error('not base64')
    return new X509Certificate(Buffer.from(first[1], 'base64'))
  }
  return Object.fromEntries(entries.map(([name, one]) => [name, readRecord(one)]))
}
