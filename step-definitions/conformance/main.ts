#!/usr/bin/env node
/** The bin `iot-hub-conformance`. */

import { conformance } from './program.ts'

process.exitCode = await conformance(process.argv.slice(2), process)
// A client under test may keep handles that nobody can end.
process.exit()
