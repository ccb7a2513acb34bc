#!/usr/bin/env node
/** The command `mock-iot-hub` of the published package; `build-command.js` puts in the name of the bundle. */
import { join } from 'node:path'
import { loadBundle } from './load-bundle.js'

const { run } = loadBundle(join(import.meta.dirname, 'BUNDLE'), import.meta.url)
process.exitCode = await run(process.argv.slice(2), process)
