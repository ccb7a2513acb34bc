/**
 * Parts of a hub that the options ask for: a clock, blob storage, the workload API, the control API. Each is loaded when
 * it is needed, so that a hub without it starts sooner.
 */

import { AccountStorage } from '../blob/account-storage.ts'
import { BuiltInStorage } from '../blob/built-in-storage.ts'
import { removeAbandonedFolders } from '../blob/temporary-folders.ts'
import type { ControlServerOptions } from '../control/context.ts'
import { listenForControl } from '../control/listener.ts'
import { HubClock } from '../base/clock.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Workload } from '../http/workload/workload.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import type { Undo } from './undo.ts'
import { listenForModules, type WorkloadListener } from './workload-listener.ts'
import type { HubTls } from '../net/hub-certificates.ts'

/** Once per process: killed hubs leave their uploads behind. */
let cleaning: Promise<void> | undefined

/** A clock that the hub stops. */
export function ownClock(undo: Undo): HubClock {
  const clock = new HubClock()
  undo.push(() => {
    clock.stop()
  })
  return clock
}

/** Attaches the storage that the options name. @returns the storage when the hub itself serves the blobs. */
export async function attachBlobs(
  { blob, hostName }: ResolvedOptions,
  hub: Hub,
  tls: HubTls,
  undo: Undo,
  blobDirectory: string | undefined,
): Promise<BuiltInStorage | undefined> {
  const { clock, commits } = hub
  if (blob === false) return undefined
  cleaning ??= removeAbandonedFolders()
  if (blob === 'own') {
    const own = new BuiltInStorage({ clock, hostName, directory: blobDirectory, commits })
    if (blobDirectory === undefined) undo.push(() => own.clear())
    hub.attachBlobStorage(own)
    return own
  }
  if (blob === 'azurite') {
    const { key, cert } = tls.server
    const { startAzurite } = await import('../blob/azurite.ts')
    const azurite = await startAzurite({ clock, hostName, tls: { key, cert, ca: tls.authority.cert } })
    undo.push(() => azurite.stop())
    hub.attachBlobStorage(azurite.storage)
    return undefined
  }
  hub.attachBlobStorage(new AccountStorage({ clock, connectionString: blob.connectionString }))
  return undefined
}

/** Starts the workload API. @returns undefined when the options ask for none. */
export async function openWorkload(
  { workload }: ResolvedOptions,
  hub: Hub,
  tls: HubTls,
  undo: Undo,
): Promise<WorkloadListener | undefined> {
  if (workload === undefined) return undefined
  const { onDemand = false, ...where } = workload
  const start = async (): Promise<Workload> => {
    const { startWorkload } = await import('../http/workload/workload.ts')
    return startWorkload(hub, {
      ...where,
      trustBundle: () => tls.edgeTrustBundle(),
      issueCertificate: (request) => tls.issue(request),
    })
  }
  return listenForModules(hub, start, onDemand, undo)
}

/** Starts the control API. @returns undefined when the options ask for none. */
export async function openControl(
  { controlPort, controlAddress, controlToken }: ResolvedOptions,
  options: Omit<ControlServerOptions, 'token'>,
  undo: Undo,
): Promise<{ readonly port: number; readonly url: string } | undefined> {
  if (controlPort === false) return undefined
  const listener = await listenForControl(
    { ...options, token: controlToken },
    { host: controlAddress, port: controlPort },
  )
  undo.push(() => listener.stop())
  const { port } = listener
  const host = controlAddress.includes(':') ? `[${controlAddress}]` : controlAddress
  return { port, url: `http://${host}:${String(port)}` }
}
