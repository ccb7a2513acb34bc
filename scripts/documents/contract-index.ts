/**
 * `tsx scripts/documents/contract-index.ts [--write]`: builds the index of the contract, with page and grade of each statement, from
 * the pages of docs/contract. Prints the index, or writes it, the hub's table of pages, the grades of the catalogue and the
 * counts in the README and in the page of differences. Exits with 1 if an anchor occurs twice, a requirement has none, a grade is unknown or a link between the pages is dead.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { type Grade, GRADES, GRADES_FILE as GRADES_NAME } from '../../step-definitions/catalogue/grades.ts'
import { CATALOGUE_FOLDER, loadCatalogue } from '../../step-definitions/catalogue/requirement.ts'

export const CONTRACT_FOLDER = 'docs/contract'
export const INDEX_FILE = `${CONTRACT_FOLDER}/index.json`
/** The hub builds the links in its explanations from this table. */
export const PAGES_FILE = 'mock-hub/core/errors/contract-pages.ts'
/** The reports of the suite show the grades of this file. */
export const GRADES_FILE = `${CATALOGUE_FOLDER}/${GRADES_NAME}`
/** Shows the sum of the counts. */
export const DIFFERENCES = 'docs/differences.md'
const README = `${CONTRACT_FOLDER}/README.md`
const BEGIN = '<!-- counts -->'
const END = '<!-- /counts -->'

export interface Statement {
  /** A requirement id, or the anchor where there is none. */
  readonly id: string
  /** From the root of the project. */
  readonly page: string
  readonly anchor: string
  readonly grade: Grade
}

/** The statements of the pages, and the problems found. */
export interface Contract {
  readonly statements: readonly Statement[]
  /** By page: every anchor, those of sections included. */
  readonly anchors: ReadonlyMap<string, ReadonlySet<string>>
  /** Each names the page and the rule. */
  readonly problems: readonly string[]
}

const ANCHOR = /<a id="([^"]+)"><\/a>/g
const ITEM = /^- <a id="([^"]+)"><\/a>(?:\*\*([^*]+)\*\* )?(.*)$/s
const GRADED = / — (\S+); (?=\S)/g
const LINK = /\]\(([^)\s#]*)#([^)\s]+)\)/g

/**
 * Reads the pages, by their paths from the root of the project.
 *
 * @param ids The requirements that must have an anchor.
 */
export function readContract(pages: ReadonlyMap<string, string>, ids: readonly string[]): Contract {
  const problems: string[] = []
  const anchors = new Map<string, Set<string>>()
  const statements: Statement[] = []
  const seen = new Map<string, string>()
  for (const [page, text] of pages) {
    const prose = withoutCode(text)
    const here = new Set<string>()
    anchors.set(page, here)
    for (const [, anchor = ''] of prose.matchAll(ANCHOR)) {
      const before = seen.get(anchor)
      if (before !== undefined) problems.push(`${page}: the anchor ${anchor} stands in ${before} already`)
      seen.set(anchor, page)
      here.add(anchor)
    }
    // Lists of sources have anchors but no grades: they are not statements.
    if (!page.endsWith('/sources.md'))
      for (const item of itemsOf(prose)) statements.push(...statementOf(page, item, problems))
  }
  const stated = new Set(statements.map(({ id }) => id))
  for (const id of ids) if (!stated.has(id)) problems.push(`${id} has no statement`)
  problems.push(...deadLinks(pages, anchors))
  return { statements, anchors, problems }
}

function statementOf(page: string, item: string, problems: string[]): readonly Statement[] {
  const [, anchor = '', id, text = ''] = ITEM.exec(item) ?? []
  const grade = [...text.matchAll(GRADED)].at(-1)?.[1]
  if (id !== undefined && id.toLowerCase() !== anchor)
    problems.push(`${page}: the anchor of ${id} must be ${id.toLowerCase()}, it is ${anchor}`)
  if (grade === undefined) problems.push(`${page}: ${anchor} must end in " — grade; sources"`)
  else if (!isGrade(grade))
    problems.push(`${page}: the grade of ${anchor} must be one of ${GRADES.join(', ')}, it is ${grade}`)
  else return [{ id: id ?? anchor, page, anchor, grade }]
  return []
}

function isGrade(text: string): text is Grade {
  return GRADES.some((grade) => grade === text)
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, '')
}

/** List items that begin with an anchor, each with the lines that continue it. */
function itemsOf(prose: string): readonly string[] {
  const items: string[] = []
  let open = false
  for (const line of prose.split('\n')) {
    if (line.startsWith('- <a id="')) items.push(line)
    else if (open && line.startsWith('  ')) items.push(`${items.pop() ?? ''} ${line.trim()}`)
    open = line.startsWith('- <a id="') || (open && line.startsWith('  '))
  }
  return items
}

function deadLinks(
  pages: ReadonlyMap<string, string>,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const dead: string[] = []
  for (const [page, text] of pages)
    for (const [, file = '', anchor = ''] of text.matchAll(LINK)) {
      if (/^https?:/.test(file)) continue
      const target = file === '' ? page : posix.join(posix.dirname(page), file)
      const there = anchors.get(target)
      if (there !== undefined && !there.has(anchor))
        dead.push(`${page}: there is no anchor ${anchor} in ${target}`)
    }
  return dead
}

/** `index.json`: page and grade of each statement, sorted by id. */
export function indexText({ statements }: Contract): string {
  const rows = statements
    .toSorted(byId)
    .map(({ id, page, anchor, grade }) => [id, { page, anchor, grade }] as const)
  return `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`
}

/** `grades.json`: the grade of each requirement of the catalogue, sorted by id. */
export function gradesFileText({ statements }: Contract, ids: readonly string[]): string {
  const rows = statements.filter(({ id }) => ids.includes(id)).toSorted(byId)
  return `${JSON.stringify(Object.fromEntries(rows.map(({ id, grade }) => [id, grade])), null, 2)}\n`
}

/**
 * The TypeScript table of the hub: the page of each area (`WIRE-TWIN`), and of each requirement that is on another page
 * than most of its area.
 */
export function pagesText({ statements }: Contract): string {
  const rules = statements.filter(({ id }) => /^(?:DPS|WIRE)-[A-Z0-9]+-\d+$/.test(id)).toSorted(byId)
  const rows = [...new Set(rules.map(({ id }) => areaOf(id)))].flatMap((area) => {
    const members = rules.filter(({ id }) => areaOf(id) === area)
    const home = mostFrequent(members.map(({ page }) => page))
    const elsewhere = members.filter(({ page }) => page !== home)
    return [[area, home] as const, ...elsewhere.map(({ id, page }) => [id, page] as const)]
  })
  return [
    '/** Generated by `tsx scripts/documents/contract-index.ts --write`: the page of each area of rules, and of each rule that stands elsewhere. */',
    'export const CONTRACT_PAGES: ReadonlyMap<string, string> = new Map([',
    ...rows.map(([id, page]) => `  ['${id}', '${page}'],`),
    '])\n',
  ].join('\n')
}

function areaOf(id: string): string {
  return id.replace(/-\d+$/, '')
}

function mostFrequent(texts: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].toSorted(([, one], [, other]) => other - one)[0]?.[0] ?? ''
}

