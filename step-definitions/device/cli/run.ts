/** `device run`, `certify` and `judge`. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FEATURES, packagedJson } from '../../package-root.ts'
import { UsageError } from '../../conformance/usage-error.ts'
import { OUR_NUMBERS } from '../catalogue/numbers.ts'
import { loadDeviceRows, PHASES, type DeviceRow, type RunKind } from '../catalogue/rows.ts'
import { conduct } from '../conductor/conductor.ts'
import { benchHand } from '../conductor/triggers.ts'
import { readDeviceFile, secondsOf } from '../file/read.ts'
import { judge } from '../judge/judge.ts'
import { parseRecording } from '../recording/files.ts'
import { deviceCertificate, signingKey } from '../report/certificate.ts'
import { DEVICE_FILE, RECORDING_FILE, summary, writeDeviceReports } from '../report/reports.ts'
import { DEVICE_PROFILES, resultsOf, type DeviceResults } from '../report/results.ts'
import { terminalAsk } from './ask.ts'
import { needsText, openBench, type BenchFlags } from './bench-flags.ts'

export interface RunFlags extends BenchFlags {
  readonly quick?: boolean
  readonly extended?: boolean
  /** True: a day. */
  readonly endurance?: boolean | string
  readonly budget?: string
  readonly only?: string
  readonly phase?: string
  readonly person: boolean
  readonly seed: string
  readonly reports: string
  readonly profile?: string
  readonly sign?: string
}

type Say = (line: string) => void

export function deviceRows(): readonly DeviceRow[] {
  return loadDeviceRows(join(FEATURES, 'requirements/device'))
}

export function suiteVersion(): string {
  return (packagedJson('package.json') as { readonly version: string }).version
}

/** @returns the exit code. @throws UsageError. */
export async function runDevice(
  path: string,
  flags: RunFlags,
  certifies: boolean,
  say: Say,
): Promise<number> {
  const rows = deviceRows()
  const kind = kindOf(flags)
  const only = selected(rows, flags)
  if (certifies && only !== undefined)
    throw new UsageError('certify takes no --only and no --phase: a certificate is about all rows')
  if (flags.profile !== undefined && !DEVICE_PROFILES.some((name) => `device-${name}` === flags.profile))
    throw new UsageError(
      `--profile: must be one of ${DEVICE_PROFILES.map((name) => `device-${name}`).join(', ')}, got ${flags.profile}`,
    )
  const budgetSeconds = flags.budget === undefined ? undefined : durationOf('--budget', flags.budget)
  const enduranceSeconds =
    typeof flags.endurance === 'string' ? durationOf('--endurance', flags.endurance) : undefined
  if (!/^\d+$/.test(flags.seed)) throw new UsageError(`--seed: must be a whole number, got ${flags.seed}`)
  const signs = flags.sign === undefined ? undefined : textOf(flags.sign)
  // Before a run of an hour, not after it.
  if (signs !== undefined) signingKey(signs)
  const deviceFileText = textOf(path)
  const open = await openBench(path, flags)
  const { bench, clock, file, env } = open
  if (certifies && (file.limits.scaled ?? 1) !== 1) {
    await open.stop()
    throw new UsageError('certify: a device whose pauses are scaled (limits.scaled) is never certified')
  }
  say(needsText(open))
  const ask = flags.person ? terminalAsk(process.stdin, say) : undefined
  const log: string[] = []
  const hand = benchHand(clock, ask, env, (line) => {
    // The last lines of a device that talks for a day.
    if (log.push(withoutSecrets(line, bench.keys)) > LONGEST_LOG) log.shift()
  })
  const controller = new AbortController()
  const interrupt = (): void => {
    controller.abort()
  }
  process.once('SIGINT', interrupt)
  try {
    const recording = await conduct({
      ...{ bench, rows, numbers: OUR_NUMBERS, kind, puller: hand.pull, seed: Number(flags.seed) },
      ...{ suite: suiteVersion(), only, signal: controller.signal, say },
      ...(budgetSeconds === undefined ? {} : { budgetSeconds }),
      ...(enduranceSeconds === undefined ? {} : { enduranceSeconds }),
    })
    const verdicts = judge(recording, file, rows)
    const results = resultsOf({
      recording,
      verdicts,
      file,
      deviceFileText,
      numbers: OUR_NUMBERS,
      profile: flags.profile,
    })
    const certificate = certifies && results.exitCode === 0 ? deviceCertificate(results, signs) : undefined
    writeDeviceReports(flags.reports, { results, recording, rows, deviceFileText, certificate, log })
    tell(results, say)
    say(`reports in ${flags.reports}`)
    return results.exitCode
  } finally {
    process.off('SIGINT', interrupt)
    hand.stop()
    await open.stop()
  }
}

/** Judges a recorded run again. @returns the exit code. */
export function judgeAgain(folder: string, say: Say): number {
  const recordingPath = join(folder, RECORDING_FILE)
  const recording = parseRecording(textOf(recordingPath), recordingPath)
  const path = join(folder, DEVICE_FILE)
  const file = readDeviceFile(path)
  const rows = deviceRows()
  const verdicts = judge(recording, file, rows)
  const deviceFileText = textOf(path)
  const results = resultsOf({ recording, verdicts, file, deviceFileText, numbers: OUR_NUMBERS })
  writeDeviceReports(folder, { results, recording, rows, deviceFileText })
  tell(results, say)
  return results.exitCode
}

function tell(results: DeviceResults, say: Say): void {
  for (const { word, id, level, why } of results.rows)
    if (['FAIL', 'WARN', 'INCONCLUSIVE', 'ERROR'].includes(word))
      say(`${word.padEnd(12)} ${id} (${level}): ${why}`)
  say(summary(results).split('\n')[2] ?? '')
}

function kindOf({ quick, extended, endurance }: RunFlags): RunKind {
  if ([quick === true, extended === true, endurance !== undefined].filter(Boolean).length > 1)
    throw new UsageError('--quick, --extended and --endurance exclude each other')
  if (quick === true) return 'quick'
  if (extended === true) return 'extended'
  return endurance === undefined ? 'standard' : 'endurance'
}

function selected(rows: readonly DeviceRow[], { only, phase }: RunFlags): readonly string[] | undefined {
  if (phase !== undefined && !PHASES.some((name) => name === phase))
    throw new UsageError(`--phase: must be one of ${PHASES.join(', ')}, got ${phase}`)
  const ids = only?.split(',').map((id) => id.trim())
  const unknown = ids?.find((id) => !rows.some((row) => row.id === id))
  if (unknown !== undefined)
    throw new UsageError(`--only: there is no row ${unknown}; device explain lists them`)
  if (ids === undefined && phase === undefined) return undefined
  return rows
    .filter((row) => (ids?.includes(row.id) ?? true) && (phase === undefined || row.phase === phase))
    .map(({ id }) => id)
}

function durationOf(flag: string, text: string): number {
  if (!/^\d+(\.\d+)?(ms|[smhd])$/.test(text))
    throw new UsageError(`${flag}: must be a duration such as 30m, got ${text}`)
  return secondsOf(text)
}

const LONGEST_LOG = 10_000

/** What a device says of itself is kept without its keys. */
function withoutSecrets(line: string, keys: readonly string[]): string {
  return keys
    .reduce((text, key) => text.replaceAll(key, '***'), line)
    .replace(/(SharedAccessKey=|sig=)[^&;\s"']+/g, '$1***')
}

export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
