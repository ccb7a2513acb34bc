/**
 * Other functions in `node:fs` and `node:fs/promises`. Test files share their modules (vitest.config.ts), so a module that is
 * mocked is the real one where another test file came first, and the mock where it comes later; imports of built-in modules
 * follow a change at once, and back.
 */

import type * as files from 'node:fs'
import type * as asynchronousFiles from 'node:fs/promises'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { onTestFinished } from 'vitest'

const require = createRequire(import.meta.url)

type Files = typeof files
type AsynchronousFiles = typeof asynchronousFiles

/** Until the end of the test. @param change is given the functions of the system. */
export function patchFiles(change: (system: Files) => Partial<Files>): void {
  patch('node:fs', change)
}

/** Until the end of the test. @param change is given the functions of the system. */
export function patchAsynchronousFiles(
  change: (system: AsynchronousFiles) => Partial<AsynchronousFiles>,
): void {
  patch('node:fs/promises', change)
}

function patch<M extends object>(name: string, change: (system: M) => Partial<M>): void {
  const module = require(name) as M
  const system = { ...module }
  const changed = change(system)
  const set = (functions: Partial<M>): void => {
    Object.assign(module, functions)
    syncBuiltinESMExports()
  }
  set(changed)
  onTestFinished(() => {
    set(Object.fromEntries(Object.entries(system).filter(([key]) => key in changed)) as Partial<M>)
  })
}
