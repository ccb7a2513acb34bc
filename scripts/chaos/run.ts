/** One run: a hub on a clock that stands still between ticks, devices and back ends, and a script of faults. */

import { createHmac } from 'node:crypto'
import { request } from 'node:https'
import { ManualClock } from '../../mock-hub/base/clock.ts'
import { InvalidInput } from '../../mock-hub/base/invalid-input.ts'
import { HubError } from '../../mock-hub/core/errors/hub-error.ts'
import type { MockHub } from '../../mock-hub/host/mock-hub.ts'
import { startMockHub } from '../../mock-hub/host/start.ts'
import { pick, randomFrom, type Random } from '../fuzz/random.ts'
import { RawAmqpDevice } from './amqp-client.ts'
import { ReferenceDevice, RawMqttDevice, type Device, type Tell } from './clients.ts'
import { shown, type ScriptStep } from './faults.ts'
import type { History, HistoryEvent } from './history.ts'

export const DEVICES = ['reference-1', 'reference-2', 'reference-3', 'raw-mqtt', 'raw-amqp'] as const

export interface RunOptions {
  /** Of what the devices and back ends do. */
  readonly seed: number
  readonly hours: number
  readonly script: readonly ScriptStep[]
  /** Asked now and then; true: the run has shown enough. */
  readonly stop?: ((history: History) => boolean) | undefined
}

const TICK_SECONDS = 5
/** How many turns in a row nothing may happen until the next tick. */
const QUIET_TURNS = 12
/** A run is asked whether it may stop so often, in ticks. */
const ASKED_EVERY = 60

/** @returns everything that happened. */
export async function run({ seed, hours, script, stop = () => false }: RunOptions): Promise<History> {
  const clock = new ManualClock()
  const startedAt = clock.now()
  const hub = await startMockHub({
    ...{
      clock,
      controlPort: false,
      amqpPort: 0,
      seed: { devices: DEVICES.map((deviceId) => ({ deviceId })) },
    },
    settings: { c2dTtlSeconds: 600, journalRetained: 2_000, telemetryRetained: 2_000 },
  })
  const history: HistoryEvent[] = []
  const tell: Tell = (happening) => {
    history.push({ at: clock.now() - startedAt, ...happening })
  }
  watch(hub, tell)
  const devices: readonly Device[] = [
    ...DEVICES.slice(0, 3).map((id) => new ReferenceDevice(hub, id, tell)),
    new RawMqttDevice(hub, 'raw-mqtt', tell),
    new RawAmqpDevice(hub, 'raw-amqp', tell),
  ]
  const world = new World(hub, devices, tell)
  const steps = [...script]
  const random = randomFrom(seed, 2)
  const ticks = Math.ceil((hours * 3_600) / TICK_SECONDS)
  let stopped = false
  for (let tick = 0; tick < ticks && !stopped; tick++) {
    const at = tick * TICK_SECONDS
    for (let step = steps[0]; step !== undefined && step.at <= at; step = steps[0]) {
      steps.shift()
      world.perform(step)
    }
    world.work(random)
    await settled(hub)
    clock.advance(TICK_SECONDS * 1000)
    await settled(hub)
    if (tick % ASKED_EVERY === 0) stopped = stop(history)
  }
  if (!stopped) await world.end(clock)
  for (const device of devices) await device.stop()
  await hub.stop()
  return history
}

/** What readers of events, senders of messages and the hub itself see. */
function watch(hub: MockHub, tell: Tell): void {
  hub.telemetry.subscribe(({ deviceId, body }) => {
    tell({ type: 'stored', device: deviceId, id: body.toString() })
  })
  hub.journal.subscribe((entry) => {
    if (entry.type === 'connected') tell({ type: 'link-up', device: entry.identity, link: entry.linkId })
    else if (entry.type === 'disconnected')
      tell({ type: 'link-down', device: entry.identity, link: entry.linkId })
    else if (entry.type === 'feedback') {
      const { deviceId: device, originalMessageId: id, statusCode: status } = entry.record
      tell({ type: 'c2d-settled', device, id, status })
    }
  })
}

class World {
  readonly #hub: MockHub
  readonly #devices: readonly Device[]
  readonly #tell: Tell
  #next = 1
  readonly #disabled = new Set<string>()

  constructor(hub: MockHub, devices: readonly Device[], tell: Tell) {
    this.#hub = hub
    this.#devices = devices
    this.#tell = tell
  }

  /** A step of the script of faults. */
  perform(step: ScriptStep): void {
    const { registry, clock, faults } = this.#hub
    const name = step.do === 'arm' ? (step.fault.scope?.identity ?? '') : 'device' in step ? step.device : ''
    this.#tell({ type: 'fault', device: name, what: shown(step) })
    const device = this.#devices.find(({ deviceId }) => deviceId === name)
    switch (step.do) {
      case 'arm':
        faults.arm(step.fault)
        break
      case 'leap':
        clock.advance(step.seconds * 1000)
        break
      case 'expire-token':
        try {
          this.#hub.expireToken({ deviceId: step.device })
        } catch (error) {
          // It has shown no token yet.
          if (!(error instanceof InvalidInput)) throw error
        }
        break
      case 'disable':
        this.#disabled.add(step.device)
        registry.update({ deviceId: step.device }, { status: 'disabled' }, '*')
        clock.schedule(step.seconds * 1000, () => {
          this.#enable(step.device)
        })
        break
      case 'burst':
        for (let n = 0; n < 15; n++) this.#sendC2d(step.device)
        break
      case 'restart-client':
        device?.restart()
        break
      case 'close-client':
        device?.close()
        break
      case 'take-over':
        device?.takeOver()
        break
    }
  }

