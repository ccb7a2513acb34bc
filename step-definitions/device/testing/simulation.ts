/** A run with a simulated device: bench, hub and device in this process, on one virtual clock. */

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FEATURES } from '../../package-root.ts'
import { OUR_NUMBERS, type Numbers } from '../catalogue/numbers.ts'
import { loadDeviceRows, type RunKind } from '../catalogue/rows.ts'
import { Bench } from '../conductor/bench.ts'
import { conduct } from '../conductor/conductor.ts'
import { VirtualTime } from '../conductor/virtual-time.ts'
import { identityOf, type DeviceFile } from '../file/device-file.ts'
import { deviceFileOf } from '../file/read.ts'
import type { Recording } from '../recording/entries.ts'
import { Device } from './good/device.ts'
import { askAddress, askTimeBehind } from './good/names.ts'
import type { DeviceOptions } from './good/parts.ts'
import type { Traits } from './good/traits.ts'

export const ROWS = loadDeviceRows(join(FEATURES, 'requirements/device'))
export const HERE = fileURLToPath(new URL('.', import.meta.url))

/** What the good device says of itself. */
export const GOOD_FILE = {
  device: { id: 'thermostat-1', make: 'Good Device', firmware: '1.0' },
  auth: { kind: 'sas', keys: 2 },
  transport: 'mqtt',
  roots: 2,
  does: {
    telemetry: { every: '5s', qos: 1, json: true, sequence: '$.n', properties: { room: 'first floor' } },
    c2d: { text: '{"led":"on"}', shows: { telemetry: { '$.led': 'on' } }, within: '15s' },
    methods: [
      { name: 'setLed', payload: { on: true }, expect: { status: 200, payload: { led: 'on' } } },
      { name: 'slow', payload: { seconds: 2 }, slow: true },
    ],
    twin: {
      desired: { set: { interval: 5 }, echoed: { interval: { value: 5 } }, within: '15s' },
      reported: true,
    },
    upload: { within: '60s' },
  },
  triggers: {
    start: { person: 'start' },
    stop: { method: 'shutdown' },
    powerCycle: { person: 'power' },
    network: { person: 'network' },
    sendNow: { method: 'sendNow', payload: {} },
    burst: { method: 'burst', payload: { count: 60 } },
    upload: { method: 'uploadLog' },
    tokenLife: { desired: { tokenLifeSeconds: 300 } },
    alive: { method: 'ping', payload: {} },
  },
  network: { dns: 'suite', ntp: 'suite' },
}

export interface SimulationOptions {
  readonly kind: RunKind
  readonly traits?: Partial<Traits>
  readonly options?: Partial<DeviceOptions>
  readonly file?: object
  readonly only?: readonly string[] | undefined
  readonly numbers?: Numbers
  readonly seed?: number
  readonly enduranceSeconds?: number
  /** Takes the place of the good device. */
  readonly device?: (bench: Bench, time: VirtualTime) => SimulatedDevice
  readonly say?: (line: string) => void
}

export interface SimulatedDevice {
  start(): void
  powerOff(): void
  powerCycle(): void
  /** The network is gone for so many seconds. */
  network?(seconds: number): void
}

export interface Simulated {
  readonly recording: Recording
  readonly file: DeviceFile
  /** Seconds of virtual time. */
  readonly seconds: number
}

const HOST = 'hub.iot.test'
/** Linux has all of 127/8; elsewhere the hub has one address. */
const SECOND_ADDRESS = process.platform === 'linux' ? '127.0.0.2' : undefined

export async function simulate(options: SimulationOptions): Promise<Simulated> {
  const time = new VirtualTime()
  const file = deviceFileOf({ ...GOOD_FILE, ...options.file })
  const bench = await Bench.start({
    ...{ file, clock: time.bench, hubClock: time.hub, hostName: HOST, address: '127.0.0.1' },
    ...{ mqttPort: 0, httpsPort: 0, decoyPorts: [0] },
    network: { dnsPort: 0, ntpPort: 0, secondAddress: SECOND_ADDRESS },
    warmUp: options.only === undefined || options.only.some((id) => id.startsWith('DUT-TLS')),
  })
  const device = (options.device ?? goodDevice(options))(bench, time)
  const controller = new AbortController()
  const began = time.bench.now()
  bench.hub.journal.subscribe(time.touch)
  const puller = (name: string): Promise<{ kind: string; ok: boolean }> => {
    if (name === 'start') device.start()
    if (name === 'powerCycle') device.powerCycle()
    if (name === 'network') device.network?.(20)
    return Promise.resolve({ kind: 'simulated', ok: true })
  }
  try {
    const run = conduct({
      ...{ bench, rows: ROWS, numbers: options.numbers ?? OUR_NUMBERS, kind: options.kind, puller },
      ...{
        enduranceSeconds: options.enduranceSeconds,
        seed: options.seed ?? 1,
        suite: 'test',
        only: options.only,
        signal: controller.signal,
      },
      say: options.say ?? (() => undefined),
    })
    const recording = await time.during(run)
    return { recording, file, seconds: (time.bench.now() - began) / 1000 }
  } finally {
    device.powerOff()
    await bench.stop()
    time.bench.stop()
    time.hub.stop()
  }
}

const goodDevice =
  ({ traits, options }: SimulationOptions) =>
  (bench: Bench, time: VirtualTime): SimulatedDevice => {
    // Foreseeable, so that two runs are the same.
    let state = 7
    const device = new Device({
      ...{
        clock: time.bench,
        host: HOST,
        deviceId: bench.identity.deviceId,
        keys: bench.certificate === undefined ? bench.keys : [],
      },
      certificate: bench.certificate,
      ...{ caPem: bench.hub.caPem, port: bench.hub.mqttPort, httpsPort: bench.hub.httpsPort },
      webSocket: bench.options.file.transport === 'mqtt-ws',
      resolve: (name) =>
        bench.dns === undefined
          ? '127.0.0.1'
          : time.hold(askAddress(time.bench, '127.0.0.1', bench.dns.port, name)),
      ...(bench.ntp === undefined
        ? {}
        : { askTime: () => time.hold(askTimeBehind(time.bench, '127.0.0.1', bench.ntp?.port ?? 0)) }),
      random: () => {
        state = (state * 48_271) % 2_147_483_647
        return state / 2_147_483_647
      },
      telemetrySeconds: 5,
      // Port 0 of a broken device is the port in clear of this bench.
      traits: traits?.clearPort === 0 ? { ...traits, clearPort: bench.decoyPorts[0] } : traits,
      ...options,
    })
    return {
      start: () => {
        device.start()
      },
      powerOff: () => {
        device.powerOff()
      },
      powerCycle: () => {
        device.powerCycle()
      },
      network: (seconds) => {
        // What was connected leads nowhere from now on.
        bench.hub.faults.arm({ name: 'tcp.blackhole', scope: { identity: identityOf(bench.options.file) } })
        device.networkGone(seconds)
      },
    }
  }
