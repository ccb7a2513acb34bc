/** The hub is slow, throttles, or its quota is used up. */

import type { JsonObject } from 'mock-iot-hub'
import type { Provocation } from '../provocation.ts'
import type { Stage } from '../stage.ts'
import { needs, provocation } from './common.ts'

/** Telemetry meets a fault for some time. */
async function telemetryMeets(
  stage: Stage,
  steps: Parameters<Provocation['run']>[1],
  name: string,
  parameters: JsonObject,
  seconds: number,
): Promise<void> {
  const fault = stage.armFor(name, parameters, { count: 'always' })
  if (stage.has('burst')) await stage.pull('burst')
  else if (stage.has('sendNow')) await stage.pull('sendNow')
  if (await stage.untilFired(fault, 1, Math.max(30, 2 * (stage.file.does.telemetry?.everySeconds ?? 10))))
    steps.struck()
  await stage.pause(seconds)
  stage.disarm(fault)
  steps.released()
  await stage.connected(Math.max(stage.patience, 600))
  const from = stage.seq
  if (stage.has('sendNow')) await stage.pull('sendNow')
  await stage.packet(
    600,
    (packet) => packet.cmd === 'publish' && packet.way === 'in' && packet.topic.includes('/messages/events'),
    from,
  )
  await stage.pause(6)
}

export const THROTTLE: readonly Provocation[] = [
  provocation(
    'puback.slow',
    'throttle',
    ['DUT-D2C-07'],
    (stage, steps) => telemetryMeets(stage, steps, 'mqtt.puback.delay', { seconds: 5 }, 60),
    {
      impossible: (file) =>
        needs.telemetry(file) ?? (file.does.telemetry?.qos === 0 ? 'telemetry has QoS 0' : undefined),
    },
  ),
  provocation(
    'throttled',
    'throttle',
    ['DUT-D2C-08'],
    (stage, steps) => telemetryMeets(stage, steps, 'telemetry.accept.status', { status: 429 }, 60),
    { impossible: needs.telemetry, seconds: () => 760 },
  ),
  provocation(
    'quota',
    'throttle',
    ['DUT-LIFE-04'],
    (stage, steps) => telemetryMeets(stage, steps, 'telemetry.accept.status', { status: 403 }, 120),
    { impossible: needs.telemetry, seconds: () => 820 },
  ),
]
