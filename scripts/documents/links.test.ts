/** Every link and every citation leads to a page, and to an anchor on it. */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'

const tracked = (...patterns: string[]): string[] =>
  spawnSync('git', ['ls-files', ...patterns], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')

/** `[text](page.md#anchor)`, `[text](#anchor)`; not to another site. */
const LINK = /\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g
/** `docs/contract/twins.md#wire-twin-36` in the text of any file; not the path of a file in another repository. */
const CITATION = /(?<![\w./-])(docs\/[\w./-]+\.md)(?:#([\w-]+))?/g
/** A reading of the client's contract, for example `D-16`. */
const DIVERGENCE = /(?<![\w-])D-\d\d\b/g
const DIVERGENCES = 'docs/contract/client/divergences.md'
/** A decision of the project, for example `decision 16`. */
const DECISION = /\bdecision (\d+)\b/gi
/** Documents that readers of the repository cannot open. */
const UNPUBLISHED = /\b(wire contract|api contract|field notes)\b/gi

const pages = new Map<string, ReadonlySet<string>>()

/** The anchors of a page: those that it sets, and those that GitHub makes of its headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const known = pages.get(page)
  if (known !== undefined) return known
  const text = readFileSync(page, 'utf8').replaceAll(/^```.*?^```$/gms, '')
  const set = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)
  const headings = [...text.matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) => slug(heading))
  const anchors = new Set([...set, ...headings])
  pages.set(page, anchors)
  return anchors
}

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')
}

function leadsNowhere(page: string, anchor: string | undefined): boolean {
  if (!existsSync(page)) return true
  return anchor !== undefined && page.endsWith('.md') && !anchorsOf(page).has(anchor)
}

/** Citations of a text that lead nowhere. */
function deadCitations(text: string): string[] {
  return [...text.matchAll(CITATION)]
    .filter(([, page = '', anchor]) => leadsNowhere(page, anchor))
    .map(([citation]) => citation)
}

test.each(tracked('*.md'))('every link of %s leads to a page and an anchor', (document) => {
  const dead = [...readFileSync(document, 'utf8').matchAll(LINK)]
    .filter(([, path = '', anchor]) =>
      leadsNowhere(path === '' ? document : posix.join(posix.dirname(document), path), anchor),
    )
    .map(([link]) => link)
  expect(dead).toEqual([])
})

test('every file that ARCHITECTURE.md names exists', () => {
  const named = [...readFileSync('ARCHITECTURE.md', 'utf8').matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.ts)`/g)]
  const roots = ['.', 'mock-hub', 'reference-client', 'step-definitions']
  const paths = named.map(([, path = '']) => path)
  expect(paths.length).toBeGreaterThan(30)
  expect(paths.filter((path) => !roots.some((root) => existsSync(posix.join(root, path))))).toEqual([])
})

/** The packages of this repository: name to its commands. */
const COMMANDS: ReadonlyMap<string, readonly string[]> = new Map(
  ['mock-hub', 'reference-client', 'step-definitions'].map((folder) => {
    const text = readFileSync(`${folder}/package.json`, 'utf8')
    const { name, bin = {} } = JSON.parse(text) as { readonly name: string; readonly bin?: object }
    return [name, Object.keys(bin)]
  }),
)
/** `npx --package NAME COMMAND` and `npx COMMAND`; flags may stand between. */
const NPX = /\bnpx (?:--?(?!package)\w+ )*(?:--package (\S+) )?([\w@/-]+)/g

/** Calls of our commands through a package that does not have them. */
function wrongCalls(text: string): readonly string[] {
  return [...text.matchAll(NPX)]
    .filter(([, named, command = '']) => {
      const isOurs = [...COMMANDS.values()].some((commands) => commands.includes(command))
      return isOurs && COMMANDS.get(named ?? command)?.includes(command) !== true
    })
    .map(([call]) => call)
}

test('npx is told the package that has the command', () => {
  expect(tracked('*.md').flatMap((page) => wrongCalls(readFileSync(page, 'utf8')))).toEqual([])
  expect(wrongCalls('npx --yes --package mock-iot-hub iot-hub-conformance run')).toHaveLength(1)
  expect(
    wrongCalls('npx --yes --package iot-hub-conformance iot-hub-conformance run, npx mock-iot-hub'),
  ).toEqual([])
})

describe('citations', () => {
  const TEXT = /\.(ts|js|cjs|mjs|py|java|ya?ml|json|feature|md)$/
  const SELF = 'scripts/documents/links.test.ts'
  const files = tracked().filter(
    (file) => TEXT.test(file) && existsSync(file) && !file.endsWith('lock.json') && file !== SELF,
  )
  const texts = files.map((file) => ({ file, text: readFileSync(file, 'utf8') }))
  /** `file: what` for everything that a look-up finds wrong. */
  const found = (wrong: (text: string) => readonly string[]) =>
    texts.flatMap(({ file, text }) => wrong(text).map((what) => `${file}: ${what}`))

  test('each page and anchor exists', () => {
    expect(found(deadCitations)).toEqual([])
  })

  test('each D-number stands on the page of divergences', () => {
    const anchors = anchorsOf(DIVERGENCES)
    const unknown = (text: string) =>
      [...text.matchAll(DIVERGENCE)].map(([id]) => id).filter((id) => !anchors.has(id.toLowerCase()))
    expect(found(unknown)).toEqual([])
  })

  test('each decision has its page', () => {
    const numbers = new Set(tracked('docs/decisions/*.md').map((page) => Number(/\/(\d+)-/.exec(page)?.[1])))
    const unknown = (text: string) =>
      [...text.matchAll(DECISION)].filter(([, n]) => !numbers.has(Number(n))).map(([name]) => name)
    expect(found(unknown)).toEqual([])
  })

  test('none names a document that is not published', () => {
    const unpublished = (text: string) => [...text.matchAll(UNPUBLISHED)].map(([name]) => name)
    expect(found(unpublished).filter((line) => !line.startsWith('mock-hub/'))).toEqual([])
  })

  test('a page or an anchor that does not exist is found', () => {
    expect(deadCitations('see docs/contract/twins.md#wire-twin-00 and docs/nowhere.md')).toEqual([
      'docs/contract/twins.md#wire-twin-00',
      'docs/nowhere.md',
    ])
    expect(deadCitations('see docs/contract/twins.md#wire-twin-01, sdk/docs/iot/state.md')).toEqual([])
  })
})
