/** A wrong value of an argument. */

/**
 * An argument has the right type and a wrong value. The documentation's `ValueError`.
 *
 * @example
 * ```ts
 * import { IoTHubDeviceClient, ValueError } from 'mock-iot-hub-client'
 *
 * export function isUsable(connectionString: string): boolean {
 *   try {
 *     IoTHubDeviceClient.createFromConnectionString(connectionString)
 *     return true
 *   } catch (error) {
 *     if (error instanceof ValueError) return false
 *     throw error
 *   }
 * }
 * ```
 */
export class ValueError extends RangeError {
  /** Name of the class. */
  override readonly name = 'ValueError'
  /** Stable text for programs. */
  readonly code = 'IOTHUB_VALUE'
}
