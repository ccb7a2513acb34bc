/** Walks through the phases of a run: settle, provoke, see whether the device is alive, recover. A run always ends. */

import { isIn, PHASES, type DeviceRow, type RunKind } from '../catalogue/rows.ts'
import { OUR_NUMBERS, type Numbers } from '../catalogue/numbers.ts'
import type { Recording, RecordingHeader } from '../recording/entries.ts'
import { FORMAT } from '../recording/files.ts'
import type { Bench } from './bench.ts'
import { PROVOCATIONS } from './phases/all.ts'
import type { Provocation } from './provocation.ts'
import { seeded } from './seeded.ts'
import { Interrupted, messageOf, Stage, Trouble } from './stage.ts'
import type { Puller } from './triggers.ts'

export interface RunOptions {
  readonly bench: Bench
  readonly rows: readonly DeviceRow[]
  readonly numbers: Numbers
  readonly kind: RunKind
  readonly puller: Puller
  readonly seed: number
  readonly suite: string
  /** Only provocations of these rows. */
  readonly only?: readonly string[] | undefined
  /** Provocations that would exceed it are left out; seconds. */
  readonly budgetSeconds?: number | undefined
  /** How long the watch of an endurance run takes. @default a day */
  readonly enduranceSeconds?: number | undefined
  readonly signal: AbortSignal
  /** Hears what happens, a line each. */
  readonly say: (line: string) => void
}

/** Times that a provocation is done again when it did not strike. */
const REPETITIONS = 1

/** A stage for a check, outside a run. */
export function seededStage(bench: Bench, puller: Puller): Stage {
  return new Stage(bench, OUR_NUMBERS, puller, new AbortController().signal, seeded(1))
}

export async function conduct(options: RunOptions): Promise<Recording> {
  const { bench, seed, suite, kind, rows } = options
  const conductor = new Conductor(options)
  const header: RecordingHeader = {
    ...{ format: FORMAT, suite, startedAt: bench.clock.now(), seed, kind, hostName: bench.hub.hostName },
    ports: { mqtt: bench.hub.mqttPort, https: bench.hub.httpsPort },
    planned: rows.filter((row) => isIn(row, kind) && wanted(options, row.id)).map(({ id }) => id),
    hubAheadMs: bench.hubClock.now() - bench.clock.now(),
  }
  await conductor.run()
  // What the hub tells from now on is not part of the run.
  return { header, entries: [...bench.recorder.entries] }
}

function wanted({ only }: RunOptions, id: string): boolean {
  return only === undefined || only.includes(id)
}

class Conductor {
  readonly #options: RunOptions
  readonly #stage: Stage
  #recoveriesOfRun = 0

  constructor(options: RunOptions) {
    this.#options = options
    const { bench, numbers, puller, signal, seed, enduranceSeconds } = options
    this.#stage = new Stage(bench, numbers, puller, signal, seeded(seed), enduranceSeconds)
  }

  async run(): Promise<void> {
    const { recorder } = this.#options.bench
    try {
      const reason = await this.#phases()
      recorder.record({
        type: 'end',
        complete: reason === undefined,
        ...(reason === undefined ? {} : { reason }),
      })
    } catch (error) {
      this.#stage.restore()
      recorder.record({ type: 'end', complete: false, reason: messageOf(error) })
      if (!(error instanceof Interrupted)) this.#options.say(`the run was broken off: ${messageOf(error)}`)
    }
  }

