/** Every error leaves the client as a documented one. */

import { ClientError } from './client-errors.ts'
import { IoTHubError } from './iot-hub-error.ts'
import { OSError } from './os-error.ts'
import { ValueError } from './value-error.ts'

/** @internal Whatever was not foreseen, as the documented "unexpected failure". Documented errors pass unchanged. */
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
