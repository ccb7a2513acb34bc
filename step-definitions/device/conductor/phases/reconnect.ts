/** Each kind of loss, one after the other. */

import type { Provocation } from '../provocation.ts'
import { Trouble, type Stage } from '../stage.ts'
import {
  keepAliveOf,
  loseAndReturn,
  needs,
  outage,
  patienceOf,
  provocation,
  spoilAttempts,
} from './common.ts'

const LONG_OUTAGE_SECONDS = 600
const UNAVAILABLE_SECONDS = 20

const loss = (name: string, row: string, fault: string, parameters = {}): Provocation =>
  provocation(`loss.${name}`, 'reconnect', [row], (stage, steps) =>
    loseAndReturn(stage, steps, () => stage.armFor(fault, parameters)),
  )

/** Nothing comes through, and the connection stays up. */
const silence = (name: string, row: string, direction: 'both' | 'out'): Provocation =>
  provocation(
    name,
    'reconnect',
    [row],
    async (stage, steps) => {
      const from = stage.seq
      if (stage.link === undefined) throw new Trouble('the device was not connected')
      const fault = stage.armFor('tcp.blackhole', { direction })
      if (stage.fired(fault) > 0) steps.struck()
      steps.released()
      await stage.back(Math.max(stage.patience, 2.5 * keepAliveOf(stage) + 10), from)
    },
    { seconds: () => 600 },
  )

