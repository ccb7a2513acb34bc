/** docs/mock-hub-api.md: it has every member of a MockHub, and its examples compile. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { startMockHub } from '../host/start.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs', 'mock-hub-api.md'), 'utf8')

test('the page has every member of a MockHub', async () => {
  const hub = await startMockHub({ controlPort: false, amqpPort: false })
  const members = Object.keys(hub)
  await hub.stop()
  expect(members.length).toBeGreaterThan(30)
  expect(members.filter((name) => !new RegExp(`\\bhub\\.${name}\\b`).test(page))).toEqual([])
})

/** Most examples use a hub that an earlier one has started. */
const PRELUDE = "declare const hub: import('mock-iot-hub').MockHub\n"

test('the examples compile', () => {
  const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) =>
    // `export {}` makes each a module of its own.
    code.includes('const hub =') ? `${code}export {}\n` : `${code}${PRELUDE}export {}\n`,
  )
  expect(blocks.length).toBeGreaterThan(15)
  const files = new Map(blocks.map((code, index) => [join(ROOT, 'mock-hub', `example-${index}.ts`), code]))
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => readFileSync(path, 'utf8'))
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT)
  const host = ts.createCompilerHost({ ...options, noEmit: true })
  const real = { ...host }
  host.fileExists = (path) => files.has(path) || real.fileExists(path)
  host.getSourceFile = (path, version, ...rest) => {
    const code = files.get(path)
    return code === undefined
      ? real.getSourceFile(path, version, ...rest)
      : ts.createSourceFile(path, code, version)
  }
  const program = ts.createProgram([...files.keys()], { ...options, noEmit: true }, host)
  const problems = [...files].flatMap(([path, code]) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(path)),
      ...program.getSemanticDiagnostics(program.getSourceFile(path)),
    ].map(({ messageText }) => `${ts.flattenDiagnosticMessageText(messageText, ' ')}\n${code}`),
  )
  expect(problems).toEqual([])
})
