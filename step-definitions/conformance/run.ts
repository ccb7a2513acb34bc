/** Runs scenarios with cucumber-js and collects their outcomes. */

import { relative, resolve } from 'node:path'
import { Writable } from 'node:stream'
import { loadConfiguration, runCucumber } from '@cucumber/cucumber/api'
import { type Pickle, type Scenario, scenarioOf } from '../catalogue/scenarios.ts'
import { SUITE } from './suite.ts'
import type { Ending } from './verdict.ts'

export interface RunOptions {
  /** Feature files or folders. @default all features */
  readonly paths?: readonly string[] | undefined
  /** A tag expression. */
  readonly tags?: string | undefined
  /** Parts of scenario names. */
  readonly names?: readonly string[] | undefined
  /** `defined`, or `random:SEED`. */
  readonly order: string
  /** File of the message stream. @default none */
  readonly messages?: string | undefined
  /** Parameters of the World. */
  readonly parameters?: Readonly<Record<string, string>>
}

/** A scenario that has ended. */
export interface Outcome {
  readonly scenario: Scenario
  readonly ending: Ending
  /** The error message of the step. */
  readonly message: string | undefined
  /** The step that failed. */
  readonly step: string | undefined
  /** The attachments: the journal of the hub, the calls, the events. */
  readonly attachments: readonly string[]
  readonly durationMs: number
}

type Envelope = Parameters<NonNullable<Parameters<typeof runCucumber>[2]>>[0]

/** Worst first. */
const WORST = ['FAILED', 'AMBIGUOUS', 'UNDEFINED', 'PENDING', 'UNKNOWN', 'SKIPPED', 'PASSED'] as const

/** The message of the runner for a step that has reached its limit in real time: no verdict. */
const TIMED_OUT = /\bfunction timed out, ensure the promise resolves within/

interface StepEnd {
  readonly status: Ending['status']
  readonly step: string | undefined
  readonly message: string | undefined
  readonly errorName: string | undefined
}

interface Ongoing {
  readonly pickle: Pickle
  readonly attachments: string[]
  readonly results: StepEnd[]
  startedMs: number
  endedMs: number | undefined
}

/** @param ended called at the end of each scenario. */
export async function runScenarios(
  options: RunOptions,
  ended: (outcome: Outcome) => void = () => undefined,
): Promise<readonly Outcome[]> {
  const { runConfiguration } = await loadConfiguration({
    file: false,
    provided: {
      import: [...SUITE.code],
      paths: [...(options.paths ?? [`${SUITE.features}/**/*.feature`])],
      ...(options.tags === undefined ? {} : { tags: options.tags }),
      name: [...(options.names ?? [])],
      order: options.order as `random:${string}`, // or `defined`
      strict: true,
      format: options.messages === undefined ? ['summary:/dev/null'] : [['message', options.messages]],
      worldParameters: { ...options.parameters },
      publish: false,
    },
  })
  const collected = new Collection(ended)
  await runCucumber(runConfiguration, { stdout: nowhere() }, (envelope) => {
    collected.take(envelope)
  })
  return collected.outcomes
}

class Collection {
  readonly #onEnd: (outcome: Outcome) => void
  readonly #pickles = new Map<string, Pickle>()
  /** The pickle and the steps of each test case, by its id. */
  readonly #cases = new Map<
    string,
    { readonly pickle: string; readonly steps: ReadonlyMap<string, string> }
  >()
  /** The steps of each attempt. */
  readonly #stepsOf = new Map<string, ReadonlyMap<string, string>>()
  readonly #running = new Map<string, Ongoing>()
  readonly #ended = new Map<string, Outcome>()

  constructor(onEnd: (outcome: Outcome) => void) {
    this.#onEnd = onEnd
  }

  /** In the order of their end. */
  get outcomes(): readonly Outcome[] {
    return [...this.#ended.values()]
  }

  take(envelope: Envelope): void {
    const { pickle, testCase, testCaseStarted, testStepFinished, testCaseFinished, attachment } = envelope
    // The runner has paths relative to the working directory, the results relative to the suite.
    if (pickle !== undefined) {
      const { id, uri, name, tags, steps, location, astNodeIds } = pickle
      const own = relative(SUITE.root, resolve(uri))
      this.#pickles.set(id, { id, uri: own, name, tags, steps, location, astNodeIds })
    }
    if (testCase !== undefined) {
      const texts = new Map(this.#pickles.get(testCase.pickleId)?.steps.map(({ id, text }) => [id, text]))
      const steps = new Map(
        testCase.testSteps.map(({ id, pickleStepId }) => [id, texts.get(pickleStepId ?? '') ?? 'hook']),
      )
      this.#cases.set(testCase.id, { pickle: testCase.pickleId, steps })
    }
    if (testCaseStarted !== undefined) {
      const pickleId = this.#cases.get(testCaseStarted.testCaseId)?.pickle ?? ''
      const started = this.#pickles.get(pickleId)
      if (started !== undefined)
        this.#running.set(testCaseStarted.id, {
          ...{ pickle: started, attachments: [], results: [], endedMs: undefined },
          startedMs: millisOf(testCaseStarted.timestamp),
        })
      this.#stepsOf.set(testCaseStarted.id, this.#cases.get(testCaseStarted.testCaseId)?.steps ?? new Map())
    }
    if (testStepFinished !== undefined) {
      const { testCaseStartedId, testStepId, testStepResult } = testStepFinished
      const step = this.#stepsOf.get(testCaseStartedId)?.get(testStepId)
      this.#running.get(testCaseStartedId)?.results.push({
        status: testStepResult.status, // an enum of these strings
        step,
        message: testStepResult.message,
        errorName: TIMED_OUT.test(testStepResult.message ?? '') ? 'TimedOut' : testStepResult.exception?.type,
      })
    }
    if (attachment?.testCaseStartedId !== undefined)
      this.#running.get(attachment.testCaseStartedId)?.attachments.push(textOf(attachment))
    if (testCaseFinished !== undefined)
      this.#end(testCaseFinished.testCaseStartedId, testCaseFinished.timestamp)
  }

  #end(id: string, timestamp: { seconds: number; nanos: number }): void {
    const ongoing = this.#running.get(id)
    if (ongoing === undefined) return
    const ends = WORST.flatMap((status) => ongoing.results.filter((end) => end.status === status))
    // NotSupported, from the hook at the end, explains every other failure.
    const worst = ends.find(({ errorName }) => errorName === 'NotSupported') ?? ends[0]
    const outcome: Outcome = {
      scenario: scenarioOf(ongoing.pickle),
      ending: { status: worst?.status ?? 'UNKNOWN', errorName: worst?.errorName },
      message: worst?.message,
      step: worst?.status === 'PASSED' ? undefined : worst?.step,
      attachments: ongoing.attachments,
      durationMs: millisOf(timestamp) - ongoing.startedMs,
    }
    this.#ended.set(ongoing.pickle.id, outcome)
    this.#onEnd(outcome)
  }
}

function millisOf({ seconds, nanos }: { seconds: number; nanos: number }): number {
  return seconds * 1000 + nanos / 1_000_000
}

function textOf({ body, contentEncoding }: { body: string; contentEncoding: string }): string {
  return contentEncoding === 'BASE64' ? Buffer.from(body, 'base64').toString('utf8') : body
}

/** Discards the output of the formatters. */
function nowhere(): Writable {
  return new Writable({
    write: (_chunk, _encoding, done: () => void) => {
      done()
    },
  })
}
