/** Runs scenarios with cucumber-js and collects their outcomes. */

import { relative, resolve } from 'node:path'
import { Writable } from 'node:stream'
import { loadConfiguration, runCucumber } from '@cucumber/cucumber/api'
import { type Pickle, type Scenario, scenarioOf } from '../catalogue/scenarios.ts'
import { IDIOM, READING_TYPE, type ReadingRecord } from '../neutral/reading.ts'
import { TRIAL_TYPE, type TrialCost } from '../trials/trial.ts'
import { MessageFile } from './message-file.ts'
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
  /** Processes that run scenarios side by side. @default 1: this process runs them */
  readonly workers?: number
}

/** A scenario that has ended. */
export interface Outcome {
  readonly scenario: Scenario
  readonly ending: Ending
  /** The error message of the step. */
  readonly message: string | undefined
  /** The step that failed. */
  readonly step: string | undefined
  /** How it ended for a client in any language, when that differs. */
  readonly neutral?: NeutralEnding
  /** The attachments: the journal of the hub, the calls, the events. */
  readonly attachments: readonly string[]
  /** What its trials have cost. @default none */
  readonly trials?: readonly TrialCost[]
  readonly durationMs: number
}

type Envelope = Parameters<NonNullable<Parameters<typeof runCucumber>[2]>>[0]

/** The step of a failure after the last step. */
const HOOK = 'hook'

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

/** The end of a scenario in its neutral reading. */
export interface NeutralEnding extends StepEnd {
  /** What decided it, before or against a step of the scenario. */
  readonly why?: string
  /** It passes with a warning. */
  readonly warns: boolean
}

interface Ongoing {
  readonly pickle: Pickle
  readonly attachments: string[]
  readonly trials: TrialCost[]
  reading: ReadingRecord | undefined
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
      format: ['summary:/dev/null'],
      worldParameters: { ...options.parameters },
      parallel: options.workers === undefined || options.workers === 1 ? 0 : options.workers,
      publish: false,
    },
  })
  const collected = new Collection(ended)
  const messages = options.messages === undefined ? undefined : new MessageFile(options.messages)
  try {
    await runCucumber(runConfiguration, { stdout: nowhere() }, (envelope) => {
      messages?.take(envelope)
      collected.take(envelope)
    })
  } finally {
    messages?.end()
  }
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
        testCase.testSteps.map(({ id, pickleStepId }) => [id, texts.get(pickleStepId ?? '') ?? HOOK]),
      )
      this.#cases.set(testCase.id, { pickle: testCase.pickleId, steps })
    }
    if (testCaseStarted !== undefined) {
      const pickleId = this.#cases.get(testCaseStarted.testCaseId)?.pickle ?? ''
      const started = this.#pickles.get(pickleId)
      if (started !== undefined)
        this.#running.set(testCaseStarted.id, {
          ...{ pickle: started, attachments: [], trials: [], results: [], endedMs: undefined },
          reading: undefined,
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
    if (attachment?.testCaseStartedId !== undefined) {
      const ongoing = this.#running.get(attachment.testCaseStartedId)
      const text = textOf(attachment)
      if (attachment.mediaType === TRIAL_TYPE) ongoing?.trials.push(JSON.parse(text) as TrialCost) // of this suite
      else if (attachment.mediaType !== READING_TYPE) ongoing?.attachments.push(text)
      else if (ongoing !== undefined) ongoing.reading = JSON.parse(text) as ReadingRecord // of this suite
    }
    if (testCaseFinished !== undefined)
      this.#end(testCaseFinished.testCaseStartedId, testCaseFinished.timestamp)
  }

  #end(id: string, timestamp: { seconds: number; nanos: number }): void {
    const ongoing = this.#running.get(id)
    if (ongoing === undefined) return
    const { reading, results } = ongoing
    const worst = documentedEnd(results, reading)
    const neutral = reading === undefined ? undefined : neutralEnd(results, reading)
    const outcome: Outcome = {
      scenario: scenarioOf(ongoing.pickle),
      ending: { status: worst.status, errorName: worst.errorName },
      message: worst.message,
      step: worst.status === 'PASSED' ? undefined : worst.step,
      ...(neutral === undefined ? {} : { neutral }),
      attachments: ongoing.attachments,
      trials: ongoing.trials,
      durationMs: millisOf(timestamp) - ongoing.startedMs,
    }
    this.#ended.set(ongoing.pickle.id, outcome)
    this.#onEnd(outcome)
  }
}

/** The end for the documented Python API: the first step that it fails, whatever came after. */
function documentedEnd(results: readonly StepEnd[], reading: ReadingRecord | undefined): StepEnd {
  if (reading?.unsupported !== undefined)
    return { status: 'SKIPPED', errorName: 'NotSupported', message: reading.unsupported, step: undefined }
  const [first] = reading?.notes ?? []
  if (first !== undefined) return { ...first, status: 'FAILED', errorName: 'AssertionError' }
  return worstOf(results)
}

/** The end for a client in any language: without what only the documented Python API fails. */
function neutralEnd(results: readonly StepEnd[], { decided }: ReadingRecord): NeutralEnding {
  const counted = results.filter(
    ({ status, errorName, step }) =>
      errorName !== IDIOM &&
      (decided === undefined || (status !== 'SKIPPED' && !(errorName === 'AssertionError' && step !== HOOK))),
  )
  const why = decided?.why
  return { ...worstOf(counted), ...(why === undefined ? {} : { why }), warns: decided?.verdict === 'WARN' }
}

function worstOf(results: readonly StepEnd[]): StepEnd {
  const ends = WORST.flatMap((status) => results.filter((end) => end.status === status))
  // NotSupported, from the hook at the end, explains every other failure.
  return (
    ends.find(({ errorName }) => errorName === 'NotSupported') ??
    ends[0] ?? { status: 'UNKNOWN', errorName: undefined, message: undefined, step: undefined }
  )
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
