/** Where the package is, in a checkout and installed alike: `dist/` stands between when it is compiled. */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = [new URL('../', import.meta.url), new URL('../../', import.meta.url)]
  .map((url) => fileURLToPath(url))
  .find((folder) => existsSync(`${folder}package.json`))
if (root === undefined) throw new Error(`the package of ${import.meta.url} has lost its package.json`)

export const ROOT = root

/** A JSON file of the package. @param path from its root. */
export function packagedJson(path: string): unknown {
  return JSON.parse(readFileSync(`${ROOT}${path}`, 'utf8'))
}
