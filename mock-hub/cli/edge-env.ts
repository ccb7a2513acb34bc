/** `mock-iot-hub edge-env DEVICE/MODULE`: what IoT Edge would put into the environment of a module (wire contract 10). */

import type { Terminal } from './terminal.ts'
import { quoted } from './ready-text.ts'
import { askService, runningHub } from './running-hub.ts'
import { UsageError } from './usage-error.ts'

/** @throws UsageError for a name that is none, or a hub without a workload API. */
export async function edgeEnvironment(
  name: string,
  { control, http }: { readonly control: string; readonly http: boolean },
  { stdout }: Terminal,
): Promise<void> {
  const [deviceId, moduleId, ...more] = name.split('/')
  if (deviceId === undefined || moduleId === undefined || more.length > 0)
    throw new UsageError(`edge-env takes DEVICE/MODULE, got ${name}`)
  const hub = await runningHub(control)
  const workloadUri = http ? hub.workload?.httpUri : hub.workload?.socketUri
  if (workloadUri === undefined) throw new UsageError('this hub serves no workload API')
  const path = `/devices/${encodeURIComponent(deviceId)}/modules/${encodeURIComponent(moduleId)}?api-version=2021-04-12`
  const { generationId } = (await askService(hub, path)) as { readonly generationId: string } // a module of the registry
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
