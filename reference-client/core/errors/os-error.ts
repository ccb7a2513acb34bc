/** Errors of the system: files, the environment, the workload API. */

import type { IoTHubErrorOptions } from './iot-hub-error.ts'

/**
 * A file, the environment or the workload API of the Edge runtime cannot be used.
 *
 * @example
 * ```ts
 * import { IoTHubModuleClient, OSError } from 'mock-iot-hub-client'
 *
 * export async function insideEdge(): Promise<IoTHubModuleClient | undefined> {
 *   try {
 *     return await IoTHubModuleClient.createFromEdgeEnvironment()
 *   } catch (error) {
 *     if (error instanceof OSError) return undefined
 *     throw error
 *   }
 * }
 * ```
 */
export class OSError extends Error {
  /** The name of the class. */
  override readonly name = 'OSError'
  /** The code of the system, for example `ENOENT`; `IOTHUB_OS` when there is none. */
  readonly code: string

  constructor(message: string, options?: IoTHubErrorOptions) {
    super(message, options)
    this.code = systemCodeOf(options?.cause) ?? 'IOTHUB_OS'
  }
}

/** The `code` of a system error of Node. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
