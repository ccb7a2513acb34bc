/** The twin: its two sections, and a patch of the desired section. */

import type { JsonObject } from './json.ts'

/**
 * The twin of a device or module, as the device sees it.
 *
 * @example
 * ```ts
 * import type { Twin } from 'mock-iot-hub-client'
 *
 * export function intervalOf(twin: Twin): number {
 *   const { interval } = twin.desired
 *   return typeof interval === 'number' ? interval : 60
 * }
 * ```
 */
export interface Twin {
  /** Set by the back end. */
  readonly desired: TwinProperties
  /** Set by the device or module. */
  readonly reported: TwinProperties
}

/**
 * One section of a twin, with its version.
 *
 * @example
 * ```ts
 * import type { TwinProperties } from 'mock-iot-hub-client'
 *
 * export function isNewer(one: TwinProperties, other: TwinProperties): boolean {
 *   return one.$version > other.$version
 * }
 * ```
 */
export interface TwinProperties extends JsonObject {
  /** Increases with each change. */
  readonly $version: number
}

/**
 * A change of the desired properties, with its version; `null` marks a removed property.
 *
 * @example
 * ```ts
 * import type { IoTHubDeviceClient, TwinPatch } from 'mock-iot-hub-client'
 *
 * export function follow(client: IoTHubDeviceClient, apply: (patch: TwinPatch) => Promise<void>): void {
 *   client.onTwinDesiredPropertiesPatchReceived = apply
 * }
 * ```
 */
export type TwinPatch = JsonObject & { readonly $version?: number }
