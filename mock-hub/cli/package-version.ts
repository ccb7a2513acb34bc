/** The version of the package. */

import { readFileSync } from 'node:fs'

/** In a checkout the package is one folder above this file, compiled two. */
const PLACES = ['../package.json', '../../package.json']

/** For example `0.1.0`. */
export function packageVersion(): string {
  for (const place of PLACES) {
    try {
      const text = readFileSync(new URL(place, import.meta.url), 'utf8')
      return (JSON.parse(text) as { readonly version: string }).version
    } catch {
      // Not there: the next place.
    }
  }
  return 'unknown'
}
