/** Around every scenario: what the hub saw is attached to failures, and a pass without evidence is none. */

import { AssertionError } from 'node:assert/strict'
import { request } from 'node:https'
import {
  After,
  AfterAll,
  Before,
  BeforeAll,
  setDefaultTimeout,
  Status,
  setWorldConstructor,
} from '@cucumber/cucumber'
import { type JournalEntry, startMockHub } from 'mock-iot-hub'
import { HarnessError } from '../driver/client-driver.ts'
import { endOfRun } from '../driver/client-under-test.ts'
import { brokenInvariants, type Surroundings } from '../invariants/invariants.ts'
import { makeSubject } from '../steps/client-factory.ts'
import { ConformanceWorld, describe, Inconclusive, NotSupported } from './world.ts'

/** A backstop of real time for steps that would wait for ever. */
const REMOTE = ['CONFORMANCE_DRIVER', 'CONFORMANCE_HUB'].some((name) => process.env[name] !== undefined)
setDefaultTimeout(REMOTE ? 12_000 : 5_000)
setWorldConstructor(ConformanceWorld)

/** Scenarios about arguments and names open no socket by their nature: the client shows afterwards that it can. */
const NO_SOCKET = '@construction'
const SHOWN = 200
/** What scenarios carry that nobody else's doings may disturb. */
const HUB_ALONE = '@hub:alone'
/** What scenarios about the transport that nobody has chosen carry. */
const DEFAULT_TRANSPORT = '@transport:default'

Before(async function (this: ConformanceWorld, { pickle }) {
  const { transport, address } = this.parameters as { readonly transport?: string; readonly address?: string }
  if (address !== undefined) this.address = address
  this.overWebSocket = transport === 'mqtt-ws' && !pickle.tags.some(({ name }) => name === DEFAULT_TRANSPORT)
  await this.begin()
  if (process.env['CONFORMANCE_HUB'] !== undefined && pickle.tags.some(({ name }) => name === HUB_ALONE))
    throw new NotSupported('hub.alone: others may use the hub too, and this scenario reads what is for all')
})

AfterAll(endOfRun)

/**
 * The hub loads what serves HTTPS when it is first asked. Reading files is nothing that a scenario could see while it
 * waits for the network to come to rest, so it is done before the first one.
 */
BeforeAll(async function () {
  const hub = await startMockHub({ controlPort: false })
  await new Promise((resolve) => {
    request({ host: hub.address, port: hub.httpsPort, ca: hub.caPem, servername: hub.hostName, path: '/' })
      .on('response', (response) => response.resume().once('close', resolve))
      .on('error', resolve)
      .end()
  })
  await hub.stop()
})

After(async function (this: ConformanceWorld, { result, pickle }) {
  const passed = result?.status === Status.PASSED
  const tags = pickle.tags.map(({ name }) => name)
  const verdict = notOffered(this) ?? (passed ? await judge(this, tags) : undefined)
  if (!passed || verdict !== undefined) report(this)
  await this.end()
  if (verdict !== undefined) throw verdict
})

/** Whatever came of a scenario: where the client does not offer what was asked, that is why. */
function notOffered(world: ConformanceWorld): Error | undefined {
  try {
    world.assertOffered()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new HarnessError(String(error))
  }
}

async function judge(world: ConformanceWorld, tags: readonly string[]): Promise<Error | undefined> {
  const unfired = (world.startedHub?.faults.list() ?? []).filter(({ fired }) => fired === 0)
  if (unfired.length > 0) {
    return new Inconclusive(`Armed, but never struck: ${unfired.map(({ name }) => name).join(', ')}`)
  }
  if (tags.includes(NO_SOCKET)) await connectOnce(world, tags)
  if (tags.includes('@sut:client')) {
    const broken = brokenInvariants(world.journal, surroundingsOf(world))
    if (broken.length > 0) return new AssertionError({ message: `Always: ${broken.join('; ')}` })
  }
  if (world.stage?.hasEvidence === true) return undefined
  if (world.journal.some(isEvidence) || (world.tap?.hellos.length ?? 0) > 0) return undefined
  return new HarnessError('Nothing passes without evidence: the hub has not seen the client do anything')
}

function surroundingsOf(world: ConformanceWorld): Surroundings {
  const made = world.calls.flatMap(({ request }) => (request.do === 'create' ? [request.kind] : []))
  return {
    sharesIdentities: new Set(made).size < made.length,
    secrets: [world.key('device'), world.key('module')],
    written: [...world.driver().notes, ...world.told('log').map((data) => JSON.stringify(data))],
    hubAheadSeconds: world.hubAheadSeconds,
    suppliesTokens: world.calls.some(
      ({ request }) =>
        request.do === 'updateSasToken' || (request.do === 'create' && request.factory === 'sasToken'),
    ),
    hostNames: [world.name('host'), world.name('gateway'), 'localhost', 'hub.example'],
  }
}

/** Whoever refuses everything would refuse the right things too: what is refused here, the same client must be able to do. */
async function connectOnce(world: ConformanceWorld, tags: readonly string[]): Promise<void> {
  const { session } = await makeSubject(world, tags.includes('@identity:module') ? 'module' : 'device')
  await world.start({ do: 'connect', session }).reply
}

/** Levers strike a client that has come so far, if only to a closed door; winding the clock needs nobody. */
function isEvidence(entry: JournalEntry): boolean {
  return (
    (entry.type === 'fault' && entry.phase === 'fired' && !entry.name.startsWith('clock.')) ||
    entry.type === 'link-opened' ||
    entry.type === 'request' ||
    (entry.type === 'packet' && entry.direction === 'in')
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
  const { seq, at, type, ...rest } = entry
  return `${String(seq)} ${new Date(at).toISOString()} ${type} ${JSON.stringify(rest, shorten)}`
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
