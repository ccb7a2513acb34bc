/**
 * The client that a run is about: the reference client in this process, or the driver that `CONFORMANCE_DRIVER` names
 * (a list in JSON: a program and its arguments, or one URL). A driver serves all scenarios of a run, one after the
 * other.
 */

import type { Clock } from 'mock-iot-hub'
import { openTransport } from './open-transport.ts'
import { type ClientDriver, type DriverRequest, HarnessError, type Hello } from './client-driver.ts'
import { quietFor, systemAlarm } from './clock.ts'
import { RemoteDriver } from './remote-driver.ts'
import { ReferenceDriver } from './reference-driver.ts'

/** So many milliseconds of silence mean that another process has nothing more to say. */
const SILENCE_MS = Number(process.env['CONFORMANCE_SILENCE_MS'] ?? 60)
const LATE_SECONDS = Number(process.env['CONFORMANCE_PATIENCE_SECONDS'] ?? 3)

export interface ClientUnderTest extends ClientDriver {
  /** Comes back when the client has come to rest. */
  rest(activity: () => number): Promise<void>
  /** Called when it has had all the real time that it may take to do a thing. @returns cancels. */
  whenLate(run: () => void): () => void
  /** Free text that it has written in this scenario. */
  readonly notes: readonly string[]
  /** Its time is moved to where the suite's clock stands. @returns when the next thing is due there, epoch ms. */
  follow(clock: Clock): Promise<number | undefined>
}

let program: RemoteDriver | undefined
let implementation: Hello['implementation'] | undefined

/** Whom the drivers of this run have named; undefined: the reference client, or nobody yet. */
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
  const notedBefore = started.said.length
  const client: ClientUnderTest = {
    hello: started.hello,
    request(request: DriverRequest) {
      if (request.do === 'create') sessions.add(request.session)
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
      // A client that cannot end must not cost the next scenario anything: that one gets a process of its own.
      const stopAlarm = systemAlarm(LATE_SECONDS, () => {
        started.abandon()
      })
      await ended
      stopAlarm()
    },
    get notes() {
      return started.said.slice(notedBefore)
    },
    rest: (activity) => quietFor(SILENCE_MS, activity),
    whenLate: (run) => systemAlarm(LATE_SECONDS, run),
    async follow() {
      if (!follows) return undefined
      const reply = await started.request({ do: 'advance', now: clock.now() })
      if (!('ok' in reply))
        throw new HarnessError(`the driver does not follow the clock: ${JSON.stringify(reply)}`)
      return (reply.ok as { readonly next: number | null }).next ?? undefined // so the protocol says
    },
  }
  await client.follow(clock)
  return client
}

/** The run is over. */
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
    whenLate: () => () => undefined, // a wait without an end is one of the suite's faults: the step's time limit tells
    follow: () => Promise.resolve(undefined),
  }
}

function commandFrom(text: string): readonly string[] {
  const command: unknown = JSON.parse(text)
  if (Array.isArray(command) && command.length > 0 && command.every((part) => typeof part === 'string'))
    return command
  throw new HarnessError(`CONFORMANCE_DRIVER must be a list of texts in JSON, got ${text}`)
}
