/** Records of the provisioning service as JSON: certificates are in base64 of DER. */

import { X509Certificate } from 'node:crypto'

/** No name of a property can be this. */
const DER = '\0der'

/** @returns a copy without certificates that JSON can say. */
export function storedRecord(record: object): unknown {
  return JSON.parse(
    JSON.stringify(record, function (this: Readonly<Record<string, unknown>>, name: string, value: unknown) {
      // A certificate has been made a text by now.
      const given = name === '' ? value : Reflect.get(this, name)
      return given instanceof X509Certificate ? { [DER]: given.raw.toString('base64') } : value
    }),
  ) as unknown
}

/** The reverse of {@link storedRecord}. */
export function readRecord(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readRecord)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const [first] = entries
  if (entries.length === 1 && first?.[0] === DER && typeof first[1] === 'string')
    return new X509Certificate(Buffer.from(first[1], 'base64'))
  return Object.fromEntries(entries.map(([name, one]) => [name, readRecord(one)]))
}
