/** Hooks around every scenario: a failure gets the journal of the hub attached, a pass without evidence is an error. */

import { AssertionError } from 'node:assert/strict'
import { request } from 'node:https'
import {
  After,
  AfterAll,
  Before,
  BeforeAll,
  BeforeStep,
  setDefaultTimeout,
  Status,
  setWorldConstructor,
} from '@cucumber/cucumber'
import { type JournalEntry, startMockHub } from 'mock-iot-hub'
import { HarnessError } from '../driver/client-driver.ts'
import { isRunStopped } from '../conformance/stop.ts'
import { endOfRun } from '../driver/client-under-test.ts'
import { clientProblems } from '../audit/client-audit.ts'
import { TOLD_TWICE } from '../audit/client-connections.ts'
import { brokenInvariants, BEFORE_CONNACK, type InvariantContext } from '../invariants/invariants.ts'
import { READING_TYPE } from '../neutral/reading.ts'
import { lookFurther } from '../neutral/readings.ts'
import { createClient } from './clients/client-factory.ts'
import { createProvisioningClient, sessionOf } from './clients/provisioning-factory.ts'
import { assertClaimed } from './claims.ts'
import { Inconclusive, NotSupported } from './errors.ts'
import { describeReply } from './clients/replies.ts'
import { restartCounts } from './hub/restarts.ts'
import { ConformanceWorld } from './world.ts'

/**
 * The limit of a step in real time, far above what a step takes on a busy machine. A step that reaches it is an ERROR:
 * waits in vain end earlier, when nothing is under way (world/time/activity.ts).
 */
const STEP_LIMIT_MS = 120_000
setDefaultTimeout(STEP_LIMIT_MS)
setWorldConstructor(ConformanceWorld)

/** Scenarios about arguments and names open no connection: afterwards the client must show that it can connect. */
const NO_SOCKET = '@construction'
const MAX_ENTRIES = 200
/** The type of a step after `Then`. */
const OUTCOME = 'Outcome'
/** The tag of scenarios that need the hub for themselves. */
const HUB_ALONE = '@hub:alone'
/** The tag of scenarios with clients that need an RSA certificate. */
const HUB_RSA = '@hub:rsa'
/** The tag of scenarios about the default transport. */
const DEFAULT_TRANSPORT = '@transport:default'

Before(async function (this: ConformanceWorld, { pickle }) {
  if (isRunStopped()) return 'skipped'
  const { transport, address } = this.parameters as { readonly transport?: string; readonly address?: string }
  if (address !== undefined) this.address = address
  this.overWebSocket = transport === 'mqtt-ws' && !pickle.tags.some(({ name }) => name === DEFAULT_TRANSPORT)
  for (const part of ['amqp', 'events', 'throttles'] as const)
    if (pickle.tags.some(({ name }) => name === `@hub:${part}`)) this.hub.needs.add(part)
  this.reading.begin(pickle.tags.map(({ name }) => name))
  await this.begin()
  this.hub.rsaCertificate = pickle.tags.some(({ name }) => name === HUB_RSA)
  assertClaimed(
    this.client.driver.hello,
    pickle.tags.map(({ name }) => name),
    this.reading,
  )
  if (process.env['CONFORMANCE_HUB'] !== undefined && pickle.tags.some(({ name }) => name === HUB_ALONE))
    throw new NotSupported('hub.alone: the scenario reads shared messages, and other clients may use the hub')
  return undefined
})

BeforeStep(async function (this: ConformanceWorld, { pickleStep }) {
  this.reading.step = pickleStep.text
  this.isOutcome = String(pickleStep.type) === OUTCOME
  await this.restart()
})

AfterAll(endOfRun)
AfterAll(() => {
  restartCounts.write()
})

/**
 * The hub loads its HTTPS server at the first request. A scenario that waits for the network to become idle cannot see
 * that, so one request is made before the first scenario.
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
  if (isRunStopped() && result?.status === Status.SKIPPED) return
  const passed = result?.status === Status.PASSED
  const tags = pickle.tags.map(({ name }) => name)
  const { reading } = this
  const missing = unsupported(this)
  if (
    result?.status === Status.FAILED &&
    missing === undefined &&
    reading.applies &&
    reading.decided === undefined
  )
    await furtherLook(this)
  const verdict =
    missing ??
    (passed || reading.decided !== undefined ? ((await judge(this, tags)) ?? reading.idiom()) : undefined)
  if (reading.record !== undefined && missing === undefined)
    this.attach(JSON.stringify(reading.record), READING_TYPE)
  if (!passed || verdict !== undefined || reading.unsupported !== undefined) report(this)
  await this.end()
  if (verdict !== undefined) throw verdict
})

/** An unsupported request explains every other outcome. */
function unsupported(world: ConformanceWorld): Error | undefined {
  try {
    world.client.assertSupported()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new HarnessError(String(error))
  }
}

