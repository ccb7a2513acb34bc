/** Credentials refused, the device disabled or deleted, its identity shared. */

import type { Provocation, Steps } from '../provocation.ts'
import { Trouble, type Stage } from '../stage.ts'
import { provocation } from './common.ts'

const REFUSED_SECONDS = 60

/** Something refuses the device for a minute; then it may come back. */
export async function refusedForAMinute(
  stage: Stage,
  steps: Steps,
  begin: () => void,
  end: () => void,
): Promise<void> {
  if (stage.link === undefined) throw new Trouble('the device was not connected')
  const from = stage.seq
  begin()
  if ((await stage.next('disconnected', 5, () => true, from)) !== undefined) steps.struck()
  await stage.pause(REFUSED_SECONDS)
  end()
  steps.released()
  await stage.back(Math.max(stage.patience, stage.file.limits.maxPauseSeconds), from)
}

const long = { seconds: ({ limits }: Stage['file']) => REFUSED_SECONDS + limits.maxPauseSeconds }

export const LIFE: readonly Provocation[] = [
  provocation(
    'refused.code5',
    'life',
    ['DUT-CONN-12', 'DUT-CONN-13'],
    async (stage, steps) => {
      let fault = ''
      await refusedForAMinute(
        stage,
        steps,
        () => {
          fault = stage.armFor('mqtt.connack.code', { code: 5 }, { count: 'always' })
          stage.drop()
        },
        () => {
          stage.disarm(fault)
        },
      )
    },
    long,
  ),
  provocation(
    'refused.disabled',
    'life',
    ['DUT-LIFE-01'],
    async (stage, steps) => {
      const { registry } = stage.bench.hub
      const set = (status: 'enabled' | 'disabled'): void => {
        stage.service('identity', status, {})
        registry.update({ deviceId: stage.bench.identity.deviceId }, { status }, '*')
      }
      await refusedForAMinute(
        stage,
        steps,
        () => {
          set('disabled')
        },
        () => {
          set('enabled')
        },
      )
    },
    long,
  ),
  provocation(
    'refused.deleted',
    'life',
    ['DUT-LIFE-02'],
    async (stage, steps) => {
      const { hub, identity } = stage.bench
      const { authentication } = hub.registry.get(identity)
      await refusedForAMinute(
        stage,
        steps,
        () => {
          stage.service('identity', 'deleted', {})
          hub.registry.remove(identity, '*')
        },
        () => {
          stage.service('identity', 'created', {})
          hub.registry.create(identity, { authentication })
        },
      )
    },
    long,
  ),
  provocation('refused.other', 'life', ['DUT-LIFE-03'], (stage, steps) => fight(stage, steps)),
]

/** The suite takes the connection again and again. */
async function fight(stage: Stage, steps: Steps): Promise<void> {
  const { bench } = stage
  const end = stage.now + REFUSED_SECONDS * 1000
  const from = stage.seq
  while (stage.now < end) {
    let isOpen = true
    let closed: () => void = () => undefined
    const gone = new Promise<void>((resolve) => (closed = resolve))
    const { code, socket } = await bench.connectAs(bench.identity, 5, () => {
      isOpen = false
      closed()
    })
    if (code === 0) steps.struck()
    await Promise.race([gone, stage.pause(Math.max(1, (end - stage.now) / 1000))])
    // Otherwise it is held until the end.
    // Changed by a callback meanwhile.
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
    if (isOpen) socket?.destroy()
    if (stage.now < end) await stage.pause(1)
  }
  steps.released()
  if (stage.link === undefined) await stage.back(stage.patience, from)
}
