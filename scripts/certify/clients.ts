/** The clients that `scripts/certify/main.ts` certifies, and the command lines of their drivers. */

import { join } from 'node:path'
import {
  DRIVERS,
  installJava,
  installNode,
  installPython,
  pinned,
  versionOf,
  versionOfJava,
} from '../oracle/install.ts'

export interface CertifiedClient {
  readonly client: string
  /** Command line of its driver. */
  readonly driver: string
  /** Why it cannot be run on this machine. */
  readonly missing?: string
  /** Real seconds for a call, when it needs more than others: a client with a clock of its own. */
  readonly callSeconds?: number
  /** Its driver listens on the fixed ports of the SDK and redirects connections from there. */
  readonly fixedPorts?: boolean
}

const program = (interpreter: string, file: string): string => `"${interpreter}" "${join(DRIVERS, file)}"`

/** By the ending of the npm script's name; each function installs what the driver needs. */
export const CLIENTS: Readonly<Record<string, (() => CertifiedClient) | undefined>> = {
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
  java: () => {
    const installed = installJava()
    const client = `iot-device-client ${versionOfJava('iot-device-client')} (Java)`
    if ('missing' in installed) return { client, driver: '', missing: installed.missing }
    const hosts = `-Djdk.net.hosts.file=${join(DRIVERS, 'java/hosts')}`
    return {
      client,
      fixedPorts: true,
      callSeconds: 6,
      driver: `java "${hosts}" -cp "${installed.classPath}" Driver`,
    }
  },
  bare: () => {
    installNode()
    return { client: `mqtt ${versionOf('mqtt')} alone`, driver: program(process.execPath, 'bare/driver.js') }
  },
}
