/** The device is started, and what it does by itself is watched. */

import type { Provocation } from '../provocation.ts'
import { keepAliveOf, provocation } from './common.ts'

/** Pieces of telemetry that are waited for. */
const MESSAGES = 3
const LONGEST_WATCH = 90
const SLOW_SECONDS = 1

export const HAPPY: readonly Provocation[] = [
  provocation(
    'start',
    'happy',
    ['DUT-NET-01', 'DUT-TLS-01', 'DUT-D2C-01'],
    async (stage, steps) => {
      const from = stage.seq
      // A hub that takes a second lets it be seen what is under way at once.
      stage.armFor('mqtt.puback.delay', { seconds: SLOW_SECONDS }, { count: 20 })
      stage.armFor('twin.response.delay', { seconds: SLOW_SECONDS }, { count: 4 })
      steps.struck()
      if (stage.has('start')) await stage.pull('start')
      steps.released()
      if (!(await stage.connected(stage.patience))) return
      await stage.signOfLife(stage.patience, from)
      const { telemetry } = stage.file.does
      if (telemetry === undefined) {
        await stage.pause(5)
        return
      }
      if (stage.has('sendNow')) for (let at = 0; at < MESSAGES; at++) await stage.pull('sendNow')
      const every = telemetry.everySeconds ?? 10
      const watch = Math.min(LONGEST_WATCH, Math.max(5, (MESSAGES + 0.5) * every))
      await stage.pause(watch)
    },
    { seconds: ({ limits }) => limits.patienceSeconds + LONGEST_WATCH },
  ),
  provocation(
    'idle',
    'always',
    ['DUT-PROT-09'],
    async (stage, steps) => {
      const keepAlive = keepAliveOf(stage)
      steps.struck()
      // Longer keep-alives are watched while everything else goes on.
      if (keepAlive > 0 && keepAlive <= 60) await stage.pause(keepAlive * 1.6)
      steps.released()
    },
    { gentle: true, seconds: () => 100 },
  ),
]
