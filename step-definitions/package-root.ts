/** Finds the files of the package, in a checkout and when installed: compiled, this file is in `dist/`. */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

function folderWith(file: string, candidates: readonly string[]): string {
  const root = candidates
    .map((candidate) => fileURLToPath(new URL(candidate, import.meta.url)))
    .find((folder) => existsSync(`${folder}${file}`))
  if (root === undefined) throw new Error(`${import.meta.url}: the package has no ${file}`)
  return root
}

/** The folder of the package, with a trailing `/`. */
export const ROOT = folderWith('package.json', ['./', '../'])

/** The folder of features, requirements and vectors: in the package, or at the top of a checkout. */
export const FEATURES = folderWith('requirements', ['./features/', '../features/'])

/** Reads a JSON file of the package. @param path relative to the package; `features/…` wherever the features are. */
export function packagedJson(path: string): unknown {
  const file = path.startsWith('features/')
    ? `${FEATURES}${path.slice('features/'.length)}`
    : `${ROOT}${path}`
  return JSON.parse(readFileSync(file, 'utf8'))
}
