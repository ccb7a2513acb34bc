/** The files of the suite. */

import { fileURLToPath, pathToFileURL } from 'node:url'
import { FEATURES, packagedJson } from '../package-root.ts'

const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

export const SUITE = {
  /** Reported paths of features are relative to this folder. */
  root: fileURLToPath(new URL('..', pathToFileURL(FEATURES))),
  features: FEATURES.replace(/\/$/, ''),
  catalogue: `${FEATURES}requirements`,
  /** The step definitions that cucumber-js loads. */
  code: [fileURLToPath(new URL(`../index.${ENDING}`, import.meta.url))],
  version: (packagedJson('package.json') as { version: string }).version,
} as const
