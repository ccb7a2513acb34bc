import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { parseSeed } from 'mock-iot-hub'
import { SEED_SCHEMA } from '../../mock-hub/host/seed/seed-rules.ts'
import { dataDirectory } from '../../mock-hub/store/data-directory.ts'
import { filePages, withFiles } from './example-files.ts'
import { SEED_SCHEMA_FILE, TABLES, withTable } from './tables.ts'
import { fileNames, optionNames } from './reference.ts'
import { FILES } from './reference-files.ts'
import { packagedJson } from '../../step-definitions/package-root.ts'

/** Prettier aligns the columns; that is not a difference. */
const squeezed = (text: string): string => text.replace(/ +/g, ' ').replace(/-+/g, '-')

test.each(TABLES)(
  '$document: the table "$mark" is up to date (npm run docs:tables writes it)',
  async (table) => {
    const page = readFileSync(table.document, 'utf8')
    expect(squeezed(page)).toBe(squeezed(await withTable(page, table)))
  },
)

test.each(filePages())('%s shows the examples as they are (npm run docs:tables)', (document) => {
  const page = readFileSync(document, 'utf8')
  expect(page).toBe(withFiles(page))
})

test('the JSON schema of seed files is up to date (npm run docs:tables writes it)', () => {
  expect(JSON.parse(readFileSync(SEED_SCHEMA_FILE, 'utf8'))).toEqual(SEED_SCHEMA)
})

test('the JSON schema accepts the seeds that the hub accepts, and no others', async () => {
  const valid = new Ajv({ allowUnionTypes: true }).compile(SEED_SCHEMA)
  const texts = [
    '{}',
    '{"devices":[{"deviceId":"a","modules":[{"moduleId":"m","properties":{"desired":{"x":1}}}]}]}',
    '{"devices":[{"deviceId":"a","authentication":{"type":"none"},"tags":{}}],"routes":["r"]}',
    '{"eventSources":["twinChangeEvents"]}',
    '{"devices":[{}]}',
    '{"devices":[{"deviceId":"a/b"}]}',
    '{"devices":[{"deviceId":"a","status":"on"}]}',
    '{"devices":[{"deviceid":"a"}]}',
    '{"devices":["x"]}',
    '{"routes":"r"}',
    '{"more":1}',
  ]
  for (const text of texts) {
    const accepted = await parseSeed(text, 'seed').then(
      () => true,
      () => false,
    )
    expect([text, valid(JSON.parse(text))]).toEqual([text, accepted])
  }
})

/** The sources of what is shipped, and of the programs of a checkout that people call. */
function sources(): readonly string[] {
  return ['mock-hub', 'step-definitions', 'reference-client', 'dashboard', 'bench'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/\.test\.ts$|node_modules|dist\//.test(name))
      .map((name) => readFileSync(`${folder}/${name}`, 'utf8')),
  )
}

