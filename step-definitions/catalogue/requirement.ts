/**
 * The catalogue of requirements: one row per documented statement, read from `features/requirements/*.yaml` and
 * validated.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { type Grade, loadGrades } from './grades.ts'

/** The subject of a requirement: a class of the client, or the hub. */
export type Subject = 'device' | 'module' | 'hub'
/** Breaking a `must` fails; the other levels warn. */
export type Level = 'must' | 'should' | 'may' | 'observed'

/**
 * What a requirement of clients is about: bytes at the hub, the same for every client (`protocol`); what an application
 * can rely on, whatever it is called (`semantic`); or the names, defaults and checks of the documented Python API
 * (`python-api`).
 */
export const CLASSES = ['protocol', 'semantic', 'python-api'] as const
export type RequirementClass = (typeof CLASSES)[number]

/**
 * How the neutral reading of a requirement differs from its scenarios, when it is more than «the call fails, in any class,
 * and never reports what did not happen» (neutral/readings.ts).
 */
export const READINGS = [
  'waits',
  'dials-anew',
  'usable-afterwards',
  'comes-back',
  'reads-again',
  'renews',
  'sent-again',
  'stops-or-slows',
  'notices-silence',
  'stays-away',
] as const
export type NeutralReading = (typeof READINGS)[number]

export interface Requirement {
  /** Never renumbered. */
  readonly id: string
  readonly title: string
  readonly level: Level
  readonly applies: readonly Subject[]
  readonly sut: 'client' | 'hub'
  readonly capability: string
  readonly observable: readonly ('api' | 'wire' | 'backend')[]
  readonly source: Readonly<Record<string, string>>
  /** How a scenario provokes it. */
  readonly provoke?: string
  /** The expected outcome. */
  readonly expect?: string
  readonly exception?: string
  /** The fault that provokes it. */
  readonly fault?: string
  readonly testability: 'testable' | 'untestable' | 'retired'
  /** Why it is untestable or retired. */
  readonly reason?: string
  /** Requirements of clients only. */
  readonly class?: RequirementClass
  /** The language-neutral profile that it belongs to; none for `python-api`. */
  readonly profile?: string
  /** How it is judged whatever the language of the client, where its scenarios expect what Python documents. */
  readonly rule?: string
  readonly reading?: NeutralReading
  /** The mutants that its scenarios or tests must detect. */
  readonly mutants?: readonly string[]
  /** Why no mutant proves it. */
  readonly noMutant?: string
  /** Why no scenario can judge it at a hub of which only the connection string is known. */
  readonly noScenario?: string
  /** The name of its file, without folder and extension. */
  readonly area: string
  /** How its statement in the contract is known. */
  readonly grade?: Grade
}

const TEXT = { type: 'string', minLength: 1 } as const
const ROW = {
  type: 'object',
  additionalProperties: false,
  required: ['id', 'title', 'level', 'applies', 'sut', 'capability', 'observable', 'source', 'testability'],
  properties: {
    id: { type: 'string', pattern: '^(BOTH|DEV|DPS|MOD|PROV|SRC|WIRE)(-[A-Z0-9]+)*-[0-9]+[a-z]?$' },
    title: TEXT,
    level: { enum: ['must', 'should', 'may', 'observed'] },
    applies: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: ['device', 'module', 'hub'] } },
    sut: { enum: ['client', 'hub'] },
    capability: TEXT,
    observable: { type: 'array', minItems: 1, items: { enum: ['api', 'wire', 'backend'] } },
    source: { type: 'object', additionalProperties: TEXT },
    provoke: TEXT,
    expect: TEXT,
    exception: TEXT,
    fault: TEXT,
    testability: { enum: ['testable', 'untestable', 'retired'] },
    reason: TEXT,
    class: { enum: CLASSES },
    profile: { type: 'string', pattern: '^client-[a-z0-9-]+$' },
    rule: TEXT,
    reading: { enum: READINGS },
    mutants: { type: 'array', items: { type: 'string', pattern: '^[CHP][0-9]{2,3}$' } },
    noMutant: TEXT,
    noScenario: TEXT,
  },
  if: { properties: { testability: { enum: ['untestable', 'retired'] } } },
  then: { required: ['reason'] },
} as const

/** Whether a requirement is asked of a client in any language. */
export function isNeutral({ class: own }: Pick<Requirement, 'class'>): boolean {
  return own === 'protocol' || own === 'semantic'
}

export const CATALOGUE_FOLDER = 'features/requirements'

/** By folder: several parts of a run read the same one, and YAML takes its time. */
const loaded = new Map<string, readonly Requirement[]>()

/** Reads a folder once in this process. @throws Error with the file, the row, the rule and the given value. */
export function loadCatalogue(folder: string = CATALOGUE_FOLDER): readonly Requirement[] {
  const known = loaded.get(folder) ?? readCatalogue(folder)
  loaded.set(folder, known)
  return known
}

function readCatalogue(folder: string): readonly Requirement[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'))
  const rows = files.flatMap((file) => readRows(readFileSync(join(folder, file), 'utf8'), file))
  const seen = new Map<string, string>()
  for (const { id, area } of rows) {
    const before = seen.get(id)
    if (before !== undefined) throw new Error(`${area}.yaml: ${id} is also in ${before}.yaml`)
    seen.set(id, area)
  }
  const grades = loadGrades(folder)
  return rows.map((row) => {
    const grade = grades.get(row.id)
    return grade === undefined ? row : { ...row, grade }
  })
}

let compiled: ReturnType<Ajv['compile']> | undefined

/** The rows of one file. */
export function readRows(text: string, file: string): readonly Requirement[] {
  const check = (compiled ??= new Ajv({ verbose: true }).compile(ROW))
  const rows: unknown = parse(text)
  if (!Array.isArray(rows)) throw new Error(`${file}: must be a list of requirements`)
  return rows.map((row: unknown, index) => {
    if (!check(row)) {
      const error = check.errors?.find(({ keyword }) => keyword !== 'if') ?? check.errors?.[0]
      const id = (row as { id?: unknown } | null)?.id
      const name = typeof id === 'string' ? id : `row ${String(index + 1)}`
      const place = error?.instancePath.slice(1).replaceAll('/', '.') ?? ''
      const given = error?.keyword === 'additionalProperties' ? error.params : error?.data
      throw new Error(
        `${file}: ${name}: ${place} ${error?.message ?? 'is invalid'}, got ${JSON.stringify(given)}`,
      )
    }
    return { ...(row as Omit<Requirement, 'area' | 'grade'>), area: file.replace(/\.yaml$/, '') } // validated above
  })
}
