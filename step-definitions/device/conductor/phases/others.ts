/** What needs a bench of its own, hours, or the end of the run. */

import type { Provocation, Steps } from '../provocation.ts'
import { Trouble, type Stage } from '../stage.ts'
import { loseAndReturn, provocation } from './common.ts'

const SUITE_DNS = 'the device does not use the DNS of the suite (network.dns: suite)'
const noDns: Provocation['impossible'] = ({ network }) => (network.dns === 'suite' ? undefined : SUITE_DNS)
/** How long the first address stays dead. */
const MOVED_SECONDS = 600
const FAILING_SECONDS = 60

export const FAILOVER: readonly Provocation[] = [
  provocation('dns.moves', 'failover', ['DUT-NET-03'], (stage, steps) => moves(stage, steps), {
    impossible: noDns,
    seconds: ({ limits }) => MOVED_SECONDS + limits.patienceSeconds,
  }),
  provocation(
    'dns.fails',
    'failover',
    ['DUT-NET-04'],
    async (stage, steps) => {
      const { dns } = stage.bench
      if (dns === undefined) throw new Trouble('the bench serves no DNS')
      const from = stage.seq
      dns.fails = true
      if (!stage.drop()) throw new Trouble('the device was not connected')
      if ((await stage.next('dns', FAILING_SECONDS)) !== undefined) steps.struck()
      await stage.pause(FAILING_SECONDS)
      dns.fails = false
      steps.released()
      await stage.back(stage.patience, from)
    },
    { impossible: noDns },
  ),
]

/** The name leads to the second address, and the first one ends each connection, until the device has found the way. */
async function moves(stage: Stage, steps: Steps): Promise<void> {
  const { dns, relay } = stage.bench
  if (dns === undefined || relay === undefined)
    throw new Trouble('the bench has no second address (--second-address)')
  const home = dns.leadsTo
  const end = stage.now + MOVED_SECONDS * 1000
  dns.leadsTo = relay.address
  if (!stage.drop()) throw new Trouble('the device was not connected')
  steps.struck()
  for (let after = stage.seq; stage.now < end;) {
    const one = await stage.next('connected', (end - stage.now) / 1000, () => true, after)
    if (one === undefined || stage.bench.isRelayed(one.link)) break
    after = one.seq
    stage.drop()
  }
  await stage.signOfLife(stage.patience)
  steps.released()
  dns.leadsTo = home
  stage.drop()
}

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
const DAY_SECONDS = 86_400

export const LONG: readonly Provocation[] = [
  provocation(
    'long',
    'long',
    ['DUT-LONG-01', 'DUT-LONG-02', 'DUT-LONG-03', 'DUT-LONG-04'],
    async (stage, steps) => {
      steps.struck()
      const pause = stage.enduranceSeconds / (LOSSES + 1)
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
    { seconds: () => DAY_SECONDS },
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
    await stage.next('link-closed', stage.patience, (one) => one.link === link, from)
  },
  {
    impossible: ({ triggers }) => (triggers.stop === undefined ? 'there is no trigger stop' : undefined),
    gentle: true,
  },
)
