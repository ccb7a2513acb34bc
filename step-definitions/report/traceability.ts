/** Requirements with their source, scenarios, verdicts and mutants, and the files with their requirements. */

import type { Requirement } from '../catalogue/requirement.ts'
import type { RequirementResult, Results } from '../conformance/results.ts'

interface Row {
  readonly requirement: Requirement
  readonly results: readonly RequirementResult[]
}

function rowsOf({ records }: Results, catalogue: readonly Requirement[]): readonly Row[] {
  return catalogue.map((requirement) => ({
    requirement,
    results: records.filter((record) => record.requirement === requirement.id),
  }))
}

export function traceabilityCsv(results: Results, catalogue: readonly Requirement[]): string {
  const header = [
    'requirement',
    'level',
    'grade',
    'identity',
    'verdict',
    'source',
    'scenarios',
    'mutants',
    'title',
  ]
  const lines = rowsOf(results, catalogue).flatMap(({ requirement, results: own }) => {
    const { id, level, grade = '', source, title, mutants = [], testability } = requirement
    const rest = [Object.values(source).join(' '), '', mutants.join(' '), title]
    if (own.length === 0)
      return [[id, level, grade, '', testability === 'testable' ? 'no scenario' : testability, ...rest]]
    return own.map(({ identity, verdict, scenarios }) => [
      ...[id, level, grade, identity, verdict, rest[0] ?? ''],
      scenarios.map(({ at }) => at).join(' '),
      ...rest.slice(2),
    ])
  })
  return [header, ...lines]
    .map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','))
    .join('\n')
}

export function traceabilityMarkdown(results: Results, catalogue: readonly Requirement[]): string {
  const byFile = new Map<string, Set<string>>()
  for (const { requirement, scenarios } of results.records)
    for (const { at } of scenarios) {
      const file = at.split(':')[0] ?? at
      byFile.set(file, (byFile.get(file) ?? new Set()).add(requirement))
    }
  return [
    '# Requirements and their scenarios\n',
    '| requirement | level | known as | verdicts | scenarios | mutants |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rowsOf(results, catalogue).map(
      ({ requirement: { id, level, grade = '', mutants = [], testability }, results: own }) => {
        const verdicts = own.map(({ identity, verdict }) => `${identity} ${verdict}`).join(', ')
        const scenarios = own.reduce((sum, { scenarios: some }) => sum + some.length, 0)
        return `| ${id} | ${level} | ${grade} | ${verdicts === '' ? testability : verdicts} | ${String(scenarios)} | ${mutants.join(' ')} |`
      },
    ),
    '\n# Files and the requirements they prove\n',
    ...[...byFile].sort().map(([file, ids]) => `- ${file}: ${[...ids].join(' ')}`),
    '',
  ].join('\n')
}
