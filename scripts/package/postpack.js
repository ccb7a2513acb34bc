/** `postpack` of each package: removes the files that `prepack` copied into it, so that a checkout never reads a stale copy. */
import { rmSync } from 'node:fs'
import { removePages } from './pages.js'

for (const copy of ['LICENSE', 'features', 'driver/http-bridge.js'])
  rmSync(copy, { recursive: true, force: true })
removePages()
