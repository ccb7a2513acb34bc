/**
 * `npm run docs:tables` writes the tables in the documentation, the JSON schema of seed files, and the examples on the pages
 * of languages, which come from the code; a test compares the two.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { FAULT_TYPES, startMockHub } from 'mock-iot-hub'
import { parse } from 'yaml'
import { OPTIONS } from '../../mock-hub/host/option-rules.ts'
import { SEED_SCHEMA } from '../../mock-hub/host/seed/seed-rules.ts'
import { DEVICE_FILE_SCHEMA } from '../../step-definitions/device/file/schema.ts'
import { filePages, withFiles } from './example-files.ts'
import { NUMBERS } from '../../step-definitions/device/catalogue/numbers.ts'
import { CAPABILITIES, FACTORY_OPTIONS } from '../../step-definitions/driver/capabilities.ts'
import { CAPABILITY_OF, type Verb } from '../../step-definitions/driver/client-driver.ts'
import { packagedJson } from '../../step-definitions/package-root.ts'
import { commands, environment, fields, options, settings } from './reference.ts'
import { files } from './reference-files.ts'

const REFERENCE = 'docs/reference.md'

/** A table of a page, between `<!-- mark -->` and `<!-- /mark -->`. */
export interface DocumentTable {
  readonly document: string
  readonly mark: string
  /** The first row is the head. */
  readonly rows: () => Promise<readonly (readonly string[])[]>
}

export const TABLES: readonly DocumentTable[] = [
  { document: 'docs/faults.md', mark: 'fault types', rows: () => Promise.resolve(faultTypes()) },
  { document: 'docs/control.md', mark: 'routes', rows: controlRoutes },
  { document: 'docs/mock-hub-api.md', mark: 'options', rows: () => Promise.resolve(hubOptions()) },
  { document: 'docs/driver-authors.md', mark: 'capabilities', rows: () => Promise.resolve(capabilities()) },
  {
    document: 'docs/driver-authors.md',
    mark: 'factory options',
    rows: () => Promise.resolve(factoryOptions()),
  },
  {
    document: 'docs/driver-authors.md',
    mark: 'hello',
    rows: () => Promise.resolve(fields(packagedJson('driver/schema/hello.json') as object)),
  },
  { document: 'docs/driver-authors.md', mark: 'verbs', rows: () => Promise.resolve(verbs()) },
  {
    document: 'docs/devices.md',
    mark: 'device file',
    rows: () => Promise.resolve(fields(DEVICE_FILE_SCHEMA)),
  },
  { document: 'docs/devices.md', mark: 'numbers', rows: () => Promise.resolve(deviceNumbers()) },
  { document: 'docs/ci.md', mark: 'action', rows: () => Promise.resolve(actionInputs()) },
  { document: REFERENCE, mark: 'hub commands', rows: () => Promise.resolve(commands('hub')) },
  { document: REFERENCE, mark: 'hub options', rows: () => Promise.resolve(options('hub')) },
  { document: REFERENCE, mark: 'suite commands', rows: () => Promise.resolve(commands('suite')) },
  { document: REFERENCE, mark: 'suite options', rows: () => Promise.resolve(options('suite')) },
  { document: REFERENCE, mark: 'environment', rows: environment },
  { document: REFERENCE, mark: 'settings', rows: () => Promise.resolve(settings()) },
  { document: REFERENCE, mark: 'seed', rows: () => Promise.resolve(fields(SEED_SCHEMA)) },
  { document: REFERENCE, mark: 'files', rows: () => Promise.resolve(files()) },
]

/** The JSON schema of seed files, as the package has it. */
export const SEED_SCHEMA_FILE = 'mock-hub/seed.schema.json'

function faultTypes(): string[][] {
  return [
    ['fault type', 'the hub …', 'counted by', 'parameters'],
    ...FAULT_TYPES.map(({ name, description, trigger, parameters }) => {
      const texts = Object.entries(parameters).map(([parameter, { default: otherwise, required }]) =>
        required === true
          ? `\`${parameter}\``
          : `\`${parameter}\` (${otherwise === undefined ? 'optional' : JSON.stringify(otherwise)})`,
      )
      return [`\`${name}\``, description, trigger, texts.join(', ')]
    }),
  ]
}

