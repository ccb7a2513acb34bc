/** The requirements of devices: one row a statement, read from `features/requirements/device/`. A file is a phase of a run. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { parse } from 'yaml'

export const PHASES = [
  ...(['happy', 'always', 'tls', 'messages', 'twin', 'methods', 'session', 'reconnect', 'backoff'] as const),
  ...(['throttle', 'life', 'token', 'clock', 'failover', 'robust', 'upload', 'long', 'stop'] as const),
] as const
/** Rows of one phase are provoked together, in this order. */
export type Phase = (typeof PHASES)[number]

/** Kinds of run, each with the rows of those before it. */
export const RUNS = ['quick', 'standard', 'extended', 'endurance'] as const
export type RunKind = (typeof RUNS)[number]

export type RowLevel = 'must' | 'should' | 'may'

export interface DeviceRow {
  /** `DUT-TLS-06`; never renumbered. */
  readonly id: string
  readonly statement: string
  readonly level: RowLevel
  readonly profile: 'connect' | 'secure' | 'resilient' | 'managed' | 'endurance' | 'upload'
  /** The shortest run that has it. */
  readonly run: RunKind
  readonly appliesTo: string
  readonly provocation: string
  readonly evidence: string
  readonly pass: string
  readonly warn?: string
  /** The floor of a `should`, or what makes a `must` fail beyond the opposite of `pass`. */
  readonly fail?: string
  /** Documents that ask for it. */
  readonly source: string
  /** How it is known. */
  readonly confidence: 'documented' | 'SDK-inferred' | 'uncertain'
  /** Upper bound of the time that it adds to a run. */
  readonly seconds: number
  /** The tests of AWS IoT Device Advisor that ask the same. */
  readonly advisor?: string
  /** Broken devices that must break it. */
  readonly mutants?: readonly string[]
  /** The name of its file. */
  readonly phase: Phase
}

const TEXT = { type: 'string', minLength: 1 } as const
const ROW = {
  type: 'object',
  additionalProperties: false,
  required: [
    ...['id', 'statement', 'level', 'profile', 'run', 'appliesTo', 'provocation', 'evidence', 'pass'],
    ...['source', 'confidence', 'seconds'],
  ],
  properties: {
    id: { type: 'string', pattern: '^DUT-[A-Z0-9]+-[0-9]{2}$' },
    statement: TEXT,
    level: { enum: ['must', 'should', 'may'] },
    profile: { enum: ['connect', 'secure', 'resilient', 'managed', 'endurance', 'upload'] },
    run: { enum: RUNS },
    appliesTo: TEXT,
    provocation: TEXT,
    evidence: TEXT,
    pass: TEXT,
    warn: TEXT,
    fail: TEXT,
    source: TEXT,
    confidence: { enum: ['documented', 'SDK-inferred', 'uncertain'] },
    seconds: { type: 'number', minimum: 0 },
    advisor: TEXT,
    mutants: { type: 'array', minItems: 1, items: { type: 'string', pattern: '^D[0-9]{2,3}$' } },
  },
} as const

/** @param folder that of the requirements of devices. @throws Error with the file, the row, the rule and what was given. */
export function loadDeviceRows(folder: string): readonly DeviceRow[] {
  const check = new Ajv({ verbose: true }).compile(ROW)
  const files = new Set(readdirSync(folder).filter((file) => file.endsWith('.yaml')))
  const rows = PHASES.flatMap((phase) => {
    const file = `${phase}.yaml`
    if (!files.delete(file)) throw new Error(`${folder}: there is no ${file}; each phase has a file`)
    const read: unknown = parse(readFileSync(join(folder, file), 'utf8'))
    if (!Array.isArray(read)) throw new Error(`${file}: must be a list of requirements`)
    return read.map((row: unknown, index) => {
      if (check(row)) return { ...(row as Omit<DeviceRow, 'phase'>), phase } // checked
      const [error] = check.errors ?? []
      const id = (row as { id?: unknown } | null)?.id
      throw new Error(
        `${file}: ${typeof id === 'string' ? id : `row ${String(index + 1)}`}: ${error?.instancePath ?? ''} ` +
          `${error?.message ?? 'is invalid'}, got ${JSON.stringify(error?.data)}`,
      )
    })
  })
  const [stray] = files
  if (stray !== undefined) throw new Error(`${folder}: ${stray} is the file of no phase`)
  const seen = new Set<string>()
  for (const { id } of rows) {
    if (seen.has(id)) throw new Error(`${folder}: ${id} is there twice`)
    seen.add(id)
  }
  return rows
}

/** Whether a kind of run has a row. */
export function isIn(row: Pick<DeviceRow, 'run'>, kind: RunKind): boolean {
  return RUNS.indexOf(row.run) <= RUNS.indexOf(kind)
}
