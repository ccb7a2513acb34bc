/**
 * What stands around the core when options ask for it: a clock, blob storage, the workload API, the control listener.
 * Each is loaded when it is asked for: a hub without them starts sooner.
 */

import { AccountStorage } from '../blob/account-storage.ts'
import { BuiltInStorage } from '../blob/built-in-storage.ts'
import type { ControlServerOptions } from '../control/server.ts'
import { HubClock } from '../base/clock.ts'
import type { Hub } from '../core/contract/hub.ts'
import type { Workload } from '../http/workload/workload.ts'
import type { MockHubOptions } from './options.ts'
import type { HubTls } from '../net/hub-certificates.ts'

/** Steps that undo what was started, in order of starting. */
export type Undo = (() => unknown)[]

/** A clock that runs until the hub stops. */
export function ownClock(undo: Undo): HubClock {
  const clock = new HubClock()
  undo.push(() => {
    clock.stop()
  })
  return clock
}

/** Attaches the storage that the options name. @returns it when the hub itself is to serve the blobs. */
export async function attachBlobs(
  { blob = 'own', hostName = 'localhost' }: MockHubOptions,
  hub: Hub,
  tls: HubTls,
  undo: Undo,
): Promise<BuiltInStorage | undefined> {
  const { clock } = hub
  if (blob === false) return undefined
  if (blob === 'own') {
    const own = new BuiltInStorage({ clock, hostName })
    undo.push(() => own.stop())
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

export async function openWorkload(
  { workload }: MockHubOptions,
  hub: Hub,
  tls: HubTls,
  undo: Undo,
): Promise<Workload | undefined> {
  if (workload === undefined) return undefined
  const { startWorkload } = await import('../http/workload/workload.ts')
  const started = await startWorkload(hub, {
    ...workload,
    caPem: tls.authority.cert,
    issueCertificate: tls.issue,
  })
  undo.push(() => started.stop())
  return started
}

/** @returns undefined when the options want none. */
export async function openControl(
  { controlPort = 0, controlAddress = '127.0.0.1', controlToken }: MockHubOptions,
  about: Omit<ControlServerOptions, 'token'>,
  undo: Undo,
): Promise<{ readonly port: number; readonly url: string } | undefined> {
  if (controlPort === false) return undefined
  const { createControlServer } = await import('../control/server.ts')
  const server = await createControlServer({ ...about, token: controlToken })
  undo.push(() => server.stop())
  const { port } = await server.listen({ host: controlAddress, port: controlPort })
  const host = controlAddress.includes(':') ? `[${controlAddress}]` : controlAddress
  return { port, url: `http://${host}:${String(port)}` }
}
