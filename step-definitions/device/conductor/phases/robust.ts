/** A network that is slow or cuts oddly, and deliveries that nobody asked for. */

import type { Provocation, Steps } from '../provocation.ts'
import { Trouble, type Stage } from '../stage.ts'
import { patienceOf, provocation, spoilAttempts } from './common.ts'
import { completed, LARGEST, textOf } from './messages.ts'
import { BIG_DESIRED } from './twin.ts'

/** A message, a method and a desired change, of what the device claims. */
async function exchange(stage: Stage, seconds = stage.patience): Promise<void> {
  const { does } = stage.file
  const ids =
    does.c2d === undefined ? [] : [stage.sendMessage(textOf(stage)), stage.sendMessage(textOf(stage))]
  const method = does.methods?.find(({ slow }) => slow !== true)
  const calls = method === undefined ? [] : [stage.invoke(method.name, method.payload, 60).done]
  if (does.twin?.desired !== undefined) stage.desired({ touched: stage.seq })
  await Promise.all(calls)
  await completed(stage, ids, seconds)
}

async function under(
  stage: Stage,
  steps: Steps,
  faults: readonly (readonly [string, Record<string, number>])[],
): Promise<void> {
  if (stage.link === undefined) throw new Trouble('the device was not connected')
  const ids = faults.map(([name, parameters]) => stage.armFor(name, parameters))
  if (ids.every((id) => stage.fired(id) > 0)) steps.struck()
  await exchange(stage)
  for (const id of ids) stage.disarm(id)
  steps.released()
  await stage.pause(2)
}

export const ROBUST: readonly Provocation[] = [
  provocation(
    'bytes.single',
    'robust',
    ['DUT-ROB-01'],
    (stage, steps) => under(stage, steps, [['tcp.split', {}]]),
    {
      gentle: true,
    },
  ),
  provocation(
    'bytes.together',
    'robust',
    ['DUT-ROB-02'],
    (stage, steps) => under(stage, steps, [['tcp.coalesce', { seconds: 2 }]]),
    { gentle: true },
  ),
  provocation(
    'bytes.slow',
    'robust',
    ['DUT-ROB-03'],
    async (stage, steps) => {
      await under(stage, steps, [['tcp.slow', { bytesPerSecond: 100 }]])
      await under(stage, steps, [['tcp.delay', { seconds: 1 }]])
    },
    { gentle: true, seconds: (file) => 3 * patienceOf(file) },
  ),
  provocation(
    'unasked',
    'robust',
    ['DUT-ROB-04'],
    async (stage, steps) => {
      const topic = stage.armFor('c2d.delivery.topic', { topic: `devices/${stage.key}/messages/unknown/` })
      stage.sendMessage('{"led":"unasked"}')
      if (await stage.untilFired(topic, 1, 10)) steps.struck()
      const forged = stage.armFor('mqtt.puback.forge', { packetId: 65_000 })
      if (stage.has('sendNow')) await stage.pull('sendNow')
      await stage.untilFired(forged, 1, Math.max(15, 2 * (stage.file.does.telemetry?.everySeconds ?? 10)))
      stage.disarm(forged)
      steps.released()
      await stage.pause(5)
      await stage.connected(stage.patience)
      await stage.signOfLife(stage.patience)
    },
    { gentle: true },
  ),
  provocation(
    'malformed',
    'robust',
    ['DUT-PROT-14'],
    async (stage, steps) => {
      const from = stage.seq
      const fault = stage.armFor('mqtt.puback.malformed')
      if (stage.has('sendNow')) await stage.pull('sendNow')
      const { telemetry } = stage.file.does
      if (
        telemetry !== undefined &&
        telemetry.qos !== 0 &&
        (await stage.untilFired(fault, 1, 2 * (telemetry.everySeconds ?? 10) + 10))
      ) {
        steps.struck()
        await stage.back(stage.patience, from)
      }
      stage.disarm(fault)
      if (!(await stage.connected(stage.patience))) {
        steps.released()
        return
      }
      await spoilAttempts(stage, steps, { name: 'mqtt.connack.malformed', scope: { identity: stage.key } })
    },
    { seconds: (file) => 4 * patienceOf(file) },
  ),
  ...LARGEST,
  BIG_DESIRED,
]
