/** Whether the clocks of this machine and of a running hub are such that tokens and certificates are valid. */

import { durationText } from '../../base/duration.ts'
import { HubClock } from '../../base/clock.ts'
import { callControl, type ControlFlags } from '../running-hub.ts'
import { findingsOf, type Finding } from './finding.ts'

const { ok, note, problem } = findingsOf('clock')
/** This program is newer than that. */
const OLDEST_MS = Date.UTC(2025, 0, 1)
/** The skew that the hub accepts. */
const SKEW_SECONDS = 300

/** @param running a hub answers at the control API. */
export async function clockFindings(flags: ControlFlags, running: boolean): Promise<readonly Finding[]> {
  const now = new HubClock().now()
  const utc = new Date(now).toISOString()
  const system =
    now > OLDEST_MS
      ? ok(`the system clock says ${utc}`)
      : problem(`the system clock says ${utc}: certificates and tokens are not valid yet`, 'set the clock')
  if (!running) return [system]
  const answer = await callControl(flags, 'GET', '/clock')
  const { offsetSeconds = 0, frozen = false } = (await answer.json()) as {
    readonly offsetSeconds?: number
    readonly frozen?: boolean
  }
  const far = `${durationText(Math.abs(offsetSeconds) * 1000)} ${offsetSeconds > 0 ? 'ahead of' : 'behind'} the system clock`
  const remedy = 'POST /clock/offset {"by":0}, or POST /reset'
  if (Math.abs(offsetSeconds) > SKEW_SECONDS)
    return [
      system,
      note(`the clock of the running hub is ${far}: tokens of clients may have expired there`, remedy),
    ]
  return [
    system,
    frozen
      ? note('the clock of the running hub stands still', 'POST /clock/resume')
      : ok('the clock of the running hub goes with it'),
  ]
}
