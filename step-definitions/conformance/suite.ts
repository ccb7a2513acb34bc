/** Where the suite's own files are. */

import { fileURLToPath } from 'node:url'
import { packagedJson, ROOT } from '../package-root.ts'

const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

export const SUITE = {
  root: ROOT,
  features: `${ROOT}features`,
  catalogue: `${ROOT}features/requirements`,
  /** What cucumber-js loads. */
  code: [fileURLToPath(new URL(`../index.${ENDING}`, import.meta.url))],
  version: (packagedJson('package.json') as { version: string }).version,
} as const
