/** Where the suite's own files are, in a checkout and in the installed package alike. */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const STEPS = fileURLToPath(new URL('../', import.meta.url))
const ENDING = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
/** The package's root: `dist/` stands between when it is compiled. */
const ROOT = [new URL('../../', import.meta.url), new URL('../../../', import.meta.url)]
  .map((url) => fileURLToPath(url))
  .find((folder) => existsSync(`${folder}package.json`))

if (ROOT === undefined) throw new Error(`the package of ${STEPS} has lost its package.json`)

export const SUITE = {
  root: ROOT,
  features: `${ROOT}features`,
  catalogue: `${ROOT}features/requirements`,
  /** What cucumber-js loads, the World first. */
  code: [`${STEPS}{world,hooks,parameter-types}.${ENDING}`, `${STEPS}steps/**/*.steps.${ENDING}`],
  version: (JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string }).version,
} as const
