import { InvalidInput } from '../base/invalid-input.ts'
import { isLoopback } from '../http-common/loopback.ts'

/** @throws InvalidInput for an address that other machines reach, when there is no token. */
export function requireLoopback(host: string, token: string | undefined): void {
  if (token === undefined && !isLoopback(host))
    throw new InvalidInput('control', 'address', 'to be loopback when there is no control token', host)
}
