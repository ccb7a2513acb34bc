import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadCatalogue } from '../../step-definitions/catalogue/requirement.ts'
import {
  CONTRACT_FOLDER,
  DIFFERENCES,
  GRADES_FILE,
  gradesFileText,
  INDEX_FILE,
  indexText,
  PAGES_FILE,
  pagesText,
  readContract,
  readTree,
  withCounts,
  withTotals,
} from './contract-index.ts'

const contract = readTree()

/** The formatter aligns tables; what they say is the same. */
const squeezed = (text: string): string => text.replace(/ +/g, ' ').replace(/-+/g, '-')

const problemsOf = (pages: Record<string, string>, ids: readonly string[] = []): readonly string[] =>
  readContract(new Map(Object.entries(pages)), ids).problems

test('the pages of the contract hold together', () => {
  expect(contract.problems).toEqual([])
})

test('every requirement of the catalogue has one statement', () => {
  const stated = contract.statements.map(({ id }) => id)
  expect(stated).toEqual([...new Set(stated)])
  expect(
    loadCatalogue()
      .map(({ id }) => id)
      .filter((id) => !stated.includes(id)),
  ).toEqual([])
})

test('index.json is what the pages say; tsx scripts/documents/contract-index.ts --write makes it', () => {
  expect(readFileSync(INDEX_FILE, 'utf8')).toBe(indexText(contract))
})

test('the hub’s table of pages is what the pages say; tsx scripts/documents/contract-index.ts --write makes it', () => {
  expect(readFileSync(PAGES_FILE, 'utf8')).toBe(pagesText(contract))
})

test('the table of pages names an area once, and the requirements that stand on another page', () => {
  const statement = (id: string, page: string) =>
    `- <a id="${id.toLowerCase()}"></a>**${id}** So. — assumed; ${page}\n`
  const pages = new Map([
    ['a.md', statement('WIRE-X-01', 'a') + statement('WIRE-X-03', 'a')],
    ['b.md', statement('WIRE-X-02', 'b')],
  ])
  expect(pagesText(readContract(pages, []))).toContain("  ['WIRE-X', 'a.md'],\n  ['WIRE-X-02', 'b.md'],\n])")
})

test('the README counts what the pages say', () => {
  const readme = readFileSync(`${CONTRACT_FOLDER}/README.md`, 'utf8')
  expect(squeezed(readme)).toBe(squeezed(withCounts(readme, contract)))
})

test('the page of differences counts what the pages say', () => {
  const page = readFileSync(DIFFERENCES, 'utf8')
  expect(squeezed(page)).toBe(squeezed(withTotals(page, contract)))
})

test('the catalogue has the grade of every requirement; tsx scripts/documents/contract-index.ts --write makes it', () => {
  const catalogue = loadCatalogue()
  expect(readFileSync(GRADES_FILE, 'utf8')).toBe(
    gradesFileText(
      contract,
      catalogue.map(({ id }) => id),
    ),
  )
  expect(catalogue.filter(({ grade }) => grade === undefined).map(({ id }) => id)).toEqual([])
})

test('a statement is found with its page, anchor and grade, also when its lines are wrapped', () => {
  const text =
    '- <a id="wire-x-01"></a>**WIRE-X-01** It is\n  so. — asserted; a suite\n\ntext — and more; text\n'
  const { statements, problems } = readContract(new Map([['a.md', text]]), ['WIRE-X-01'])
  expect(statements).toEqual([{ id: 'WIRE-X-01', page: 'a.md', anchor: 'wire-x-01', grade: 'asserted' }])
  expect(problems).toEqual([])
})

test('a statement without an id goes by its anchor; examples in code are no statements', () => {
  const text = '- <a id="x-topic"></a>So. — assumed; nothing\n\n```\n- <a id="y"></a>No.\n```\n'
  const { statements } = readContract(new Map([['a.md', text]]), [])
  expect(statements.map(({ id }) => id)).toEqual(['x-topic'])
})

test('an anchor that stands twice is a problem', () => {
  const text = '- <a id="x"></a>So. — assumed; nothing\n'
  expect(problemsOf({ 'a.md': text, 'b.md': text })).toEqual(['b.md: the anchor x stands in a.md already'])
})

test('a requirement without a statement is a problem', () => {
  expect(problemsOf({ 'a.md': 'WIRE-X-01\n' }, ['WIRE-X-01'])).toEqual(['WIRE-X-01 has no statement'])
})

test('an unknown grade and a missing one are problems', () => {
  const text = '- <a id="x"></a>So. — certain; a friend\n- <a id="y"></a>So.\n'
  expect(problemsOf({ 'a.md': text })).toEqual([
    'a.md: the grade of x must be one of captured, asserted, documented, inferred, assumed, it is certain',
    'a.md: y must end in " — grade; sources"',
  ])
})

test('an anchor that is not its id is a problem', () => {
  expect(problemsOf({ 'a.md': '- <a id="wire-x"></a>**WIRE-X-01** So. — assumed; nothing\n' })).toEqual([
    'a.md: the anchor of WIRE-X-01 must be wire-x-01, it is wire-x',
  ])
})

test('a link to an anchor that is not there is a problem', () => {
  const pages = { 'd/a.md': 'see [x](e/b.md#x) and [y](#y)\n', 'd/e/b.md': '<a id="z"></a>\n' }
  expect(problemsOf(pages)).toEqual([
    'd/a.md: there is no anchor x in d/e/b.md',
    'd/a.md: there is no anchor y in d/a.md',
  ])
})

test('a README without marks is not overwritten', () => {
  expect(() => withCounts('no marks', contract)).toThrow('lacks the marks')
})
