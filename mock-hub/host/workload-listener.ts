/** The workload API of IoT Edge in the composition root: always, or only while there is a module that could call it. */

import type { Hub } from '../core/contract/hub.ts'
import type { Workload } from '../http/workload/workload.ts'
import type { WorkloadUris } from './mock-hub.ts'
import type { Undo } from './undo.ts'

export interface WorkloadListener {
  /** Undefined: it does not listen now. */
  readonly uris: WorkloadUris | undefined
  /** Settles when it listens, or has stopped, as the modules of now ask for. */
  settled(): Promise<void>
}

/**
 * @param start opens the listeners.
 * @param onDemand listens only while a module exists.
 * @returns when it listens, if it has to. @throws the system's error when an address is not available at the start; a later
 *   one is logged.
 */
export async function listenForModules(
  hub: Hub,
  start: () => Promise<Workload>,
  onDemand: boolean,
  undo: Undo,
): Promise<WorkloadListener> {
  let running: Workload | undefined
  let stopped = false
  let work: Promise<void> | undefined
  const adjust = async (): Promise<void> => {
    const wanted = !stopped && (!onDemand || hasModule(hub))
    if (wanted && running === undefined) running = await start()
    else if (!wanted && running !== undefined) {
      const ending = running
      running = undefined
      await ending.stop()
    }
  }
  /** Later changes wait for it, and many changes at once are one. */
  let again = false
  const adjustLater = (): void => {
    again = true
    work ??= (async () => {
      while (again) {
        // Changes of this turn count together.
        await Promise.resolve()
        again = false
        try {
          await adjust()
        } catch (error) {
          hub.logger.warn(`workload: it cannot listen: ${String(error)}`)
        }
      }
      work = undefined
    })()
  }
  await adjust()
  const stopWatching = onDemand ? hub.registry.onChange(adjustLater) : () => undefined
  undo.push(async () => {
    stopWatching()
    stopped = true
    await work
    await adjust()
  })
  return {
    get uris() {
      return running && { socketUri: running.socketUri, httpUri: running.httpUri }
    },
    settled: async () => {
      await work
    },
  }
}

function hasModule({ registry }: Hub): boolean {
  for (const { identity } of registry.devices())
    if (registry.modulesOf(identity.deviceId).length > 0) return true
  return false
}
