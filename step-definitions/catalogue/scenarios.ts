/** The scenarios of the features, with inherited tags and a stable key. */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin'
import { IdGenerator } from '@cucumber/messages'
import type { Subject } from './requirement.ts'

export const ID_TAG = /^@((?:BOTH|DEV|DPS|MOD|PROV|SRC|WIRE)(?:-[A-Z0-9]+)*-\d+[a-z]?)$/

export interface Scenario {
  /** `{requirement}/{file}/{name}/{identity}`. */
  readonly key: string
  readonly uri: string
  readonly line: number
  readonly name: string
  /** The ids of the requirements that it proves. */
  readonly requirements: readonly string[]
  readonly tags: readonly string[]
  /** The class of the client, or the hub; undefined: any class. */
  readonly identity: Subject | undefined
  readonly steps: readonly string[]
  /** It comes from a row of Examples; such scenarios share a name. */
  readonly outline: boolean
}

/** Identifies a scenario in this version of the suite. */
export function placeOf({ uri, line }: Scenario): string {
  return `${uri}:${String(line)}`
}

export const FEATURES_FOLDER = 'features'

/** @throws the error of the parser, with file and line. */
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

/** The used part of a pickle of the runner. */
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
