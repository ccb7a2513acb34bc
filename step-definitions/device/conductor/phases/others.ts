/** What needs a bench of its own, hours, or the end of the run. */

import type { Provocation } from '../provocation.ts'
import { loseAndReturn, provocation } from './common.ts'

const noDns: Provocation['impossible'] = ({ network }) =>
  network.dns === 'suite' ? 'the bench serves no DNS yet' : 'the device does not use the DNS of the suite'

export const FAILOVER: readonly Provocation[] = [
  provocation('dns.moves', 'failover', ['DUT-NET-03'], async () => Promise.resolve(), { impossible: noDns }),
  provocation('dns.fails', 'failover', ['DUT-NET-04'], async () => Promise.resolve(), { impossible: noDns }),
]

export const DPS: Provocation = provocation(
  'backoff.dps',
  'backoff',
  ['DUT-BACK-06'],
  async () => Promise.resolve(),
  {
    impossible: () => 'the device file names no provisioning service',
  },
)

const LOSSES = 20
const HOURS = 24

export const LONG: readonly Provocation[] = [
  provocation(
    'long',
    'long',
    ['DUT-LONG-01', 'DUT-LONG-02', 'DUT-LONG-03', 'DUT-LONG-04'],
    async (stage, steps) => {
      steps.struck()
      const pause = (HOURS * 3_600) / (LOSSES + 1)
      for (let at = 0; at < LOSSES; at++) {
        await stage.pause(pause)
        if (await stage.connected(stage.patience))
          await loseAndReturn(stage, { struck: () => undefined, released: () => undefined }, () => {
            stage.service('loss', String(at), {})
            stage.drop()
          })
      }
      await stage.pause(pause)
      steps.released()
    },
    { seconds: () => HOURS * 3_600 },
  ),
]

export const STOP: Provocation = provocation(
  'stop',
  'stop',
  ['DUT-PROT-11'],
  async (stage, steps) => {
    const { link } = stage
    const from = stage.seq
    steps.struck()
    await stage.pull('stop')
    steps.released()
    await stage.next('link-closed', 15, (one) => one.link === link, from)
  },
  {
    impossible: ({ triggers }) => (triggers.stop === undefined ? 'there is no trigger stop' : undefined),
    gentle: true,
  },
)