/** The inputs and outputs of the GitHub action. */
function actionInputs(): string[][] {
  interface Described {
    readonly description: string
    readonly default?: string
  }
  const { inputs, outputs } = parse(readFileSync('action.yml', 'utf8')) as Record<
    'inputs' | 'outputs',
    Readonly<Record<string, Described>>
  >
  const rows = (kind: string, described: Readonly<Record<string, Described>>): string[][] =>
    Object.entries(described).map(([name, { description, default: otherwise }]) => [
      `\`${name}\``,
      kind,
      description,
      otherwise === undefined ? '' : `\`${otherwise}\``,
    ])
  return [['name', 'it is', 'what it is', 'default'], ...rows('input', inputs), ...rows('output', outputs)]
}

function deviceNumbers(): string[][] {
  return [
    ['number', 'value', 'what it decides', 'from'],
    ...Object.entries(NUMBERS).map(([name, { value, unit, about, from }]) => [
      `\`${name}\``,
      `${String(value)} ${unit}`.trim(),
      about,
      from,
    ]),
  ]
}

function capabilities(): string[][] {
  return [['capability', 'the client has'], ...[...CAPABILITIES].map(([name, what]) => [`\`${name}\``, what])]
}

/** What each request asks of a driver; fields that may be left out have a question mark. */
function verbs(): string[][] {
  const { oneOf } = packagedJson('driver/schema/request.json') as { readonly oneOf: readonly VerbSchema[] }
  return [
    ['verb', 'what it asks', 'fields', 'capability'],
    ...oneOf.map(({ title, description, properties, required }) => {
      const own = Object.keys(properties).filter((name) => !['v', 'id', 'do', 'session'].includes(name))
      const capability = CAPABILITY_OF[title]
      return [
        `\`${title}\``,
        description,
        own.map((name) => `\`${name}\`${required.includes(name) ? '' : '?'}`).join(', '),
        capability === undefined ? '' : `\`${capability}\``,
      ]
    }),
  ]
}

/** Of `driver/schema/request.json`. */
interface VerbSchema {
  readonly title: Verb
  readonly description: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly required: readonly string[]
}

function factoryOptions(): string[][] {
  return [
    ['option', 'it is', 'with the capability'],
    ...[...FACTORY_OPTIONS].map(([name, { is, capability = '' }]) => [
      `\`${name}\``,
      is,
      capability === '' ? '' : `\`${capability}\``,
    ]),
  ]
}

function hubOptions(): string[][] {
  return [
    ['option', 'what it is', 'values', 'default'],
    ...Object.entries(OPTIONS).map(([name, row]) => [
      `\`${name}\``,
      row.help,
      row.rule.text.replace(/\bto be (?:one of )?/g, ''),
      'default' in row ? `\`${JSON.stringify(row.default)}\`` : '',
    ]),
  ]
}

async function controlRoutes(): Promise<string[][]> {
  const hub = await startMockHub()
  try {
    const answer = await fetch(hub.controlUrl ?? '')
    const { control } = (await answer.json()) as { readonly control: readonly string[] } // `GET /` of the control API
    return [
      ['call', 'what it does'],
      ...control.map((line) => {
        const [route = '', summary = ''] = line.split(/: (.*)/)
        return [`\`${route.replace(/:(\w+)/g, '{$1}')}\``, summary]
      }),
    ]
  } finally {
    await hub.stop()
  }
}

/**
 * The page with the current table of the code.
 * @throws Error when the page lacks the marks.
 */
export async function withTable(page: string, { document, mark, rows }: DocumentTable): Promise<string> {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`]
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined)
    throw new Error(`${document}: expected the marks ${begin} and ${end}`)
  const [head = [], ...others] = await rows()
  const lines = [head, head.map(() => '---'), ...others].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  )
  return `${before}${begin}\n\n${lines.join('\n')}\n\n${end}${after}`
}

if (process.argv[1]?.endsWith('documents/tables.ts') === true) {
  writeFileSync(SEED_SCHEMA_FILE, JSON.stringify(SEED_SCHEMA))
  for (const page of filePages()) writeFileSync(page, withFiles(readFileSync(page, 'utf8')))
  for (const table of TABLES)
    writeFileSync(table.document, await withTable(readFileSync(table.document, 'utf8'), table))
}
