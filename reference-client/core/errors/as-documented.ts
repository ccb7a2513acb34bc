/** Turns every error into a documented one. */

import { ClientError } from './client-errors.ts'
import { IoTHubError } from './iot-hub-error.ts'
import { OSError } from './os-error.ts'
import { ValueError } from './value-error.ts'

/** @internal Wraps an unexpected error in the documented "unexpected failure". Returns documented errors unchanged. */
export function asDocumented(error: unknown): Error {
  if (
    error instanceof IoTHubError ||
    error instanceof ValueError ||
    error instanceof OSError ||
    error instanceof TypeError
  ) {
    return error
  }
  return new ClientError('Unexpected failure', { cause: error })
}
