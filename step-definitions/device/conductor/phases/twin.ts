/** Desired and reported properties. */

import type { JsonObject } from 'mock-iot-hub'
import { contains, jsonOf } from '../../judge/helpers.ts'
import type { Provocation } from '../provocation.ts'
import type { Stage } from '../stage.ts'
import { needs, outage, patienceOf, provocation } from './common.ts'

const PATCH = '$iothub/twin/PATCH/properties/reported/'

/** The desired change of the device file with other numbers, so that each echo is new; with what is to come back. */
export function change(
  stage: Stage,
  salt: number,
): { readonly set: JsonObject; readonly echoed: JsonObject | undefined } {
  const { set = {}, echoed } = stage.file.does.twin?.desired ?? {}
  return { set: varied(set, salt), echoed: echoed === undefined ? undefined : varied(echoed, salt) }
}

/** Each number is raised: what is told apart are numbers alone. */
function varied<T>(value: T, by: number): T {
  if (typeof value === 'number') return (value + by) as T
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one: unknown) => varied(one, by)) as T
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, varied(inner as unknown, by)]),
  ) as T
}

/** Waits for a reported patch that has these values. */
export function echo(
  stage: Stage,
  echoed: JsonObject | undefined,
  seconds: number,
  after: number,
): Promise<unknown> {
  return stage.packet(
    seconds,
    (packet) =>
      packet.cmd === 'publish' &&
      packet.way === 'in' &&
      packet.topic.startsWith(PATCH) &&
      (echoed === undefined || contains(jsonOf(packet.text), echoed)),
    after,
  )
}

let salt = 0
/** A number that no change before had. */
const next = (): number => ++salt

const set = (stage: Stage): { readonly from: number; readonly echoed: JsonObject | undefined } => {
  const { set: patch, echoed } = change(stage, next())
  const from = stage.seq
  stage.service('expect', 'echo', echoed ?? null)
  stage.desired(patch)
  return { from, echoed }
}

export const TWIN: readonly Provocation[] = [
  provocation(
    'twin.desired',
    'twin',
    ['DUT-TWIN-02'],
    async (stage, steps) => {
      const { from, echoed } = set(stage)
      steps.struck()
      steps.released()
      await echo(stage, echoed, stage.patience, from)
    },
    { gentle: true, impossible: needs.desired },
  ),
  provocation(
    'twin.away',
    'twin',
    ['DUT-TWIN-04'],
    async (stage, steps) => {
      let expected: JsonObject | undefined
      let from = stage.seq
      await outage(stage, steps, 5, {
        meanwhile: () => {
          ;({ from, echoed: expected } = set(stage))
        },
      })
      await echo(stage, expected, stage.patience, from)
    },
    { impossible: needs.desired },
  ),
  provocation(
    'twin.older',
    'twin',
    ['DUT-TWIN-05'],
    async (stage, steps) => {
      const first = set(stage)
      await echo(stage, first.echoed, stage.patience, first.from)
      const fault = stage.armFor('twin.desired.version', { version: 1 })
      const older = change(stage, next() + 5_000)
      const from = stage.seq
      stage.service('expect', 'no echo', older.echoed ?? null)
      stage.desired(older.set)
      if (await stage.untilFired(fault, 1, 10)) steps.struck()
      await echo(stage, older.echoed, stage.file.does.twin?.desired?.withinSeconds ?? 15, from)
      steps.released()
      // Right again, so that document and device agree.
      const last = set(stage)
      await echo(stage, last.echoed, stage.patience, last.from)
    },
    { gentle: true, impossible: needs.desired },
  ),
  provocation(
    'twin.removed',
    'twin',
    ['DUT-TWIN-06'],
    async (stage, steps) => {
      const names = Object.keys(stage.file.does.twin?.desired?.set ?? {})
      stage.desired(Object.fromEntries(names.map((name) => [name, null])))
      stage.desired({ nested: { a: { b: { c: 1 } } }, unknownToTheDevice: 'x' })
      steps.struck()
      await stage.pause(2)
      stage.desired({ nested: null, unknownToTheDevice: null })
      steps.released()
      const { from, echoed } = set(stage)
      await echo(stage, echoed, stage.patience, from)
    },
    { gentle: true, impossible: needs.desired },
  ),
  provocation(
    'twin.throttled',
    'twin',
    ['DUT-TWIN-08'],
    async (stage, steps) => {
      set(stage)
      // Only patches are answered so: what is read first would take the fault.
      await stage.pause(1)
      const fault = stage.armFor('twin.response.status', { status: 429 }, { count: 2 })
      const again = set(stage)
      if (await stage.untilFired(fault, 1, 30)) steps.struck()
      await stage.untilFired(fault, 2, 60)
      stage.disarm(fault)
      steps.released()
      await echo(stage, again.echoed, 30, stage.seq)
    },
    {
      gentle: true,
      impossible: (file) =>
        needs.reported(file) ??
        (file.does.twin?.desired === undefined ? 'nothing makes the device report' : undefined),
    },
  ),
  provocation(
    'twin.withheld',
    'twin',
    ['DUT-TWIN-09'],
    async (stage, steps) => {
      const withheld = stage.armFor('twin.response.withhold')
      set(stage)
      if (await stage.untilFired(withheld, 1, 30)) steps.struck()
      const from = stage.seq
      steps.released()
      await stage.packet(
        stage.patience,
        ({ cmd, way, ...packet }) =>
          cmd === 'publish' && way === 'in' && 'topic' in packet && packet.topic.startsWith('$iothub/twin/'),
        from,
      )
      const unknown = stage.armFor('twin.response.unknown_rid')
      set(stage)
      await stage.untilFired(unknown, 1, 30)
      await stage.packet(
        stage.patience,
        ({ cmd, way, ...packet }) =>
          cmd === 'publish' && way === 'in' && 'topic' in packet && packet.topic.startsWith('$iothub/twin/'),
      )
    },
    { gentle: true, impossible: needs.twin, seconds: (file) => 3 * patienceOf(file) },
  ),
]

export const BIG_DESIRED: Provocation = provocation(
  'twin.big',
  'robust',
  ['DUT-TWIN-11'],
  async (stage, steps) => {
    const big = Object.fromEntries(
      Array.from({ length: 8 }, (_, at) => [`big${String(at)}`, 'z'.repeat(3_700)]),
    )
    stage.desired(big)
    steps.struck()
    await stage.pause(3)
    const broken = stage.armFor('twin.desired.body', { body: '{"interval":' })
    stage.desired({ touched: next() })
    await stage.untilFired(broken, 1, 10)
    await stage.pause(2)
    stage.desired(Object.fromEntries([...Object.keys(big), 'touched'].map((name) => [name, null])))
    steps.released()
    const { from, echoed } = set(stage)
    await echo(stage, echoed, stage.patience, from)
  },
  { gentle: true, impossible: needs.desired },
)
