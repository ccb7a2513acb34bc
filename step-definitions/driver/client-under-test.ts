/**
 * The client under test: the reference client in this process, or the driver in `CONFORMANCE_DRIVER` (a JSON list: a
 * program and its arguments, or one URL). A driver serves all scenarios of a run, one after the other.
 */

import type { Clock } from 'mock-iot-hub'
import { openTransport } from './open-transport.ts'
import { type ClientDriver, type DriverRequest, HarnessError, type Hello } from './client-driver.ts'
import { quietFor, systemAlarm } from './clock.ts'
import { RemoteDriver } from './remote-driver.ts'
import { settle, whenStill } from '../world/time/clock.ts'
import { ReferenceDriver } from './reference-driver.ts'

/** After this many milliseconds without activity, a client in another process is idle. */
const SILENCE_MS = Number(process.env['CONFORMANCE_SILENCE_MS'] ?? 60)
/** After as many seconds of real time in which nothing happened, a client in another process does no more. */
const LATE_SECONDS = Number(process.env['CONFORMANCE_CALL_SECONDS'] ?? 30)

export interface ClientUnderTest extends ClientDriver {
  /** Settles when the client is idle. */
  rest(activity: () => number): Promise<void>
  /**
   * Settles when the hub has read what the client had sent before its last reply: a client in another process is heard
   * on several sockets, and a reply may be read before what was sent earlier. Undefined: that is the case already.
   */
  readonly caughtUp?: (activity: () => number) => Promise<void>
  /**
   * Runs a function when client and hub do nothing any more; with an error when the client is dead.
   * @param activity a number that changes with every action of the hub or the client.
   * @returns a function that cancels it.
   */
  whenStill(activity: () => number, run: (unknown?: HarnessError) => void): () => void
  /** The free text of the driver in this scenario. */
  readonly notes: readonly string[]
  /** Sets its clock to the time of the suite. @returns when its next timer is due, in epoch milliseconds. */
  follow(clock: Clock): Promise<number | undefined>
}

let program: RemoteDriver | undefined
let implementation: Hello['implementation'] | undefined

/** The implementation behind the driver; undefined: the reference client, or no driver so far. */
export function implementationUnderTest(): Hello['implementation'] | undefined {
  return implementation
}

/** @throws HarnessError when the program cannot be started. */
export async function clientUnderTest(clock: Clock): Promise<ClientUnderTest> {
  const command = process.env['CONFORMANCE_DRIVER']
  if (command === undefined) return inProcess(clock)
  if (program === undefined || program.dead)
    program = await RemoteDriver.start(openTransport(commandFrom(command)), systemAlarm)
  const started = program
  implementation = started.hello.implementation
  const sessions = new Set<string>()
  const stopListening: (() => void)[] = []
  const follows = started.hello.clock === 'virtual'
  const notedBefore = started.output.length
  const client: ClientUnderTest = {
    hello: started.hello,
    request(request: DriverRequest) {
      const foreign = creates(request) ? foreignOption(started.hello, request.options) : undefined
      if (foreign !== undefined)
        return Promise.resolve({ unsupported: { reason: `the driver does not claim the option ${foreign}` } })
      if (creates(request)) sessions.add(request.session)
      return started.request(request)
    },
    onEvent(listener) {
      const stop = started.onEvent((event) => {
        if (sessions.has(event.session) && event.event !== 'heartbeat') listener(event)
      })
      stopListening.push(stop)
      return stop
    },
    async stop() {
      for (const stop of stopListening) stop()
      const ended = Promise.allSettled(
        [...sessions].map((session) => started.request({ do: 'destroy', session })),
      )
      // A client that does not end must not affect the next scenario, which then gets a new process.
      const stopAlarm = systemAlarm(LATE_SECONDS, () => {
        started.abandon()
      })
      await ended
      stopAlarm()
    },
    get notes() {
      return started.output.slice(notedBefore)
    },
    rest: (activity) => quietFor(SILENCE_MS, activity),
    caughtUp: settle,
    whenStill: (_activity, run) =>
      systemAlarm(LATE_SECONDS, () => {
        // A driver that still answers is alive; a dead one says nothing about its client.
        started.request({ do: 'describe', kind: 'device' }).then(
          () => {
            run()
          },
          (error: unknown) => {
            run(new HarnessError(`the driver does not answer: ${String(error)}`))
          },
        )
      }),
    async follow() {
      if (!follows) return undefined
      const reply = await started.request({ do: 'advance', now: clock.now() })
      if (!('ok' in reply))
        throw new HarnessError(`the driver does not follow the clock of the suite: ${JSON.stringify(reply)}`)
      return (reply.ok as { readonly next: number | null }).next ?? undefined // its type in the protocol
    },
  }
  await client.follow(clock)
  return client
}

function creates(
  request: DriverRequest,
): request is Extract<DriverRequest, { do: 'create' | 'provisionCreate' }> {
  return request.do === 'create' || request.do === 'provisionCreate'
}

/** The first option that a driver does not list; one that lists none takes all. */
function foreignOption({ options }: Hello, given: object): string | undefined {
  const known = options // its type in the schema of `hello`
  return known === undefined ? undefined : Object.keys(given).find((name) => !known.includes(name))
}

/** Ends the driver. */
export async function endOfRun(): Promise<void> {
  await program?.stop()
}

function inProcess(clock: Clock): ClientUnderTest {
  const driver = new ReferenceDriver(clock)
  return {
    hello: driver.hello,
    request: (request) => driver.request(request),
    onEvent: (listener) => driver.onEvent(listener),
    stop: () => driver.stop(),
    notes: [],
    rest: () => Promise.resolve(),
    whenStill,
    follow: () => Promise.resolve(undefined),
  }
}

function commandFrom(text: string): readonly string[] {
  const command: unknown = JSON.parse(text)
  if (Array.isArray(command) && command.length > 0 && command.every((part) => typeof part === 'string'))
    return command
  throw new HarnessError(`CONFORMANCE_DRIVER must be a JSON list of strings, got ${text}`)
}
