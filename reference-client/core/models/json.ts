/** JSON as the twin and the methods carry it. */

/**
 * Any value that JSON can write: twins, patches and method payloads.
 *
 * @example
 * ```ts
 * import type { JsonValue } from 'mock-iot-hub-client'
 *
 * export const settings: JsonValue = { interval: 5, units: ['C', 'F'], note: null }
 * ```
 */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
/**
 * A JSON mapping.
 *
 * @example
 * ```ts
 * import type { JsonObject } from 'mock-iot-hub-client'
 *
 * export const reported: JsonObject = { firmware: { version: '1.2.0' } }
 * ```
 */
export interface JsonObject {
  /** Any name. */
  readonly [key: string]: JsonValue
}
