#!/usr/bin/env node
/** The command `mock-iot-hub`. */

import { run } from './cli/program.ts'

process.exitCode = await run(process.argv.slice(2), process)
