/** Reads the fields of a JSON body; null means the same as absent, unknown fields are ignored as the service ignores them. */

import { isObject, own, type Json, type JsonObject } from '../base/json.ts'
import { badField } from './refusals.ts'

export class BodyReader {
  readonly #object: JsonObject
  readonly #path: string

  /** @param path where the object stands, for example `attestation`; empty: the body itself. */
  constructor(object: JsonObject, path = '') {
    this.#object = object
    this.#path = path
  }

  /** @throws HubError GenericBadRequest when the value is not an object. */
  static of(value: Json | undefined, what: string): BodyReader {
    if (!isObject(value)) throw badField(what, 'to be a JSON object', value)
    return new BodyReader(value)
  }

  fieldOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  /** The value; null is undefined. */
  value(name: string): Json | undefined {
    return own(this.#object, name) ?? undefined
  }

  has(name: string): boolean {
    return this.value(name) !== undefined
  }

  text(name: string): string | undefined {
    const value = this.value(name)
    if (value === undefined || typeof value === 'string') return value
    throw badField(this.fieldOf(name), 'to be a text', value)
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.value(name) ?? otherwise
    if (typeof value === 'boolean') return value
    throw badField(this.fieldOf(name), 'to be true or false', value)
  }

  object(name: string): JsonObject | undefined {
    const value = this.value(name)
    if (value === undefined || isObject(value)) return value
    throw badField(this.fieldOf(name), 'to be an object', value)
  }

  /** The fields of an object. */
  part(name: string): BodyReader | undefined {
    const value = this.object(name)
    return value === undefined ? undefined : new BodyReader(value, this.fieldOf(name))
  }

  list(name: string): readonly Json[] | undefined {
    const value = this.value(name)
    if (value === undefined || Array.isArray(value)) return value as readonly Json[] | undefined // checked
    throw badField(this.fieldOf(name), 'to be a list', value)
  }

  /** One of these words; case does not matter. */
  word<T extends string>(name: string, words: readonly T[]): T | undefined {
    const given = this.text(name)
    if (given === undefined) return undefined
    const word = words.find((each) => each.toLowerCase() === given.toLowerCase())
    if (word !== undefined) return word
    throw badField(this.fieldOf(name), `to be one of ${words.join(', ')}`, given)
  }
}
