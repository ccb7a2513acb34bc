/** The JSON values of twins and methods. */

/**
 * Any JSON value: twins, patches and method payloads.
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
 * A JSON object.
 *
 * @example
 * ```ts
 * import type { JsonObject } from 'mock-iot-hub-client'
 *
 * export const reported: JsonObject = { firmware: { version: '1.2.0' } }
 * ```
 */
export interface JsonObject {
  /** Any key. */
  readonly [key: string]: JsonValue
}