  /** @returns why the run ended early. */
  async #phases(): Promise<string | undefined> {
    const { numbers, say, bench, budgetSeconds } = this.#options
    const began = bench.clock.now()
    const plan = this.#plan()
    let left = plan.length
    for (const phase of PHASES) {
      let recoveries = 0
      const own = plan.filter((one) => one.phase === phase)
      if (own.length > 0) say(`phase ${phase}: ${String(own.length)} provocations, ${String(left)} left`)
      for (const provocation of own) {
        left--
        const elapsed = (bench.clock.now() - began) / 1000
        const reason = provocation.impossible?.(this.#stage.file)
        if (reason !== undefined) this.#leaveOut(provocation, reason)
        else if (recoveries >= numbers.recoveriesOfPhase) this.#leaveOut(provocation, undefined)
        else if (
          budgetSeconds !== undefined &&
          elapsed + provocation.seconds(this.#stage.file) > budgetSeconds
        )
          this.#leaveOut(provocation, undefined)
        else {
          const alive = await this.#provoke(provocation)
          if (!alive) {
            recoveries++
            this.#recoveriesOfRun++
            // Before it was ever seen there is nothing to recover.
            if (phase === 'happy' && this.#stage.link === undefined) return 'the device never connected'
            if (!(await this.#recover(provocation))) return 'the device is stuck, and nothing brings it back'
            if (this.#recoveriesOfRun >= numbers.recoveriesOfRun) return 'too many recoveries'
          }
        }
      }
    }
    return undefined
  }

  #plan(): readonly Provocation[] {
    const { rows, kind } = this.#options
    const planned = new Set(
      rows.filter((row) => isIn(row, kind) && wanted(this.#options, row.id)).map(({ id }) => id),
    )
    // The start is always made: without it nothing else can be.
    return PROVOCATIONS.filter((one) => one.name === 'start' || one.rows.some((id) => planned.has(id)))
  }

  #leaveOut({ name }: Provocation, reason: string | undefined): void {
    // What is left out for lack of time is not run; a reason makes it not observed.
    if (reason !== undefined)
      this.#options.bench.recorder.record({
        type: 'provocation',
        name,
        state: 'left-out',
        attempt: 0,
        reason,
      })
  }

  /** @returns whether the device is alive afterwards. */
  async #provoke(provocation: Provocation): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(provocation, attempt)
      const again = !outcome.struck && attempt <= REPETITIONS && outcome.alive
      if (!again) return outcome.alive
    }
  }

  async #attempt(
    { name, gentle = false, run }: Provocation,
    attempt: number,
  ): Promise<{ readonly struck: boolean; readonly alive: boolean }> {
    const { bench, say } = this.#options
    const { recorder } = bench
    const stage = this.#stage
    const first = name === 'start'
    const settled = first || (await this.#settle(gentle))
    recorder.record({ type: 'provocation', name, state: 'begun', attempt, settled })
    let struck = false
    let trouble: string | undefined
    const began = stage.now
    try {
      await run(stage, {
        struck: () => {
          if (!struck) recorder.record({ type: 'provocation', name, state: 'struck', attempt })
          struck = true
        },
        released: () => {
          recorder.record({ type: 'provocation', name, state: 'released', attempt })
        },
      })
    } catch (error) {
      if (error instanceof Interrupted) throw error
      trouble = error instanceof Trouble ? error.message : `the suite failed: ${messageOf(error)}`
    }
    stage.restore()
    if (stage.link === undefined) await bench.probe()
    recorder.record({
      ...{ type: 'provocation', name, state: 'over', attempt },
      ...(trouble === undefined ? {} : { reason: trouble }),
    })
    const alive = name === 'stop' || (await this.#alive(name))
    say(
      // Changed by a callback meanwhile.
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
      `  ${name}: ${((stage.now - began) / 1000).toFixed(1)} s${struck ? '' : ', did not strike'}${alive ? '' : ', the device does not answer'}${trouble === undefined ? '' : `: ${trouble}`}`,
    )
    return { struck, alive }
  }

  /** Connected, for some time without a fault, and a sign of life. @returns false: it did not settle within patience. */
  async #settle(gentle: boolean): Promise<boolean> {
    const { numbers, bench } = this.#options
    const stage = this.#stage
    const quiet = gentle ? numbers.shortSettleSeconds : numbers.settleSeconds
    const end = stage.now + stage.patience * 1000
    while (stage.now < end) {
      const left = (end - stage.now) / 1000
      if (!(await stage.connected(left))) return false
      const { link } = stage
      const since = stage.seq
      const broken = await stage.next('disconnected', quiet, (one) => one.link === link, since)
      if (broken !== undefined) continue
      if (gentle || (await this.#sign(since)) !== undefined) {
        bench.recorder.record({ type: 'settled' })
        return true
      }
    }
    return false
  }

  #sign(after: number): Promise<unknown> {
    const stage = this.#stage
    if (stage.has('alive') && stage.link !== undefined)
      return stage.pull('alive').then((ok) => (ok ? true : undefined))
    return stage.signOfLife(stage.patience, after)
  }

  /** The probe after each blow. */
  async #alive(after: string): Promise<boolean> {
    const { recorder } = this.#options.bench
    const stage = this.#stage
    const record = (ok: boolean, by: string): boolean => {
      recorder.record({ type: 'alive', after, ok, by })
      return ok
    }
    const end = stage.now + stage.patience * 1000
    if (!(await stage.connected(stage.patience))) return record(false, 'no connection')
    if (stage.has('alive')) {
      // The first call may meet a link that is just going away.
      do {
        if (stage.link !== undefined && (await stage.pull('alive'))) return record(true, 'trigger')
        if (!(await stage.connected(Math.max(1, (end - stage.now) / 1000)))) break
        await stage.pause(1)
      } while (stage.now < end)
      return record(false, 'trigger')
    }
    const left = Math.max(1, (end - stage.now) / 1000)
    return record((await stage.signOfLife(left)) !== undefined, 'a packet')
  }

  /** @returns whether the device is back. */
  async #recover({ name: after }: Provocation): Promise<boolean> {
    const { bench, say } = this.#options
    const stage = this.#stage
    const how = stage.has('powerCycle') ? 'a power cycle' : stage.has('start') ? 'a new start' : undefined
    if (how === undefined) {
      bench.recorder.record({ type: 'recovery', after, how: 'a power cycle that nobody can make', ok: false })
      return false
    }
    say(`  the device does not answer: ${how}`)
    const from = stage.seq
    await stage.pull(stage.has('powerCycle') ? 'powerCycle' : 'start')
    const ok = await stage.back(stage.patience, from)
    bench.recorder.record({ type: 'recovery', after, how, ok })
    return ok
  }
}
