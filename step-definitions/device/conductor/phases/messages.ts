/** Cloud-to-device messages and their effect. */

import type { Stage } from '../stage.ts'
import { Trouble } from '../stage.ts'
import type { Provocation, Steps } from '../provocation.ts'
import { needs, provocation } from './common.ts'

export const LARGE_BYTES = 32 * 1024
/** The largest message of the service. */
const LARGEST_BYTES = 65_000

/** Waits until the hub has heard what became of these messages. */
export async function completed(stage: Stage, ids: readonly string[], seconds: number): Promise<boolean> {
  const open = new Set(ids)
  for (const entry of stage.bench.recorder.entries)
    if (entry.type === 'feedback') open.delete(entry.messageId)
  return stage.when(() => {
    for (const entry of stage.bench.recorder.entries.slice(-20))
      if (entry.type === 'feedback') open.delete(entry.messageId)
    return open.size === 0
  }, seconds)
}

export function textOf(stage: Stage): string {
  return stage.file.does.c2d?.text ?? ''
}

const FEEDBACK_SECONDS = 30

async function sendAndWait(stage: Stage, steps: Steps, bodies: readonly (Buffer | string)[]): Promise<void> {
  if (stage.link === undefined) throw new Trouble('the device was not connected')
  const ids = bodies.map((body) => stage.sendMessage(body))
  steps.struck()
  steps.released()
  await completed(stage, ids, Math.max(FEEDBACK_SECONDS, stage.patience))
}

export const MESSAGES: readonly Provocation[] = [
  provocation(
    'c2d.known',
    'messages',
    ['DUT-C2D-01', 'DUT-C2D-02'],
    async (stage, steps) => {
      await sendAndWait(stage, steps, [textOf(stage)])
      const { c2d } = stage.file.does
      // Late effects count as well, as a WARN.
      if (c2d?.shows !== undefined) await stage.pause(c2d.withinSeconds)
    },
    { gentle: true, impossible: needs.messages },
  ),
  provocation(
    'c2d.properties',
    'messages',
    ['DUT-C2D-03'],
    async (stage, steps) => {
      if (stage.link === undefined) throw new Trouble('the device was not connected')
      const ids = [
        stage.sendMessage(textOf(stage), { prop1: null, prop2: '', prop3: 'a b' }),
        stage.sendMessage('', { prop1: null }),
        stage.sendMessage(''),
      ]
      steps.struck()
      steps.released()
      await completed(stage, ids, stage.patience)
    },
    { gentle: true, impossible: needs.messages },
  ),
  provocation(
    'c2d.repeated',
    'messages',
    ['DUT-C2D-05'],
    async (stage, steps) => {
      const fault = stage.armFor('c2d.delivery.repeat', { dup: true })
      const id = stage.sendMessage(textOf(stage))
      if (await stage.untilFired(fault, 1, 10)) steps.struck()
      steps.released()
      await completed(stage, [id], stage.patience)
      await stage.pause(3)
    },
    { gentle: true, impossible: needs.messages },
  ),
  provocation(
    'c2d.five',
    'messages',
    ['DUT-PROT-06'],
    async (stage, steps) => {
      const fault = stage.armFor('tcp.coalesce', { seconds: 1 })
      if (stage.fired(fault) > 0) steps.struck()
      const ids = Array.from({ length: 5 }, () => stage.sendMessage(textOf(stage)))
      await stage.pause(2)
      stage.disarm(fault)
      steps.released()
      await completed(stage, ids, stage.patience)
    },
    { gentle: true, impossible: needs.messages },
  ),
  provocation(
    'large',
    'messages',
    ['DUT-TLS-13'],
    async (stage, steps) => {
      const { does, limits } = stage.file
      const bytes = Math.min(LARGE_BYTES, limits.receiveBytes ?? LARGE_BYTES)
      const filling = 'x'.repeat(bytes - 64)
      steps.struck()
      if (does.c2d !== undefined) await completed(stage, [stage.sendMessage(filling)], stage.patience)
      else if (does.methods !== undefined)
        await stage.invoke(does.methods[0]?.name ?? '', { filling }, Math.min(300, stage.patience)).done
      else stage.desired({ filling: filling.slice(0, 4_000) })
      steps.released()
    },
    { gentle: true, impossible: needs.receives },
  ),
]

export const LARGEST: readonly Provocation[] = [
  provocation(
    'c2d.largest',
    'robust',
    ['DUT-C2D-06'],
    async (stage, steps) => {
      const id = stage.sendMessage('y'.repeat(LARGEST_BYTES))
      steps.struck()
      steps.released()
      await completed(stage, [id], stage.patience)
    },
    { gentle: true, impossible: needs.messages },
  ),
  provocation(
    'c2d.poison',
    'robust',
    ['DUT-C2D-07'],
    async (stage, steps) => {
      const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`p${String(at)}`, 'v']))
      const ids = [
        stage.sendMessage(Buffer.from([0, 1, 2, 27, 127, 255, 254, 0xc3, 0x28])),
        stage.sendMessage('\u0000\u0001\u001b[2J%s%n{"', { 'a b': '\u0007' }),
        stage.sendMessage('{}', many),
      ]
      steps.struck()
      steps.released()
      await completed(stage, ids, stage.patience)
      await completed(stage, [stage.sendMessage(textOf(stage))], stage.patience)
    },
    { gentle: true, impossible: needs.messages },
  ),
]
