/** What a provocation can do: arm and disarm faults, call the service side, pull triggers, wait. */

import type { FaultDefinition, JsonObject, JsonValue as Json } from 'mock-iot-hub'
import type { Numbers } from '../catalogue/numbers.ts'
import type { DeviceFile, TriggerName } from '../file/device-file.ts'
import { identityOf } from '../file/device-file.ts'
import type { Entry, EntryOf, EntryType, PacketEntry } from '../recording/entries.ts'
import type { Bench } from './bench.ts'
import type { Puller } from './triggers.ts'

/** The run is to end now. */
export class Interrupted extends Error {}
/** The bench is not as the provocation needs it: nothing can be said of the device. */
export class Trouble extends Error {}

export class Stage {
  readonly bench: Bench
  readonly file: DeviceFile
  readonly numbers: Numbers
  readonly key: string
  readonly random: () => number
  /** How long a watch for hours takes. */
  readonly enduranceSeconds: number
  readonly #puller: Puller
  readonly #signal: AbortSignal
  readonly #armed = new Set<string>()
  #calls = 0

  constructor(
    bench: Bench,
    numbers: Numbers,
    puller: Puller,
    signal: AbortSignal,
    random: () => number,
    enduranceSeconds = 86_400,
  ) {
    this.enduranceSeconds = enduranceSeconds
    this.bench = bench
    this.file = bench.options.file
    this.numbers = numbers
    this.key = identityOf(this.file)
    this.random = random
    this.#puller = puller
    this.#signal = signal
  }

  get now(): number {
    return this.bench.clock.now()
  }

  get seq(): number {
    return this.bench.recorder.entries.length
  }

  get patience(): number {
    return this.file.limits.patienceSeconds
  }

  entriesAfter(seq: number): readonly Entry[] {
    return this.bench.recorder.entries.slice(seq)
  }

  /** Waits on the clock of the bench. */
  pause(seconds: number): Promise<void> {
    return this.until(() => false, seconds).then(() => undefined)
  }

