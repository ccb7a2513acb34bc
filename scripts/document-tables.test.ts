import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { parseSeed } from 'mock-iot-hub'
import { SEED_SCHEMA } from '../mock-hub/host/seed/seed-rules.ts'
import { filePages, withFiles } from './document-files.ts'
import { SEED_SCHEMA_FILE, TABLES, withTable } from './document-tables.ts'

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

test('docs/reference.md lists every environment variable that the sources read', () => {
  const page = readFileSync('docs/reference.md', 'utf8')
  const sources = ['mock-hub', 'step-definitions', 'reference-client'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('node_modules'))
      .map((name) => readFileSync(`${folder}/${name}`, 'utf8')),
  )
  const read = sources.flatMap((text) => [...text.matchAll(/env\['(\w+)'\]/g)].map(([, name = '']) => name))
  expect(read.length).toBeGreaterThan(3)
  expect(read.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})

test('docs/reference.md lists every file that a hub keeps in its directory, and every report', async () => {
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
  const reports = [
    ...readFileSync('step-definitions/report/reports.ts', 'utf8').matchAll(/'([\w-]+\.\w+)':/g),
  ]
  expect(reports.length).toBeGreaterThan(5)
  expect(reports.map(([, name = '']) => name).filter((name) => !page.includes(name))).toEqual([])
})

test('a page without the marks is not overwritten', async () => {
  for (const table of TABLES)
    await expect(withTable('no marks', table)).rejects.toThrow(`${table.document}: expected the marks`)
})
