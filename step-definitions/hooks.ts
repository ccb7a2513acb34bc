/** Around every scenario: what the hub saw is attached to failures, and a pass without evidence is none. */

import { After, setDefaultTimeout, Status, setWorldConstructor } from '@cucumber/cucumber'
import type { JournalEntry } from '../mock-hub/index.ts'
import { HarnessError } from './driver/client-driver.ts'
import { makeSubject } from './making.ts'
import { ConformanceWorld, describe, Inconclusive } from './world.ts'

/** A backstop of real time for steps that would wait for ever. */
setDefaultTimeout(5_000)
setWorldConstructor(ConformanceWorld)

/** Scenarios about arguments and names open no socket by their nature: the client shows afterwards that it can. */
const NO_SOCKET = '@construction'
const SHOWN = 200

After(async function (this: ConformanceWorld, { result, pickle }) {
  const passed = result?.status === Status.PASSED
  const verdict = passed
    ? await judge(
        this,
        pickle.tags.map(({ name }) => name),
      )
    : undefined
  if (!passed || verdict !== undefined) report(this)
  await this.end()
  if (verdict !== undefined) throw verdict
})

async function judge(world: ConformanceWorld, tags: readonly string[]): Promise<Error | undefined> {
  const unfired = (world.startedHub?.faults.list() ?? []).filter(({ fired }) => fired === 0)
  if (unfired.length > 0) {
    return new Inconclusive(`Armed, but never struck: ${unfired.map(({ name }) => name).join(', ')}`)
  }
  if (tags.includes(NO_SOCKET)) await connectOnce(world, tags)
  if (world.journal.some(isEvidence) || (world.tap?.hellos.length ?? 0) > 0) return undefined
  return new HarnessError('Nothing passes without evidence: the hub has not seen the client do anything')
}

/** Whoever refuses everything would refuse the right things too: what is refused here, the same client must be able to do. */
async function connectOnce(world: ConformanceWorld, tags: readonly string[]): Promise<void> {
  const { session } = await makeSubject(world, tags.includes('@identity:module') ? 'module' : 'device')
  await world.start({ do: 'connect', session }).reply
}

/** Levers strike a client that has come so far, if only to a closed door; winding the clock needs nobody. */
function isEvidence(entry: JournalEntry): boolean {
  return (
    (entry.is === 'fault' && entry.phase === 'fired' && !entry.name.startsWith('clock.')) ||
    entry.is === 'link-opened' ||
    entry.is === 'request' ||
    (entry.is === 'packet' && entry.direction === 'in')
  )
}

function report(world: ConformanceWorld): void {
  const lines = [
    ...world.journal.slice(-SHOWN).map(lineOf),
    ...world.calls.map(
      ({ request, settled }) =>
        `call ${request.do}: ${settled === undefined ? 'still under way' : describe(settled)}`,
    ),
    ...world.events.map(({ event, seq, data }) => `event ${String(seq)} ${event} ${JSON.stringify(data)}`),
  ]
  world.attach(lines.join('\n'), 'text/plain')
}

function lineOf(entry: JournalEntry): string {
  const { seq, at, is, ...rest } = entry
  return `${String(seq)} ${new Date(at).toISOString()} ${is} ${JSON.stringify(rest, shorten)}`
}

function shorten(_name: string, value: unknown): unknown {
  if (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'Buffer' &&
    'data' in value
  ) {
    const text = Buffer.from(value.data as number[]).toString('utf8') // a Buffer's own JSON
    return text.length > 200 ? `${text.slice(0, 200)}… (${String(text.length)} characters)` : text
  }
  return value
}
