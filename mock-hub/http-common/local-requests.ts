/**
 * Listeners without credentials are for this machine only, and a web page that is open in a browser here must not reach
 * them: a page that makes its own name lead to this machine sends that name as `Host`, and any page sends its `Origin`.
 */

import { isLoopback } from './loopback.ts'

/** @returns why a request is not from this machine, in a sentence; undefined: it may be. */
export function foreignRequestProblem({
  host = '',
  origin,
}: {
  readonly host?: string | undefined
  readonly origin?: string | undefined
}): string | undefined {
  if (!isLoopback(hostOf(`http://${host}`)))
    return `expected the header Host to name this machine, for example localhost; given: ${host}`
  if (origin !== undefined && !isLoopback(hostOf(origin)))
    return `expected the header Origin to be absent or to name this machine; given: ${origin}`
  return undefined
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname
  } catch {
    return ''
  }
}
