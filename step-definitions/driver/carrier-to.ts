/** Which way leads to a driver: a URL is one that listens, anything else is a program to start. */

import type { OpenCarrier } from './carrier.ts'
import { httpCarrier } from './http-carrier.ts'
import { processCarrier } from './process-carrier.ts'

/** @param command `http://board:8080`, or a program and its arguments. */
export function carrierTo(command: readonly string[]): OpenCarrier {
  const [first = '', ...rest] = command
  return rest.length === 0 && /^https?:\/\//.test(first) ? httpCarrier(first) : processCarrier(command)
}
