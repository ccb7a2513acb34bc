/** The scenarios of the features, with the tags that reach them from Rule, Feature and Examples, and a key that stays. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin'
import { type GherkinDocument, IdGenerator, type Pickle } from '@cucumber/messages'
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

export const FEATURES_FOLDER = 'features'

/** @throws the parser's error, with file and line. */
export function loadScenarios(folder: string = FEATURES_FOLDER): readonly Scenario[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.feature'))
    .sort()
  return files.flatMap((file) => readScenarios(readFileSync(join(folder, file), 'utf8'), `${folder}/${file}`))
}

/** The scenarios of one file. */
export function readScenarios(text: string, uri: string): readonly Scenario[] {
  const newId = IdGenerator.incrementing()
  const document: GherkinDocument = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher()).parse(
    text,
  )
  return compile(document, uri, newId).map((pickle) => scenarioOf(pickle))
}

/** A scenario from what the runner calls a pickle. */
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