function byId(one: Statement, other: Statement): number {
  return one.id < other.id ? -1 : 1
}

/** The README with a table of counts computed from the pages. */
export function withCounts(readme: string, { statements }: Contract): string {
  const pages = [...new Set(statements.map(({ page }) => page))].toSorted()
  const rows = pages.map((page) => {
    const file = posix.relative(CONTRACT_FOLDER, page)
    return row(
      `[${file}](${file})`,
      statements.filter((statement) => statement.page === page),
    )
  })
  return between(readme, README, table('page', [...rows, row('all', statements)]))
}

/** The page of differences with the counts of all statements, those about hubs and those about the client. */
export function withTotals(page: string, { statements }: Contract): string {
  const aboutClients = ({ page: file }: Statement): boolean => file.startsWith(`${CONTRACT_FOLDER}/client/`)
  const rows = [
    row(
      'the hub',
      statements.filter((statement) => !aboutClients(statement)),
    ),
    row('the client', statements.filter(aboutClients)),
  ]
  return between(page, DIFFERENCES, table('statements about', rows))
}

function table(first: string, rows: readonly string[]): string {
  return [
    `| ${first} | ${GRADES.join(' | ')} | all |`,
    `| --- |${' --: |'.repeat(GRADES.length + 1)}`,
    ...rows,
  ].join('\n')
}

function between(text: string, file: string, generated: string): string {
  const [before, rest] = text.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined)
    throw new Error(`${file} lacks the marks ${BEGIN} and ${END}`)
  return `${before}${BEGIN}\n\n${generated}\n\n${END}${after}`
}

function row(name: string, statements: readonly Statement[]): string {
  const counts = GRADES.map((grade) => statements.filter((statement) => statement.grade === grade).length)
  return `| ${[name, ...counts, statements.length].join(' | ')} |`
}

/** The pages of the tree and the ids of its catalogue. */
export function readTree(): Contract {
  const files = readdirSync(CONTRACT_FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `${CONTRACT_FOLDER}/${file.replaceAll('\\', '/')}`)
    .toSorted()
  return readContract(
    new Map(files.map((file) => [file, readFileSync(file, 'utf8')])),
    loadCatalogue().map(({ id }) => id),
  )
}

if (process.argv[1]?.endsWith('contract-index.ts') === true) {
  const contract = readTree()
  for (const problem of contract.problems) process.stderr.write(`FAIL ${problem}\n`)
  if (process.argv.includes('--write')) {
    writeFileSync(INDEX_FILE, indexText(contract))
    writeFileSync(PAGES_FILE, pagesText(contract))
    writeFileSync(README, withCounts(readFileSync(README, 'utf8'), contract))
    writeFileSync(DIFFERENCES, withTotals(readFileSync(DIFFERENCES, 'utf8'), contract))
    const ids = loadCatalogue().map(({ id }) => id)
    writeFileSync(GRADES_FILE, gradesFileText(contract, ids))
  } else process.stdout.write(indexText(contract))
  process.exitCode = contract.problems.length === 0 ? 0 : 1
}
