/** `mock-iot-hub edge-env DEVICE/MODULE`: prints the environment variables that IoT Edge gives to a module. */

import type { Terminal } from '../terminal.ts'
import { quoted } from '../ready-text.ts'
import { readDocument, runningHub, type ControlFlags } from '../running-hub.ts'
import { UsageError } from '../usage-error.ts'

/** @throws UsageError for an invalid name, or a hub without a workload API. */
export async function edgeEnvironment(
  name: string,
  flags: ControlFlags & { readonly http: boolean },
  { stdout }: Terminal,
): Promise<void> {
  const [deviceId, moduleId, ...more] = name.split('/')
  if (deviceId === undefined || moduleId === undefined || more.length > 0)
    throw new UsageError(`edge-env: expected DEVICE/MODULE; given: "${name}"`)
  const hub = await runningHub(flags)
  const workloadUri = flags.http ? hub.workload?.httpUri : hub.workload?.socketUri
  if (workloadUri === undefined)
    throw new UsageError('edge-env: this hub has no workload API; it listens while a module exists')
  const path = `/devices/${encodeURIComponent(deviceId)}/modules/${encodeURIComponent(moduleId)}?api-version=2021-04-12`
  const { generationId } = (await readDocument(hub, path)) as { readonly generationId: string } // a module, as the service API returns it
  const variables = {
    IOTEDGE_WORKLOADURI: workloadUri,
    IOTEDGE_DEVICEID: deviceId,
    IOTEDGE_MODULEID: moduleId,
    IOTEDGE_MODULEGENERATIONID: generationId,
    IOTEDGE_IOTHUBHOSTNAME: hub.hostName,
    IOTEDGE_GATEWAYHOSTNAME: hub.hostName,
    IOTEDGE_APIVERSION: '2021-12-07',
    IOTEDGE_AUTHSCHEME: 'sasToken',
  }
  for (const [variable, value] of Object.entries(variables))
    stdout.write(`export ${variable}=${quoted(value)}\n`)
}