test('docs/reference.md lists every environment variable that the sources read', () => {
  const page = readFileSync('docs/reference.md', 'utf8')
  const read = sources().flatMap((text) => [
    ...[...text.matchAll(/\benv(?:ironment)?(?:\['(\w+)'\]|\.([A-Z]\w+))/g)].flatMap(
      ([, a, b]) => a ?? b ?? [],
    ),
    // By a constant of the same file.
    ...[...text.matchAll(/\benv\[([A-Z_]+)\]/g)].flatMap(
      ([, constant = '']) => new RegExp(`const ${constant} = '(\\w+)'`).exec(text)?.[1] ?? constant,
    ),
    // By lists of names, and variables that are set for others.
    ...[...text.matchAll(/^\s*'?(I(?:OTHUB|OTEDGE)_\w+|Edge\w+(?:String|File))'?[,:]/gm)].map(
      ([, name = '']) => name,
    ),
  ])
  for (const name of ['MOCK_IOT_HUB_DEBUG', 'MOCK_IOT_HUB_NAMESPACE', 'IOTEDGE_DEVICEID', 'IOTHUB_CA_FILE'])
    expect(read).toContain(name)
  expect([...new Set(read)].filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})

test('docs/reference.md says of every file that an option or an argument names what it is', () => {
  const by = FILES.flatMap(({ by: names }) => names)
  expect(fileNames().filter((name) => !by.includes(name))).toEqual([])
  expect(by.filter((name) => name.startsWith('--') && !optionNames().has(name))).toEqual([])
})

test('every field of the files, and every verb of drivers, has its words', async () => {
  for (const { document, mark, rows } of TABLES.filter((table) =>
    ['seed', 'device file', 'hello', 'verbs', 'files', 'environment'].includes(table.mark),
  )) {
    const [head = [], ...others] = await rows()
    const column = head.findIndex((name) => name.startsWith('what it'))
    expect([document, mark, others.filter((cells) => cells[column] === '').map(([name]) => name)]).toEqual([
      document,
      mark,
      [],
    ])
  }
})

test('every word that a driver meets is on its page: events, kinds of errors, fields of hello', () => {
  const page = readFileSync('docs/driver-authors.md', 'utf8')
  const words = ['event', 'reply', 'hello', 'request'].flatMap((name) =>
    wordsOf(packagedJson(`driver/schema/${name}.json`) as Schema),
  )
  expect(words.length).toBeGreaterThan(100)
  expect([...new Set(words)].filter((word) => !new RegExp(`\\b${word}\\b`).test(page))).toEqual([])
})

interface Schema {
  readonly properties?: Readonly<Record<string, Schema | true>>
  readonly enum?: readonly unknown[]
  readonly items?: Schema
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly then?: Schema
}

/** The names of properties, and the values that are texts. */
function wordsOf(schema: Schema | true): readonly string[] {
  if (schema === true) return []
  const { properties = {}, enum: values = [], items, allOf = [], oneOf = [], then } = schema
  const below = [
    ...Object.values(properties),
    ...allOf,
    ...oneOf,
    ...(items ? [items] : []),
    ...(then ? [then] : []),
  ]
  return [
    ...Object.keys(properties),
    ...values.filter((value) => typeof value === 'string'),
    ...below.flatMap((one) => wordsOf(one)),
  ]
}

test('docs/reference.md lists every file that a hub keeps in its directories, and every report', async () => {
  const page = readFileSync('docs/reference.md', 'utf8')
  const directory = mkdtempSync(join(tmpdir(), 'reference-'))
  const hubFolder = join(directory, 'hub')
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['scripts/hub.js', 'exec', '--dir', hubFolder],
      ...['--mqtt-port', '0', '--https-port', '0', '--amqp-port', '0', '--control-port', '0'],
      ...[
        '--',
        process.execPath,
        '-p',
        `require('node:fs').readdirSync(${JSON.stringify(hubFolder)}).join()`,
      ],
    ])
    const files = stdout.trim().split(',')
    expect(files.length).toBeGreaterThan(5)
    expect(files.filter((name) => !page.includes(name))).toEqual([])
  } finally {
    rmSync(directory, { recursive: true })
  }
  for (const [source, least] of [
    ['step-definitions/report/reports.ts', 6],
    ['step-definitions/device/report/reports.ts', 6],
  ] as const) {
    const written = readFileSync(source, 'utf8').matchAll(/'([\w-]+\.(?:json|html|xml|md|csv|ndjson|yaml))'/g)
    const names = [...new Set([...written].map(([, name = '']) => name))]
    expect(names.length).toBeGreaterThanOrEqual(least)
    expect(names.filter((name) => !page.includes(name))).toEqual([])
  }
  const kept = Object.values(dataDirectory('/d')).map((path: string) => basename(path))
  expect(kept.filter((name) => name !== 'd' && !new RegExp(`\`${name}/?\``).test(page))).toEqual([])
})

test('a page without the marks is not overwritten', async () => {
  for (const table of TABLES)
    await expect(withTable('no marks', table)).rejects.toThrow(`${table.document}: expected the marks`)
})
