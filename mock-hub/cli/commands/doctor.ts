/** `mock-iot-hub doctor`: looks at ports, trust, names, clocks and SDKs, and says what to do. */

import { resolve } from 'node:path'
import { clockFindings } from '../doctor/clock.ts'
import type { Finding } from '../doctor/finding.ts'
import { nameFindings } from '../doctor/names.ts'
import { portFindings } from '../doctor/ports.ts'
import { sdkFindings } from '../doctor/sdks.ts'
import { trustFindings } from '../doctor/trust.ts'
import { callControl, type ControlFlags } from '../running-hub.ts'
import type { Terminal } from '../terminal.ts'

export interface DoctorFlags extends ControlFlags {
  readonly listen: string
  readonly hostname: readonly string[]
  readonly dir: string
  readonly json: boolean
}

const MARKS = { ok: 'ok     ', note: 'note   ', problem: 'PROBLEM' } as const

/** @returns the exit code: 0 when no SDK is kept from working, else 1. */
export async function doctor(flags: DoctorFlags, { stdout, env }: Terminal): Promise<number> {
  const running = await callControl(flags, 'GET', '/health').then(
    () => true,
    () => false,
  )
  const findings: readonly Finding[] = [
    ...(await portFindings(flags.listen, running)),
    ...trustFindings(resolve(flags.dir), env),
    ...(await nameFindings(flags.listen, flags.hostname)),
    ...(await clockFindings(flags, running)),
    ...sdkFindings(process.cwd()),
  ]
  const problems = findings.filter(({ state }) => state === 'problem').length
  if (flags.json) stdout.write(`${JSON.stringify({ problems, running, findings }, undefined, 2)}\n`)
  else stdout.write(textOf(findings, problems))
  return problems === 0 ? 0 : 1
}

function textOf(findings: readonly Finding[], problems: number): string {
  const lines = findings.flatMap(({ area, state, text, remedy }) => [
    `${MARKS[state]} ${area}: ${text}`,
    ...(remedy === undefined ? [] : [`        ${remedy}`]),
  ])
  const end = problems === 0 ? 'nothing keeps SDKs from this hub' : `${String(problems)} to solve`
  return `${lines.join('\n')}\n\n${end}\n`
}
