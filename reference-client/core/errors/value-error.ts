/** The error of an argument with a wrong value. */

/**
 * An argument has the right type and a wrong value: the documented `ValueError`.
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
  /** The name of the class. */
  override readonly name = 'ValueError'
  /** A stable code. */
  readonly code = 'IOTHUB_VALUE'
}
