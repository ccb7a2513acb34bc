/** What waits while the device is away, and sessions that are kept or lost. */

import type { Provocation } from '../provocation.ts'
import { loseAndReturn, outage, provocation } from './common.ts'
import { completed, textOf } from './messages.ts'

const none = (): string => 'the device does not claim cloud-to-device messages'

export const SESSION: readonly Provocation[] = [
  provocation(
    'session.away',
    'session',
    ['DUT-SESS-01', 'DUT-C2D-04'],
    async (stage, steps) => {
      const ids: string[] = []
      await outage(stage, steps, 5, {
        meanwhile: () => {
          for (let times = 0; times < 3; times++) ids.push(stage.sendMessage(textOf(stage)))
        },
      })
      await completed(stage, ids, stage.patience)
    },
    { impossible: ({ does }) => (does.c2d === undefined ? none() : undefined) },
  ),
  provocation('session.forgotten', 'session', ['DUT-SESS-02'], async (stage, steps) => {
    const from = stage.seq
    stage.armFor('sessions.forget')
    await loseAndReturn(stage, steps, () => stage.drop())
    await stage.packet(stage.patience, ({ cmd }) => cmd === 'subscribe', from)
    await stage.pause(2)
  }),
]
