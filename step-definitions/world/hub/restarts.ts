/**
 * Hubs that are killed and started again in the middle of scenarios: between two steps, whenever nothing is under way that
 * does not outlive a hub. `CONFORMANCE_HUB_RESTART=FILE` asks for it, and receives how often it happened.
 */

import { writeFileSync } from 'node:fs'

const FILE = process.env['CONFORMANCE_HUB_RESTART']

/** Hubs of the suite are started again between steps; they keep their state. */
export const RESTARTS = FILE !== undefined

/** Why a hub cannot be started again now. */
export type Reason =
  | 'a client is connected'
  | 'a connection is open'
  | 'a fault is armed'
  | 'a call is under way'
  | 'a message is locked'
  | 'a link to a hub is changed'

/** How often hubs were started again, and what kept them. */
export class RestartCounts {
  scenarios = 0
  restarted = 0
  restarts = 0
  /** Scenarios without a restart, by what kept it. */
  readonly kept = new Map<Reason | 'it has one step with a hub', number>()

  /** A scenario has ended. @param reason what kept the last restart. */
  ended(restarts: number, reason: Reason | undefined): void {
    this.scenarios++
    this.restarts += restarts
    if (restarts > 0) {
      this.restarted++
      return
    }
    const why = reason ?? 'it has one step with a hub'
    this.kept.set(why, (this.kept.get(why) ?? 0) + 1)
  }

  write(): void {
    if (FILE === undefined) return
    const { scenarios, restarted, restarts, kept } = this
    const counts = { scenarios, restarted, restarts, kept: Object.fromEntries(kept) }
    writeFileSync(FILE, `${JSON.stringify(counts, null, 2)}\n`)
  }
}

export const restartCounts = new RestartCounts()
