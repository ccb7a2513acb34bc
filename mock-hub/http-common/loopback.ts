/** Which host names and addresses mean this machine. */

import { isIP } from 'node:net'

/** @param host a name or an address; an IPv6 address may stand in brackets, as in a URL. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1') return true
  return isIP(bare) === 4 && bare.startsWith('127.')
}
