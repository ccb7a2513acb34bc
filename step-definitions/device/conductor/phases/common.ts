/** Parts of several provocations. */

import type { FaultDefinition } from 'mock-iot-hub'
import type { DeviceFile } from '../../file/device-file.ts'
import type { Provocation, Steps } from '../provocation.ts'
import { Trouble, type Stage } from '../stage.ts'

export const patienceOf = (file: DeviceFile): number => file.limits.patienceSeconds

export const needs = {
  telemetry: ({ does }: DeviceFile) =>
    does.telemetry === undefined ? 'the device does not claim telemetry' : undefined,
  messages: ({ does }: DeviceFile) =>
    does.c2d === undefined ? 'the device does not claim cloud-to-device messages' : undefined,
  desired: ({ does }: DeviceFile) =>
    does.twin?.desired === undefined ? 'the device does not claim desired properties' : undefined,
  reported: ({ does }: DeviceFile) =>
    does.twin?.reported === true ? undefined : 'the device does not claim reported properties',
  twin: ({ does }: DeviceFile) => (does.twin === undefined ? 'the device does not claim a twin' : undefined),
  methods: ({ does }: DeviceFile) =>
    does.methods === undefined ? 'the device does not claim methods' : undefined,
  sas: ({ auth }: DeviceFile) => (auth.kind === 'sas' ? undefined : 'the device has a certificate, no key'),
  receives: ({ does }: DeviceFile) =>
    does.c2d === undefined && does.methods === undefined && does.twin?.desired === undefined
      ? 'the device claims nothing that it receives'
      : undefined,
}

/** Takes the link away and waits until the device is back. */
export async function loseAndReturn(stage: Stage, steps: Steps, lose: () => void): Promise<void> {
  const from = stage.seq
  if (stage.link === undefined) throw new Trouble('the device was not connected')
  lose()
  steps.struck()
  steps.released()
  await stage.back(stage.patience, from)
}

/**
 * Arms faults that strike the next attempts to connect, takes the link away, and opens the way again.
 * @param times how often each is to strike.
 * @param seconds how long to wait for that.
 */
export async function spoilAttempts(
  stage: Stage,
  steps: Steps,
  fault: FaultDefinition,
  { times = 1, seconds = stage.patience }: { times?: number; seconds?: number } = {},
): Promise<void> {
  const from = stage.seq
  const id = stage.arm({ ...fault, count: times })
  // A device that connects for each message is away most of the time: its next attempt counts.
  stage.drop()
  if (await stage.untilFired(id, 1, stage.patience)) {
    steps.struck()
    await stage.untilFired(id, times, seconds)
    // What the last attempt comes to.
    await stage.pause(2)
  }
  stage.disarm(id)
  steps.released()
  await stage.back(stage.patience, from)
}

/**
 * Refuses all connections for a while.
 * @param meanwhile what happens while the device is away.
 * @param backSeconds how long the return may take. @default patience
 */
export async function outage(
  stage: Stage,
  steps: Steps,
  seconds: number,
  { meanwhile, backSeconds = stage.patience }: { meanwhile?: () => void; backSeconds?: number } = {},
): Promise<void> {
  const from = stage.seq
  const id = stage.arm({ name: 'tcp.refuse', count: 'always' })
  if (!stage.drop()) throw new Trouble('the device was not connected')
  steps.struck()
  meanwhile?.()
  await stage.pause(seconds)
  stage.disarm(id)
  steps.released()
  await stage.back(backSeconds, from)
}

/** Keep-alive of the last CONNECT, in seconds; 0: none. */
export function keepAliveOf(stage: Stage): number {
  const last = stage.bench.recorder.entries.findLast(
    (entry) => entry.type === 'packet' && entry.cmd === 'connect',
  )
  return last?.type === 'packet' && 'keepalive' in last ? last.keepalive : 0
}

/** Shorthand. */
export const provocation = (
  name: string,
  phase: Provocation['phase'],
  rows: readonly string[],
  run: Provocation['run'],
  more: Partial<Provocation> = {},
): Provocation => ({ name, phase, rows, run, seconds: (file) => 2 * patienceOf(file), ...more })