export const RECONNECT: readonly Provocation[] = [
  loss('fin', 'DUT-RECON-01', 'tcp.drop_now'),
  loss('reset', 'DUT-RECON-02', 'tcp.reset'),
  silence('loss.silence', 'DUT-RECON-03', 'both'),
  loss('half_close', 'DUT-RECON-04', 'tcp.half_close'),
  provocation('loss.cut', 'reconnect', ['DUT-RECON-05'], (stage, steps) =>
    loseAndReturn(stage, steps, () => {
      stage.armFor('tcp.cut', { bytes: 3 })
      // Something to cut: an answer that is sure to come.
      if (stage.file.does.c2d !== undefined) stage.sendMessage('cut in the middle of a packet')
      else stage.desired({ cut: stage.seq })
    }),
  ),
  provocation(
    'loss.at_once',
    'reconnect',
    ['DUT-RECON-06', 'DUT-BACK-04'],
    (stage, steps) =>
      spoilAttempts(
        stage,
        steps,
        { name: 'mqtt.connack.drop_after', scope: { identity: stage.key } },
        { times: 5, seconds: 2 * stage.patience },
      ),
    { seconds: (file) => 4 * patienceOf(file) },
  ),
  provocation('loss.restart', 'reconnect', ['DUT-RECON-07'], (stage, steps) =>
    outage(stage, steps, 20, { meanwhile: () => stage.armFor('sessions.forget') }),
  ),
  provocation(
    'loss.websocket',
    'reconnect',
    ['DUT-RECON-08'],
    async (stage, steps) => {
      await spoilAttempts(stage, steps, { name: 'ws.close', parameters: { code: 1011 } })
      // Whoever is not back has shown what is asked.
      if (stage.link === undefined) return
      await spoilAttempts(stage, steps, { name: 'ws.status', parameters: { status: 503 } })
    },
    { impossible: ({ transport }) => (transport === 'mqtt-ws' ? undefined : 'the device uses no WebSocket') },
  ),
  provocation(
    'loss.long',
    'reconnect',
    ['DUT-RECON-09'],
    (stage, steps) =>
      outage(stage, steps, LONG_OUTAGE_SECONDS, {
        backSeconds: Math.max(stage.patience, stage.file.limits.maxPauseSeconds * 1.1),
      }),
    { seconds: ({ limits }) => LONG_OUTAGE_SECONDS + limits.maxPauseSeconds },
  ),
  provocation(
    'loss.power',
    'reconnect',
    ['DUT-RECON-10'],
    async (stage, steps) => {
      const from = stage.seq
      if (!(await stage.pull('powerCycle'))) throw new Trouble('the trigger powerCycle did not do its work')
      steps.struck()
      steps.released()
      await stage.back(stage.patience, from)
    },
    {
      impossible: ({ triggers }) =>
        triggers.powerCycle === undefined ? 'there is no trigger powerCycle' : undefined,
    },
  ),
  provocation(
    'loss.network',
    'reconnect',
    ['DUT-RECON-11'],
    async (stage, steps) => {
      const from = stage.seq
      if (!(await stage.pull('network'))) throw new Trouble('the trigger network did not do its work')
      steps.struck()
      steps.released()
      await stage.back(stage.patience, from)
    },
    {
      impossible: ({ triggers }) =>
        triggers.network === undefined ? 'there is no trigger network' : undefined,
    },
  ),
  provocation('loss.often', 'reconnect', ['DUT-RECON-12'], (stage, steps) => often(stage, steps), {
    seconds: ({ limits }) => 600 + limits.patienceSeconds,
  }),
  provocation(
    'connack.withheld',
    'reconnect',
    ['DUT-CONN-10'],
    async (stage, steps) => {
      const from = stage.seq
      const fault = stage.armFor('mqtt.connack.withhold')
      if (!stage.drop()) throw new Trouble('the device was not connected')
      if (await stage.untilFired(fault, 1, stage.patience)) steps.struck()
      steps.released()
      await stage.back(300, from)
    },
    { seconds: () => 420 },
  ),
  provocation('connack.unavailable', 'reconnect', ['DUT-CONN-11', 'DUT-BACK-03'], async (stage, steps) => {
    const from = stage.seq
    const fault = stage.armFor('mqtt.connack.code', { code: 3 }, { count: 'always' })
    stage.drop()
    if (await stage.untilFired(fault, 1, stage.patience)) {
      steps.struck()
      // Long enough for who is in a hurry to show it.
      await stage.pause(UNAVAILABLE_SECONDS)
      await stage.untilFired(fault, 3, stage.patience)
    }
    stage.disarm(fault)
    steps.released()
    await stage.back(stage.patience, from)
  }),
  provocation(
    'tcp.silent',
    'reconnect',
    ['DUT-NET-05'],
    async (stage, steps) => {
      const from = stage.seq
      const refused = stage.arm({ name: 'tcp.refuse', count: 'always' })
      if (!stage.drop()) throw new Trouble('the device was not connected')
      await stage.pause(30)
      stage.disarm(refused)
      const silent = stage.arm({ name: 'tls.stall' })
      if (await stage.untilFired(silent, 1, stage.patience)) steps.struck()
      steps.released()
      // The hub would end what says nothing after a minute: it waits here.
      await stage.back(300, from)
    },
    { seconds: () => 460 },
  ),
  silence('pingresp.missing', 'DUT-PROT-10', 'out'),
  provocation(
    'suback.withheld',
    'reconnect',
    ['DUT-PROT-13'],
    async (stage, steps) => {
      stage.armFor('sessions.forget')
      const fault = stage.armFor('mqtt.suback.withhold')
      if (!stage.drop()) throw new Trouble('the device was not connected')
      if (await stage.untilFired(fault, 1, stage.patience)) steps.struck()
      steps.released()
      const since = stage.seq
      await stage.packet(300, ({ cmd }) => cmd === 'subscribe', since)
    },
    { seconds: () => 420 },
  ),
  provocation('suback.late', 'twin', ['DUT-PROT-12'], async (stage, steps) => {
    stage.armFor('sessions.forget')
    const fault = stage.armFor('mqtt.suback.delay', { seconds: 3 }, { count: 'always' })
    await loseAndReturn(stage, steps, () => stage.drop())
    await stage.pause(6)
    stage.disarm(fault)
  }),
  provocation(
    'puback.withheld',
    'reconnect',
    ['DUT-D2C-05'],
    async (stage, steps) => {
      const from = stage.seq
      const fault = stage.armFor('mqtt.puback.withhold')
      if (stage.has('sendNow')) await stage.pull('sendNow')
      const every = stage.file.does.telemetry?.everySeconds ?? 60
      if (await stage.untilFired(fault, 1, every * 2 + 10)) steps.struck()
      if (!stage.drop()) throw new Trouble('the device was not connected')
      steps.released()
      await stage.back(stage.patience, from)
      await stage.pause(5)
    },
    {
      impossible: (file) =>
        needs.telemetry(file) ?? (file.does.telemetry?.qos === 0 ? 'telemetry has QoS 0' : undefined),
    },
  ),
  provocation(
    'loss.minute',
    'reconnect',
    ['DUT-D2C-06'],
    async (stage, steps) => {
      await outage(stage, steps, 60)
      // The oldest come first; the last are waited for.
      await stage.pause(Math.max(10, 2 * (stage.file.does.telemetry?.everySeconds ?? 10)))
    },
    {
      impossible: ({ does }) =>
        does.telemetry?.sequence === undefined
          ? 'the device file names no sequence in the telemetry'
          : undefined,
    },
  ),
]

const KINDS = ['tcp.drop_now', 'tcp.reset', 'tcp.half_close', 'tcp.blackhole'] as const
const LOSSES = 10

async function often(stage: Stage, steps: Parameters<Provocation['run']>[1]): Promise<void> {
  const end = stage.now + 600_000
  for (let at = 0; at < LOSSES; at++) {
    if (!(await stage.connected(stage.patience))) break
    const kind = KINDS[Math.floor(stage.random() * KINDS.length)] ?? 'tcp.drop_now'
    stage.armFor(kind)
    steps.struck()
    const share = (end - stage.now) / 1000 / (LOSSES - at)
    await stage.pause(Math.max(1, share * (0.5 + stage.random())))
  }
  steps.released()
  if (!(await stage.connected(Math.max(stage.patience, 2.5 * keepAliveOf(stage))))) return
  await stage.signOfLife(stage.patience)
}
