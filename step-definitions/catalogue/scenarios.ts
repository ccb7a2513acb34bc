/** The scenarios of the features, with the tags that reach them from Rule, Feature and Examples, and a key that stays. */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin'
import { IdGenerator } from '@cucumber/messages'
import type { Subject } from './requirement.ts'

export const ID_TAG = /^@((?:BOTH|DEV|MOD|SRC|WIRE)(?:-[A-Z0-9]+)*-\d+[a-z]?)$/

export interface Scenario {
  /** `{requirement}/{file}/{name}/{identity}`: the same as long as the words are. */
  readonly key: string
  readonly uri: string
  readonly line: number
  readonly name: string
  /** Ids of the requirements that it proves. */
  readonly requirements: readonly string[]
  readonly tags: readonly string[]
  /** Whose behaviour; undefined: of a client whose class does not matter. */
  readonly identity: Subject | undefined
  readonly steps: readonly string[]
  /** Whether it was made from a row of Examples: such scenarios share a name. */
  readonly outline: boolean
}

/** Tells one scenario from every other of this version of the suite. */
export function placeOf({ uri, line }: Scenario): string {
  return `${uri}:${String(line)}`
}

export const FEATURES_FOLDER = 'features'

/** @throws the parser's error, with file and line. */
export function loadScenarios(folder: string = FEATURES_FOLDER): readonly Scenario[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.feature'))
    .sort()
  return files.flatMap((file) =>
    readScenarios(readFileSync(join(folder, file), 'utf8'), join(basename(folder), file)),
  )
}

/** The scenarios of one file. */
export function readScenarios(text: string, uri: string): readonly Scenario[] {
  const newId = IdGenerator.incrementing()
  const document = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher()).parse(text)
  return compile(document, uri, newId).map((pickle) => scenarioOf(pickle))
}

/** What the runner calls a pickle, as far as it is looked at. */
export interface Pickle {
  readonly id: string
  readonly uri: string
  readonly name: string
  readonly tags: readonly { readonly name: string }[]
  readonly steps: readonly { readonly id: string; readonly text: string }[]
  readonly location?: { readonly line: number } | undefined
  readonly astNodeIds: readonly string[]
}

export function scenarioOf({ uri, name, tags, steps, location, astNodeIds }: Pickle): Scenario {
  const names = tags.map((tag) => tag.name)
  const requirements = [...new Set(names.flatMap((tag) => ID_TAG.exec(tag)?.[1] ?? []))]
  const identity = identityOf(names)
  const file =
    uri
      .split('/')
      .at(-1)
      ?.replace(/\.feature$/, '') ?? uri
  return {
    key: [requirements[0] ?? 'none', file, slug(name), identity ?? 'any'].join('/'),
    ...{ uri, name, requirements, identity },
    line: location?.line ?? 0,
    tags: names,
    steps: steps.map((step) => step.text),
    outline: astNodeIds.length > 1,
  }
}

function identityOf(tags: readonly string[]): Subject | undefined {
  if (tags.includes('@identity:device')) return 'device'
  if (tags.includes('@identity:module')) return 'module'
  return tags.includes('@sut:hub') ? 'hub' : undefined
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