  /** What applications and back ends do in one tick. */
  work(random: Random): void {
    for (const device of this.#devices) {
      device.tend()
      for (let n = random(4); n > 0; n--) device.send(`${device.deviceId} ${this.#next++}`)
      if (random(8) === 0) device.report(this.#next++)
    }
    const target = pick(random, DEVICES)
    if (random(6) === 0) this.#sendC2d(target)
    if (random(6) === 0) this.#setDesired(pick(random, DEVICES))
    if (random(4) === 0) this.#invoke(pick(random, DEVICES), random(2) === 0)
  }

  /** No faults any more, time for everything to settle, and a last message of each device. */
  async end(clock: ManualClock): Promise<void> {
    const { faults, twins } = this.#hub
    faults.disarm()
    for (const device of this.#disabled) this.#enable(device)
    const pass = async (seconds: number): Promise<void> => {
      for (let left = seconds; left > 0; left -= TICK_SECONDS) {
        for (const device of this.#devices) device.tend()
        await settled(this.#hub)
        clock.advance(TICK_SECONDS * 1000)
        await settled(this.#hub)
      }
    }
    await pass(400)
    for (const device of this.#devices) device.send(`${device.deviceId} last`)
    await pass(400)
    // Longer than messages live.
    await pass(600)
    for (const device of DEVICES.filter((name) => name !== 'raw-amqp')) {
      const { n } = twins.get({ deviceId: device }).reported.properties as { readonly n?: number }
      this.#tell({ type: 'reported-at-end', device, value: n ?? -1 })
    }
    this.#tell({ type: 'quiet' })
  }

  #enable(device: string): void {
    this.#disabled.delete(device)
    this.#hub.registry.update({ deviceId: device }, { status: 'enabled' }, '*')
  }

  #sendC2d(device: string): void {
    const id = `message ${this.#next++}`
    try {
      const system = { messageId: id, ack: 'full' } as const
      this.#tell({ type: 'c2d-sent', device, id })
      this.#hub.c2d.send({ deviceId: device }, { body: Buffer.from(id), system, properties: {} })
    } catch (error) {
      // A full queue: nothing was accepted.
      if (!(error instanceof HubError)) throw error
      this.#tell({ type: 'c2d-settled', device, id, status: 'refused' })
    }
  }

  #setDesired(device: string): void {
    const { desired } = this.#hub.twins.patch(
      { deviceId: device },
      { desired: { n: this.#next++ } },
      undefined,
    )
    this.#tell({
      type: 'desired-set',
      device,
      version: desired.version,
    })
  }

  /** @param overRest with the service's REST interface instead of in this process. */
  #invoke(device: string, overRest: boolean): void {
    const call = this.#next++
    this.#tell({ type: 'method-asked', device, call })
    const done = (status: number, body: string): void => {
      const by = /"by":"([^"]+)"/.exec(body)?.[1]
      this.#tell({ type: 'method-result', device, call, status, ...(by === undefined ? {} : { by }) })
    }
    const methodName = 'ask'
    if (overRest) {
      invokeOverRest(this.#hub, device, { methodName, payload: { call }, responseTimeoutInSeconds: 30 }, done)
      return
    }
    this.#hub.methods
      .invoke(
        { deviceId: device },
        { methodName, payload: JSON.stringify({ call }), responseTimeoutInSeconds: 30 },
      )
      .then(
        ({ status, body }) => {
          done(status, body.toString())
        },
        () => {
          done(0, '')
        },
      )
  }
}

function invokeOverRest(
  hub: MockHub,
  device: string,
  call: object,
  done: (status: number, body: string) => void,
): void {
  const [owner] = hub.policies
  const authorization = tokenOf(hub, owner?.name ?? '', owner?.primaryKey ?? '')
  let over = false
  const once = (status: number, body: string): void => {
    if (!over) done(status, body)
    over = true
  }
  const asked = request(
    {
      ...{ host: '127.0.0.1', port: hub.httpsPort, ca: hub.caPem, method: 'POST', agent: false },
      path: `/twins/${device}/methods?api-version=2021-04-12`,
      headers: { authorization, 'content-type': 'application/json' },
    },
    (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      answer.once('close', () => {
        const status = /^\{"status":(\d+)/.exec(text)?.[1]
        once(answer.statusCode === 200 ? Number(status ?? 0) : 0, text)
      })
    },
  )
  asked.once('error', () => {
    once(0, '')
  })
  asked.end(JSON.stringify(call))
}

function tokenOf({ hostName, clock }: MockHub, policy: string, key: string): string {
  const se = Math.floor(clock.now() / 1000) + 3_600
  const sr = encodeURIComponent(hostName)
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}&skn=${policy}`
}

/** Waits until the hub has had nothing to do for some turns. */
async function settled({ journal }: MockHub): Promise<void> {
  for (let [quiet, seq] = [0, journal.seq]; quiet < QUIET_TURNS; quiet++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (journal.seq !== seq) quiet = 0
    seq = journal.seq
  }
}
