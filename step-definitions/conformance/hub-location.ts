/** Where the hub under test is, and its provisioning service: read from the flags of a run. */

import { readFileSync } from 'node:fs'
import { connectionStringParts } from '../raw-clients/hub-under-test.ts'
import type { HubLocation } from '../raw-clients/remote-hub.ts'
import type { ProvisioningLocation } from '../raw-clients/provisioning/remote-provisioning.ts'
import { UsageError } from './usage-error.ts'

/** The flags that say where the hub is, and those that exclude it. */
export interface HubFlags {
  readonly driver?: string
  readonly sut?: string
  readonly hub?: string
  readonly hubAddress?: string
  readonly hubPorts?: string
  readonly hubEvents?: boolean
  readonly hubCa?: string
  readonly hubControl?: string
  readonly dps?: string
  readonly dpsScope?: string
  readonly dpsPorts?: string
}

/** The remote hub under test; undefined: the embedded hub. @throws UsageError. */
export function hubOf(flags: HubFlags): HubLocation | undefined {
  const { hub, hubAddress, hubPorts = '', hubEvents, hubCa, hubControl, driver, sut } = flags
  if (hub === undefined) {
    if (flags.dps !== undefined)
      throw new UsageError('--dps: needs --hub, the hub that is linked to the provisioning service')
    return undefined
  }
  checkConnectionString('--hub', hub)
  if (driver !== undefined || sut === 'client')
    throw new UsageError(
      '--hub: cannot be combined with --driver or --sut client, clients are tested with the embedded hub',
    )
  return {
    ...{ serviceConnectionString: hub, address: hubAddress, control: hubControl },
    ...portsOf('--hub-ports', hubPorts),
    hasEvents: hubEvents === true,
    caPem: hubCa === undefined ? undefined : textOf('--hub-ca', hubCa),
    provisioning: provisioningOf(flags),
  }
}

/** @throws UsageError. */
function provisioningOf({ dps, dpsScope, dpsPorts = '' }: HubFlags): ProvisioningLocation | undefined {
  if (dps === undefined) {
    if (dpsScope !== undefined)
      throw new UsageError('--dps-scope: needs --dps, the connection string of the provisioning service')
    return undefined
  }
  checkConnectionString('--dps', dps)
  if (dpsScope === undefined || dpsScope === '')
    throw new UsageError('--dps: needs --dps-scope, the ID scope that devices name, such as 0ne00111111')
  return { serviceConnectionString: dps, idScope: dpsScope, ...portsOf('--dps-ports', dpsPorts) }
}

/** The text may be a secret: only the names in it are shown. @throws UsageError. */
function checkConnectionString(flag: string, text: string): void {
  const parts = connectionStringParts(text)
  const missing = ['HostName', 'SharedAccessKeyName', 'SharedAccessKey'].some((name) => !(parts[name] ?? ''))
  if (!missing) return
  throw new UsageError(
    `${flag}: must contain HostName, SharedAccessKeyName and SharedAccessKey, got ${Object.keys(parts).join(', ')}`,
  )
}

function portsOf(
  flag: string,
  given: string,
): { readonly mqttPort: number; readonly httpsPort: number; readonly amqpPort: number | undefined } {
  const [mqttPort = NaN, httpsPort = NaN, amqpPort] = given.split(',').map(Number)
  if (![mqttPort, httpsPort, amqpPort ?? 0].every(Number.isInteger))
    throw new UsageError(`${flag}: must be two or three numbers such as 8883,443,5671, got ${given}`)
  return { mqttPort, httpsPort, amqpPort }
}

/** The text of a file. @throws UsageError. */
export function textOf(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${flag}: ${file} cannot be read: ${error instanceof Error ? error.message : ''}`)
  }
}
