/** All mutants that the operators make of the hub and the client, and drawings from them. */

import { seeded } from '../../../step-definitions/device/conductor/seeded.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import type { Change, Operator } from './change.ts'
import { FIELD } from './field.ts'
import { GENERAL } from './general.ts'

export interface GeneratedMutant {
  readonly id: string
  readonly side: 'client' | 'hub'
  readonly operator: string
  readonly file: string
  readonly line: number
  readonly before: string
  readonly after: string
  readonly change: Change
}

const FOLDERS = {
  hub: ['mock-hub/core', 'mock-hub/mqtt', 'mock-hub/amqp', 'mock-hub/http'],
  client: ['reference-client'],
} as const
/** Tests, declarations, and code that no behaviour of the product depends on. */
const LEFT_OUT =
  /generated-parser|\.test\.ts$|\/core\/journal\/|\/testing\/|\/tests\/|\/contract\/|\/index\.ts$|node_modules|\/dist\/|\.d\.ts$/
/** What only explains, logs or counts: a change there is seen by nobody but a reader. */
const UNSEEN =
  /^(logger|log|debug|warn|info|explain|explanation|describe|quoted|journal|diagnostics|deprecated|performance)$/
const EXPLAINS = /^(rule|expected|received|message|detail|reason|cause|what|hint)$/

/** The catalogue has every error of the service; nobody can see the codes of those that this hub has no reason for. */
const CATALOGUE = 'mock-hub/core/errors/catalogue.ts'

/** The candidates of all files, in the order of files and places. */
export function candidates(side?: GeneratedMutant['side']): readonly GeneratedMutant[] {
  return (['client', 'hub'] as const)
    .filter((one) => side === undefined || one === side)
    .flatMap((one) => FOLDERS[one].flatMap((folder) => filesIn(folder).flatMap((file) => ofFile(one, file))))
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
    .filter((file) => !LEFT_OUT.test(file))
    .sort()
}

function ofFile(side: GeneratedMutant['side'], file: string): readonly GeneratedMutant[] {
  const text = readFileSync(file, 'utf8')
  const raised = file === CATALOGUE ? codeOfHub() : undefined
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true)
  const found: GeneratedMutant[] = []
  const operators: readonly Operator[] = [...FIELD, ...GENERAL]
  const visit = (node: ts.Node): void => {
    if (isUnseen(node, source)) return
    if (raised !== undefined && ts.isPropertyAssignment(node) && /^[A-Z]/.test(node.name.getText(source)))
      if (!raised.includes(`'${node.name.getText(source)}'`)) return
    for (const { what, propose } of operators)
      for (const change of propose(node, source)) {
        const { line } = source.getLineAndCharacterOfPosition(change.start)
        const before = text.slice(change.start, change.end)
        if (before === change.replacement) continue
        found.push({
          ...{ side, operator: what, file, line: line + 1, change, before, after: change.replacement },
          id: `${side === 'client' ? 'GC' : 'GH'}:${file}:${String(change.start)}:${what.replaceAll(' ', '-')}`,
        })
      }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function codeOfHub(): string {
  return FOLDERS.hub
    .flatMap(filesIn)
    .map((file) => readFileSync(file, 'utf8'))
    .join()
}

function isUnseen(node: ts.Node, source: ts.SourceFile): boolean {
  if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true
  if (ts.isPropertyAssignment(node)) return EXPLAINS.test(node.name.getText(source))
  if (!ts.isCallExpression(node)) return false
  const parts = node.expression.getText(source).split(/[.?!#]+/)
  return parts.some((part) => UNSEEN.test(part))
}

/** The file with the change; undefined: it is no TypeScript any more. */
export function mutated({ file, change }: Pick<GeneratedMutant, 'file' | 'change'>): string | undefined {
  const text = readFileSync(file, 'utf8')
  const changed = text.slice(0, change.start) + change.replacement + text.slice(change.end)
  const source = ts.createSourceFile(file, changed, ts.ScriptTarget.ESNext)
  // The typings leave out what the parser found wrong.
  const { parseDiagnostics } = source as unknown as { readonly parseDiagnostics: readonly unknown[] }
  return parseDiagnostics.length === 0 ? changed : undefined
}

/**
 * Draws mutants: the operators take turns, so that rare ones are drawn as often as common ones, and no two mutants change
 * the same place.
 */
export function draw(
  all: readonly GeneratedMutant[],
  count: number,
  seed: number,
): readonly GeneratedMutant[] {
  const random = seeded(seed)
  const byOperator = new Map<string, GeneratedMutant[]>()
  for (const mutant of shuffled(all, random))
    byOperator.set(mutant.operator, [...(byOperator.get(mutant.operator) ?? []), mutant])
  const turns = shuffled([...byOperator.values()], random)
  const drawn: GeneratedMutant[] = []
  const places = new Set<string>()
  while (drawn.length < count && turns.some((mutants) => mutants.length > 0)) {
    for (const mutants of turns) {
      const next = take(mutants, places)
      if (next !== undefined && drawn.length < count) drawn.push(next)
    }
  }
  return drawn
}

function take(mutants: GeneratedMutant[], places: Set<string>): GeneratedMutant | undefined {
  for (let mutant = mutants.shift(); mutant !== undefined; mutant = mutants.shift()) {
    const place = `${mutant.file}:${String(mutant.line)}`
    if (places.has(place) || mutated(mutant) === undefined) continue
    places.add(place)
    return mutant
  }
  return undefined
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const list = [...items]
  for (let index = list.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    ;[list[index], list[other]] = [list[other] as T, list[index] as T] // both indexes are within the list
  }
  return list
}
