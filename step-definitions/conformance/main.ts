#!/usr/bin/env node
/** The program `iot-hub-conformance`. */

import { conformance } from './program.ts'

process.exitCode = await conformance(process.argv.slice(2), process)
// A client under test may keep handles open.
process.exit()
