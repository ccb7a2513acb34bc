#!/usr/bin/env node
/** The bin `mock-iot-hub`: a hub at the command line. */

import { run } from './cli/program.ts'

process.exitCode = await run(process.argv.slice(2), process)
