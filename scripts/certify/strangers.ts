/** The clients that are certified here, and how their drivers are started. */

import { join } from 'node:path'
import { DRIVERS, installNode, installPython, pinned, versionOf } from '../oracle/install.ts'

export interface Stranger {
  readonly client: string
  /** Command line of its driver. */
  readonly driver: string
  /** Why it cannot be run on this machine. */
  readonly missing?: string
}

const program = (interpreter: string, file: string): string => `"${interpreter}" "${join(DRIVERS, file)}"`

/** By the name of the npm script's ending; installs what is needed. */
export const strangers: Readonly<Record<string, (() => Stranger) | undefined>> = {
  python: () => {
    const installed = installPython()
    const client = `${pinned('azure-iot-device')} (Python)`
    if ('missing' in installed) return { client, driver: '', missing: installed.missing }
    return { client, driver: program(installed.python, 'python/driver.py') }
  },
  node: () => {
    installNode()
    const client = `azure-iot-device ${versionOf('azure-iot-device')} (Node)`
    return { client, driver: program(process.execPath, 'node/driver.js') }
  },
  bare: () => {
    installNode()
    return { client: `mqtt ${versionOf('mqtt')} alone`, driver: program(process.execPath, 'bare/driver.js') }
  },
}
