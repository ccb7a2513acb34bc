/** Where the package is, in a checkout and installed alike: compiled, this file is in `dist/`. */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

function firstThatHas(file: string, candidates: readonly string[]): string {
  const root = candidates
    .map((candidate) => fileURLToPath(new URL(candidate, import.meta.url)))
    .find((folder) => existsSync(`${folder}${file}`))
  if (root === undefined) throw new Error(`the package of ${import.meta.url} has no ${file}`)
  return root
}

/** Folder of the package's own files, with a `/` at its end. */
export const ROOT = firstThatHas('package.json', ['./', '../'])

/** Folder of features, requirements and vectors: in the package, and at the top of a checkout. */
export const FEATURES = firstThatHas('requirements', ['./features/', '../features/'])

/** A JSON file of the package. @param path from its root; `features/…` wherever the features are. */
export function packagedJson(path: string): unknown {
  const file = path.startsWith('features/') ? `${FEATURES}${path.slice('features/'.length)}` : `${ROOT}${path}`
  return JSON.parse(readFileSync(file, 'utf8'))
}