  /**
   * Waits for an entry.
   * @param after only entries with a greater number. @default from now on
   * @returns undefined: it did not come within the time.
   * @throws Interrupted.
   */
  until(matches: (entry: Entry) => boolean, seconds: number, after = this.seq): Promise<Entry | undefined> {
    const found = this.entriesAfter(after).find((entry) => matches(entry))
    if (found !== undefined) return Promise.resolve(found)
    return new Promise((resolve, reject) => {
      const done = (entry: Entry | undefined): void => {
        leave()
        resolve(entry)
      }
      const aborted = (): void => {
        leave()
        reject(new Interrupted('the run was broken off'))
      }
      const unsubscribe = this.bench.recorder.subscribe((entry) => {
        if (matches(entry)) done(entry)
      })
      const cancel = this.bench.clock.schedule(seconds * 1000, () => {
        done(undefined)
      })
      const leave = (): void => {
        unsubscribe()
        cancel()
        this.#signal.removeEventListener('abort', aborted)
      }
      if (this.#signal.aborted) aborted()
      else this.#signal.addEventListener('abort', aborted)
    })
  }

  /** Waits until a condition holds, looked at after each entry. */
  async when(condition: () => boolean, seconds: number): Promise<boolean> {
    if (condition()) return true
    return (await this.until(() => condition(), seconds)) !== undefined
  }

  /** Waits for an entry of a type. */
  async next<T extends EntryType>(
    type: T,
    seconds: number,
    matches: (entry: EntryOf<T>) => boolean = () => true,
    after = this.seq,
  ): Promise<EntryOf<T> | undefined> {
    const found = await this.until(
      (entry) => entry.type === type && matches(entry as EntryOf<T>),
      seconds,
      after,
    )
    return found as EntryOf<T> | undefined
  }

  packet(
    seconds: number,
    matches: (packet: PacketEntry) => boolean,
    after = this.seq,
  ): Promise<EntryOf<'packet'> | undefined> {
    return this.next('packet', seconds, (packet) => matches(packet as PacketEntry), after)
  }

  /** The link of the device, when it is connected. */
  get link(): string | undefined {
    const { entries } = this.bench.recorder
    const last = entries.findLast((entry) => entry.type === 'connected' || entry.type === 'disconnected')
    return last?.type === 'connected' ? last.link : undefined
  }

  /** Waits until the device is connected. */
  async connected(seconds: number): Promise<boolean> {
    return this.link !== undefined || (await this.next('connected', seconds)) !== undefined
  }

  /** Waits until the device has connected anew and has shown a sign of life. @param after number of an entry. */
  async back(seconds: number, after: number): Promise<boolean> {
    const link = await this.next('connected', seconds, () => true, after)
    if (link === undefined) return false
    return (await this.signOfLife(Math.max(1, this.patience), link.seq)) !== undefined
  }

  signOfLife(seconds: number, after = this.seq): Promise<EntryOf<'packet'> | undefined> {
    return this.packet(
      seconds,
      ({ way, cmd }) => way === 'in' && ['publish', 'pingreq', 'subscribe'].includes(cmd),
      after,
    )
  }

  arm(definition: FaultDefinition): string {
    const { id } = this.bench.hub.faults.arm(definition)
    this.#armed.add(id)
    return id
  }

  /** A fault for the device alone. */
  armFor(name: string, parameters: JsonObject = {}, more: Partial<FaultDefinition> = {}): string {
    return this.arm({ name, scope: { identity: this.key }, parameters, ...more })
  }

  fired(id: string): number {
    return this.bench.hub.faults.list().find((fault) => fault.id === id)?.fired ?? 0
  }

  /** Waits until a fault has fired so often. */
  async untilFired(id: string, times: number, seconds: number): Promise<boolean> {
    return this.when(() => this.fired(id) >= times, seconds)
  }

  disarm(id: string): void {
    this.#armed.delete(id)
    this.bench.hub.faults.disarm(id)
  }

  /** Everything as before, whatever went wrong. */
  restore(): void {
    for (const id of [...this.#armed]) this.disarm(id)
    if (this.bench.hubClock.now() !== this.now) this.clockOffset(0)
    const { ntp, dns } = this.bench
    if (ntp !== undefined) ntp.offsetSeconds = 0
    if (dns !== undefined) {
      dns.fails = false
      dns.leadsTo = this.bench.options.address
    }
  }

  /** Ends the link of the device as if the network had failed. @returns whether there was one. */
  drop(): boolean {
    if (this.link === undefined) return false
    this.armFor('tcp.drop_now')
    return true
  }

  /** The hub's clock is so many seconds ahead of the bench. */
  clockOffset(seconds: number): void {
    const { hubClock } = this.bench
    this.service('clock', 'offset', { seconds })
    hubClock.set(this.now + seconds * 1000)
  }

  service(what: string, key: string, detail: Json): EntryOf<'service'> {
    return this.bench.recorder.record({ type: 'service', what, key, detail }) as EntryOf<'service'>
  }

  #callKey(what: string): string {
    return `${what}-${String(++this.#calls)}`
  }

  /** Calls a method of the device. @returns the key of the call; its answer is an entry. */
  invoke(name: string, payload?: Json, seconds = 30): { readonly key: string; readonly done: Promise<void> } {
    const key = this.#callKey('method')
    const { methods } = this.bench.hub
    const { recorder, identity } = this.bench
    this.service('method', key, { name, ...(payload === undefined ? {} : { payload: shortened(payload) }) })
    const call = {
      methodName: name,
      responseTimeoutInSeconds: seconds,
      ...(payload === undefined ? {} : { payload }),
    }
    const done = methods.invoke(identity, call).then(
      ({ status, payload: result }) => {
        recorder.record({ type: 'answer', what: 'method', key, ok: true, status, payload: shortened(result) })
      },
      (error: unknown) => {
        recorder.record({ type: 'answer', what: 'method', key, ok: false, text: messageOf(error) })
      },
    )
    return { key, done }
  }

  /** Sends a message to the device. @returns its id. */
  sendMessage(body: Buffer | string, properties: Readonly<Record<string, string | null>> = {}): string {
    const messageId = this.#callKey('message')
    const bytes = Buffer.from(body)
    this.service('c2d', messageId, { bytes: bytes.length, properties: Object.keys(properties).length })
    this.bench.hub.c2d.send(this.bench.identity, {
      body: bytes,
      system: { messageId, ack: 'full' },
      properties,
    })
    return messageId
  }

  /** Sets desired properties. @returns the key of the call. */
  desired(patch: JsonObject): string {
    const key = this.#callKey('desired')
    this.service('desired', key, shortened(patch))
    this.bench.hub.twins.patch(this.bench.identity, { desired: patch }, undefined)
    return key
  }

  has(trigger: TriggerName): boolean {
    return this.file.triggers[trigger] !== undefined
  }

  /** Calls a method until it is answered: a device that has just connected may not listen yet. @returns whether it was. */
  async #called(name: string, payload: Json | undefined): Promise<boolean> {
    for (let calls = 1; ; calls++) {
      const began = this.now
      const { key, done } = this.invoke(name, payload)
      await done
      const { entries } = this.bench.recorder
      const answer = entries.findLast((entry) => entry.type === 'answer' && entry.key === key)
      if (answer?.type === 'answer' && answer.ok) return true
      // What the device may have heard is not asked again.
      if (calls >= MOST_CALLS || this.now - began >= 1_000) return false
      await this.pause(1)
    }
  }

  /** Pulls a trigger. @returns whether that went well. */
  async pull(trigger: TriggerName): Promise<boolean> {
    const definition = this.file.triggers[trigger]
    if (definition === undefined) return false
    if ('method' in definition) {
      const ok = await this.#called(definition.method, definition.payload)
      this.bench.recorder.record({ type: 'trigger', name: trigger, kind: 'method', ok })
      return ok
    }
    if ('desired' in definition || 'c2d' in definition) {
      if ('desired' in definition) this.desired(definition.desired)
      else this.sendMessage(definition.c2d)
      this.bench.recorder.record({
        type: 'trigger',
        name: trigger,
        kind: 'desired' in definition ? 'desired' : 'c2d',
        ok: true,
      })
      return true
    }
    const outcome = await this.#puller(trigger, definition, this.#signal)
    const { kind, ok, text } = outcome
    this.bench.recorder.record({
      type: 'trigger',
      name: trigger,
      kind,
      ok,
      ...(text === undefined ? {} : { text }),
    })
    return ok
  }
}

/** Calls of a trigger that the hub refuses at once. */
const MOST_CALLS = 5
const LONGEST = 2_000

/** Values of a recording are short. */
function shortened(value: Json): Json {
  const text = JSON.stringify(value) as string | undefined
  return text !== undefined && text.length > LONGEST ? `${String(text.length)} characters` : value
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
