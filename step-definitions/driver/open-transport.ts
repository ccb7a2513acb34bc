/** Chooses the transport to a driver: HTTP for a URL, otherwise the standard streams of a program. */

import type { OpenTransport } from './driver-transport.ts'
import { httpTransport } from './http-transport.ts'
import { processTransport } from './process-transport.ts'

/** @param command a URL such as `http://board:8080`, or a program and its arguments. */
export function openTransport(command: readonly string[]): OpenTransport {
  const [first = '', ...rest] = command
  return rest.length === 0 && /^https?:\/\//.test(first) ? httpTransport(first) : processTransport(command)
}
