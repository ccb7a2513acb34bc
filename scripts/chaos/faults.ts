/** A script of faults: what goes wrong, and when. It is data: a run with the same seed and the same script is the same run. */

import type { FaultDefinition } from '../../mock-hub/core/contract/faults.ts'
import { pick, randomFrom, type Random } from '../fuzz/random.ts'

export type Step =
  | { readonly do: 'arm'; readonly fault: FaultDefinition }
  | {
      readonly do: 'expire-token' | 'restart-client' | 'close-client' | 'take-over' | 'burst'
      readonly device: string
    }
  | { readonly do: 'disable'; readonly device: string; readonly seconds: number }
  | { readonly do: 'leap'; readonly seconds: number }

export type ScriptStep = Step & {
  /** Seconds of virtual time since the start. */
  readonly at: number
}

/** Faults that the contract survives; those that break it by order, such as a forged PUBACK, are left out, and so is
 * `tcp.blackhole`: TCP loses no bytes in the middle of a stream. */
const FAULTS: readonly ((random: Random) => Omit<FaultDefinition, 'scope'>)[] = [
  ...['tcp.drop_now', 'tcp.reset', 'tcp.half_close'].map((name) => () => ({ name })),
  ...['tcp.stall', 'tcp.split', 'tcp.refuse'].map((name) => (random: Random) => ({
    ...{ name, durationSeconds: 5 + random(120) },
  })),
  (random) => ({ name: 'tcp.cut', parameters: { bytes: random(300) } }),
  (random) => ({
    name: 'tcp.slow',
    parameters: { bytesPerSecond: 20 + random(500) },
    durationSeconds: 10 + random(60),
  }),
  (random) => ({
    name: 'tcp.delay',
    parameters: { seconds: 1 + random(8) },
    durationSeconds: 10 + random(60),
  }),
  (random) => ({
    name: 'tcp.coalesce',
    parameters: { seconds: 1 + random(5) },
    durationSeconds: 10 + random(60),
  }),
  ...['tls.unknown_ca', 'tls.expired', 'tls.wrong_name'].map((name) => () => ({ name })),
  ...['connack', 'puback', 'suback', 'pingresp'].flatMap((packet) =>
    ['withhold', 'close', 'drop_after', 'malformed'].map((effect) => (random: Random) => ({
      ...{ name: `mqtt.${packet}.${effect}`, count: 1 + random(2), durationSeconds: 300 },
    })),
  ),
  ...[
    'mqtt.puback.delay',
    'twin.response.delay',
    'method.request.delay',
    'method.response.delay',
    'c2d.delivery.delay',
    'telemetry.accept.delay',
  ].map((name) => (random: Random) => ({
    name,
    parameters: { seconds: 1 + random(20) },
    count: 1 + random(3),
    durationSeconds: 300,
  })),
  ...[
    'mqtt.puback.repeat',
    'mqtt.puback.reorder',
    'twin.response.withhold',
    'twin.response.close',
    'twin.response.repeat',
    'twin.desired.repeat',
    'twin.desired.withhold',
    'c2d.delivery.repeat',
    'c2d.delivery.withhold',
    'method.request.withhold',
    'method.response.withhold',
    'method.response.close',
  ].map((name) => (random: Random) => ({ name, count: 1 + random(2), durationSeconds: 300 })),
  (random) => ({
    name: 'telemetry.accept.status',
    parameters: { status: pick(random, [429, 500, 503]) },
    durationSeconds: 120,
  }),
]

/** @param hours virtual time. */
export function scriptOf(seed: number, hours: number, devices: readonly string[]): readonly ScriptStep[] {
  const random = randomFrom(seed, 1)
  const steps: ScriptStep[] = []
  for (let at = 20; at < hours * 3_600 - 60; at += 5 + random(60))
    steps.push({ at, ...stepOf(random, devices) })
  return steps
}

function stepOf(random: Random, devices: readonly string[]): Step {
  const device = pick(random, devices)
  switch (random(10)) {
    case 0:
      return { do: 'expire-token', device }
    case 1:
      return { do: pick(random, ['restart-client', 'close-client', 'take-over', 'burst'] as const), device }
    case 2:
      return random(3) === 0
        ? { do: 'disable', device, seconds: 10 + random(60) }
        : { do: 'leap', seconds: 30 + random(random(4) === 0 ? 3_000 : 300) }
    default: {
      const fault = pick(random, FAULTS)(random)
      // Before TLS the identity is unknown.
      const isScoped = random(5) > 0 && !/^tls\.|^tcp\.refuse$/.test(fault.name)
      return { do: 'arm', fault: isScoped ? { ...fault, scope: { identity: device } } : fault }
    }
  }
}

/** A step in one line. */
export function shown(step: Step): string {
  switch (step.do) {
    case 'arm': {
      const { name, scope, count, durationSeconds, parameters } = step.fault
      const parts = [
        scope?.identity === undefined ? 'all' : scope.identity,
        ...Object.entries(parameters ?? {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
        ...(count === undefined ? [] : [`${count} times`]),
        ...(durationSeconds === undefined ? [] : [`for ${durationSeconds} s`]),
      ]
      return `${name} (${parts.join(', ')})`
    }
    case 'leap':
      return `the clock leaps ${step.seconds} s`
    case 'disable':
      return `${step.device} is disabled for ${step.seconds} s`
    default:
      return `${step.do} ${step.device}`
  }
}
