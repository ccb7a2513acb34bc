/** The results of a run of a device: a verdict for each row, the profiles, and what is worth knowing beside them. */

import { createHash } from 'node:crypto'
import { NUMBERS, OUR_NUMBERS, type Numbers } from '../catalogue/numbers.ts'
import { isIn, type DeviceRow, type RunKind } from '../catalogue/rows.ts'
import type { DeviceFile } from '../file/device-file.ts'
import type { Verdict } from '../judge/judge.ts'
import { WORDS, type Word } from '../judge/words.ts'
import type { Recording } from '../recording/entries.ts'
import { recordingText } from '../recording/files.ts'
import { EXIT } from '../../conformance/exit-code.ts'

export const DEVICE_PROFILES = [
  'connect',
  'secure',
  'resilient',
  'managed',
  'endurance',
  'upload',
  'core',
  'full',
] as const
export type DeviceProfile = (typeof DEVICE_PROFILES)[number]

export interface ProfileOutcome {
  readonly met: boolean
  readonly counts: Readonly<Record<Word, number>>
  /** Rows that stand against it. */
  readonly against: readonly string[]
}

export interface RowResult {
  readonly id: string
  readonly statement: string
  readonly level: DeviceRow['level']
  readonly phase: string
  readonly word: Word
  readonly why: string
  readonly cites: readonly number[]
  readonly figures?: Verdict['figures']
}

export interface DeviceResults {
  readonly suite: string
  readonly subject: { readonly kind: 'device' } & Readonly<Record<string, unknown>>
  readonly run: RunKind
  readonly startedAt: string
  readonly seconds: number
  readonly complete: boolean
  readonly verdicts: Readonly<Record<Word, number>>
  readonly profiles: Readonly<Record<string, ProfileOutcome>>
  readonly recoveries: number
  readonly repetitions: number
  readonly interactions: number
  readonly changedNumbers: Readonly<Record<string, number>>
  readonly scaled: number
  readonly hashes: { readonly recording: string; readonly deviceFile: string }
  readonly seed: number
  readonly exitCode: number
  readonly rows: readonly RowResult[]
}

/** The shortest run that has the rows of a profile. */
const NEEDS: Readonly<Record<DeviceProfile, RunKind>> = {
  connect: 'quick',
  secure: 'quick',
  resilient: 'extended',
  managed: 'standard',
  endurance: 'endurance',
  upload: 'standard',
  core: 'standard',
  full: 'extended',
}

function belongs(profile: DeviceProfile, row: DeviceRow): boolean {
  if (profile === 'full') return ['connect', 'secure', 'resilient', 'managed'].includes(row.profile)
  if (profile === 'core')
    return (
      row.profile === 'connect' ||
      row.profile === 'secure' ||
      (row.profile === 'resilient' && row.level === 'must' && isIn(row, 'standard'))
    )
  return row.profile === profile
}

/** Words that stand against a profile. */
const BAD: readonly Word[] = ['FAIL', 'INCONCLUSIVE', 'NOT_RUN', 'ERROR']

export function profileOutcomes(
  verdicts: readonly Verdict[],
  recoveries: number,
): Readonly<Record<string, ProfileOutcome>> {
  return Object.fromEntries(
    DEVICE_PROFILES.map((profile) => {
      const own = verdicts.filter(({ row }) => belongs(profile, row))
      const against = own.filter(({ word }) => BAD.includes(word)).map(({ row }) => row.id)
      const passed = own.some(({ word }) => word === 'PASS' || word === 'WARN')
      return [
        `device-${profile}`,
        { met: against.length === 0 && passed && recoveries === 0, counts: countsOf(own), against },
      ]
    }),
  )
}

export function countsOf(verdicts: readonly { readonly word: Word }[]): Record<Word, number> {
  const counts = Object.fromEntries(WORDS.map((word) => [word, 0])) as Record<Word, number> // one for each word
  for (const { word } of verdicts) counts[word]++
  return counts
}

export interface ResultsInput {
  readonly recording: Recording
  readonly verdicts: readonly Verdict[]
  readonly file: DeviceFile
  readonly deviceFileText: string
  readonly numbers: Numbers
  /** Only this profile decides the exit code. */
  readonly profile?: string | undefined
}

export function resultsOf({
  recording,
  verdicts,
  file,
  deviceFileText,
  numbers,
  profile,
}: ResultsInput): DeviceResults {
  const { header, entries } = recording
  const end = entries.findLast((entry) => entry.type === 'end')
  const complete = end?.type === 'end' && end.complete
  const planned = verdicts.filter(({ row }) => header.planned.includes(row.id))
  const recoveries = entries.filter(({ type }) => type === 'recovery').length
  const profiles = profileOutcomes(verdicts, recoveries)
  const kind = header.kind as RunKind // a conductor wrote it
  const possible = Object.entries(profiles).filter(([name]) => {
    const needed = NEEDS[name.slice('device-'.length) as DeviceProfile]
    return isIn({ run: needed }, kind)
  })
  return {
    suite: header.suite,
    subject: { kind: 'device', ...file.device, auth: file.auth.kind, transport: file.transport },
    run: kind,
    startedAt: new Date(header.startedAt).toISOString(),
    seconds: ((entries.at(-1)?.at ?? header.startedAt) - header.startedAt) / 1000,
    complete,
    verdicts: countsOf(planned),
    profiles: Object.fromEntries(possible),
    recoveries,
    repetitions: entries.filter(
      (entry) => entry.type === 'provocation' && entry.state === 'begun' && entry.attempt > 1,
    ).length,
    interactions: entries.filter((entry) => entry.type === 'trigger' && entry.kind === 'person').length,
    changedNumbers: Object.fromEntries(
      Object.keys(NUMBERS).flatMap((name) => {
        const key = name as keyof Numbers
        return numbers[key] === OUR_NUMBERS[key] ? [] : [[key, numbers[key]]]
      }),
    ),
    scaled: file.limits.scaled ?? 1,
    hashes: { recording: hash(recordingText(recording)), deviceFile: hash(deviceFileText) },
    seed: header.seed,
    exitCode: exitCodeOf(planned, complete, profile === undefined ? undefined : profiles[profile]),
    rows: verdicts.map(({ row, word, why, cites, figures }) => ({
      ...{ id: row.id, statement: row.statement, level: row.level, phase: row.phase, word, why, cites },
      ...(figures === undefined ? {} : { figures }),
    })),
  }
}

function exitCodeOf(
  planned: readonly Verdict[],
  complete: boolean,
  profile: ProfileOutcome | undefined,
): number {
  const counts = countsOf(planned)
  if (counts.FAIL > 0) return EXIT.failed
  if (counts.ERROR + counts.INCONCLUSIVE > 0) return EXIT.cannotJudge
  if (!complete || counts.NOT_RUN > 0 || counts.PASS === 0) return EXIT.tooLittle
  return profile?.met === false ? EXIT.failed : EXIT.conformant
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
