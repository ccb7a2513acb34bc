/** The values of trials: what applications send, friendly or not. */

import fc from 'fast-check'
import type { Json } from '../driver/client-driver.ts'

/** Texts in which escapes, separators and characters of several bytes are frequent. */
export const text = fc.string({
  unit: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom('%', '%25', '&', '=', '+', '/', '?', '#', ' ', '$', "'", '"', '\\'),
    },
    { weight: 3, arbitrary: fc.constantFrom('é', 'ß', '€', '漢', '😀') },
    { weight: 4, arbitrary: fc.constantFrom('a', 'B', '0', '.', '-', '_', '~') },
  ),
  maxLength: 12,
})

/** Names of application properties: not empty, and none of the system. */
export const propertyName = text.filter(
  (name) => name !== '' && !name.startsWith('$') && !/^iothub-/i.test(name),
)

/** Application properties. */
export const properties = fc.dictionary(propertyName, text, { maxKeys: 4, noNullPrototype: true })

/** Names of twin properties: what the limits of twins allow. */
const key = fc.string({
  unit: fc.constantFrom('a', 'b', 'C', '1', '_', '-', 'é', '%'),
  minLength: 1,
  maxLength: 3,
})

const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom(0, false, '', true, -1, 1.5, 'null'),
  fc.integer({ min: -4_503_599_627_370_496, max: 4_503_599_627_370_495 }),
  text,
)

/** JSON as payloads hold it; null included. */
export const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    leaf,
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value

/** A patch of a twin: leaves, objects, and null, which deletes. */
export const patch: fc.Arbitrary<Readonly<Record<string, Json>>> = fc.letrec<{
  object: Readonly<Record<string, Json>>
}>((tie) => ({
  object: fc.dictionary(
    key,
    fc.oneof({ maxDepth: 3 }, leaf, fc.constant(null), fc.array(leaf, { maxLength: 2 }), tie('object')),
    { maxKeys: 3, noNullPrototype: true },
  ),
})).object

/** Bytes of a payload, empty ones included. */
export const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