/** What the neutral reading still asks after a failure; an error there leaves the failure as it is. */
async function furtherLook(world: ConformanceWorld): Promise<void> {
  try {
    await lookFurther(world)
  } catch (error) {
    world.attach(`neutral reading: ${String(error)}`, 'text/plain')
  }
}

async function judge(world: ConformanceWorld, tags: readonly string[]): Promise<Error | undefined> {
  const unfired = (world.hub.started?.faults.list() ?? []).filter(({ fired }) => fired === 0)
  if (unfired.length > 0) {
    return new Inconclusive(`Armed, but never fired: ${unfired.map(({ name }) => name).join(', ')}`)
  }
  if (tags.includes(NO_SOCKET)) await connectOnce(world, tags)
  if (tags.includes('@sut:client')) {
    const context = invariantContext(world)
    const broken = [
      ...brokenInvariants(world.hub.journal, context),
      ...(context.sharesIdentities ? [] : await clientProblems(world)),
    ]
    if (broken.length > 0) {
      const error = new AssertionError({ message: `Invariants: ${broken.join('; ')}` })
      const isEarly = (one: string): boolean => one.startsWith(BEFORE_CONNACK)
      const isIdiom = (one: string): boolean => isEarly(one) || one.startsWith(TOLD_TWICE)
      if (!world.reading.applies || !broken.every(isIdiom)) return error
      world.reading.note(error)
      // MQTT 3.1.1, 3.1.4 allows it.
      if (broken.some(isEarly)) world.reading.decide('WARN', error.message)
    }
  }
  const wrong = (await world.hubScenario?.wrong()) ?? []
  if (wrong.length > 0) return new AssertionError({ message: `Audit: ${wrong.join('; ')}` })
  if (world.hubScenario?.hasEvidence === true) return undefined
  if (world.hub.journal.some(isEvidence) || (world.tap?.hellos.length ?? 0) > 0) return undefined
  return new HarnessError('The hub has seen no action of the client: a pass needs evidence')
}

function invariantContext(world: ConformanceWorld): InvariantContext {
  const created = world.client.calls.flatMap(({ request }) => (request.do === 'create' ? [request.kind] : []))
  return {
    sharesIdentities: new Set(created).size < created.length,
    secrets: [world.names.key('device'), world.names.key('module')],
    output: [
      ...world.client.driver.notes,
      ...world.client.eventData('log').map((data) => JSON.stringify(data)),
    ],
    hubAheadSeconds: world.hub.aheadSeconds,
    suppliesTokens: world.client.calls.some(
      ({ request }) =>
        request.do === 'updateSasToken' || (request.do === 'create' && request.factory === 'sasToken'),
    ),
    hostNames: [
      world.names.get('host'),
      world.names.get('gateway'),
      'localhost',
      'hub.example',
      'other.example',
    ],
  }
}

/** A client that refuses everything would pass: the same client must be able to connect. */
async function connectOnce(world: ConformanceWorld, tags: readonly string[]): Promise<void> {
  if (tags.some((tag) => tag.startsWith('@PROV-'))) {
    await createProvisioningClient(world)
    world.client.start({ do: 'provisionRegister', session: sessionOf(world) })
    await world.activity.eventually(() => world.hub.journal.some(({ type }) => type === 'registration'))
    return
  }
  const { session } = await createClient(world, tags.includes('@identity:module') ? 'module' : 'device')
  await world.client.start({ do: 'connect', session }).reply
}

/** A fired fault shows that the client has come so far, except for faults of the clock. */
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
    ...world.hub.journal.slice(-MAX_ENTRIES).map(lineOf),
    ...world.client.calls.map(
      ({ request, settled }) =>
        `call ${request.do}: ${settled === undefined ? 'pending' : describeReply(settled)}`,
    ),
    ...world.client.events.map(
      ({ event, seq, data }) => `event ${String(seq)} ${event} ${JSON.stringify(data)}`,
    ),
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
    const text = Buffer.from(value.data as number[]).toString('utf8') // the JSON of a Buffer
    return text.length > 200 ? `${text.slice(0, 200)}… (${String(text.length)} characters)` : text
  }
  return value
}
