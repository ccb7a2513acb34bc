/**
 * What the service reads more widely than its JSON schemas say: names of an enumeration in any case, and numbers as text
 * (WIRE-HTTP-13). Such values become the ones of the schema before it is checked.
 */

/** The parts of a JSON schema that matter here. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

/** @returns the value as the schema wants it, or as it is. Objects and arrays are changed in place. */
export function normalised(value: unknown, schema: Schema): unknown {
  if (typeof value === 'string') return textOf(value, schema)
  if (Array.isArray(value)) {
    const { items } = schema
    // Elements are what JSON.parse made.
    if (items !== undefined) (value as unknown[]).forEach((one, at) => (value[at] = normalised(one, items)))
    return value
  }
  if (typeof value === 'object' && value !== null) normaliseFields(value as Record<string, unknown>, schema)
  return value
}

function normaliseFields(fields: Record<string, unknown>, { properties = {} }: Schema): void {
  for (const [name, schema] of Object.entries(properties))
    if (Object.hasOwn(fields, name)) fields[name] = normalised(fields[name], schema)
}

function textOf(text: string, schema: Schema): unknown {
  if (schema.enum !== undefined)
    return (
      schema.enum.find((one) => typeof one === 'string' && one.toLowerCase() === text.toLowerCase()) ?? text
    )
  const types = [schema.type ?? []].flat()
  const isNumeric = types.includes('number') || types.includes('integer')
  return isNumeric && !types.includes('string') && /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text
}
