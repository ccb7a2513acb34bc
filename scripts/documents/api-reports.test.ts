/** The public APIs are what the reports in `api/` say; `npm run api` writes them again after an intended change. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const directory = mkdtempSync(join(tmpdir(), 'api-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

/** Writes the declarations of both packages, as they are published: those that their entry points lead to. */
beforeAll(() => {
  const path = join(ROOT, 'tsconfig.api.json')
  const config = ts.readConfigFile(path, (name) => readFileSync(name, 'utf8'))
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT, undefined, path)
  const waiting = ['mock-hub/index.ts', 'reference-client/index.ts'].map((name) => join(ROOT, name))
  const program = ts.createProgram(waiting, { ...options, outDir: directory })
  const seen = new Set(waiting)
  const write = (target: string, text: string): void => {
    ts.sys.writeFile(target, text)
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (!fileName.startsWith('.')) continue
      const source = join(ROOT, relative(directory, dirname(target)), fileName.replace(/\.js$/, '.ts'))
      if (!seen.has(source)) waiting.push(source)
      seen.add(source)
    }
  }
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop())
    program.emit(program.getSourceFile(source), write, undefined, true)
  expect(seen.size).toBeGreaterThan(50)
})

test.each([
  ['mock-hub', 'mock-hub.api.md'],
  ['reference-client', 'client.api.md'],
])('the API report of %s is up to date, and everything in it is documented', (folder, report) => {
  const path = join(ROOT, folder, 'api-extractor.json')
  const config = ExtractorConfig.loadFile(path)
  config.mainEntryPointFilePath = join(directory, folder, 'index.d.ts')
  if (config.apiReport !== undefined) config.apiReport.reportTempFolder = directory
  const { apiReportChanged, succeeded } = Extractor.invoke(
    ExtractorConfig.prepare({
      configObject: config,
      configObjectFullPath: path,
      packageJsonFullPath: join(ROOT, folder, 'package.json'),
    }),
    {
      localBuild: false,
      messageCallback: (message) => {
        message.handled = true
      },
    },
  )
  expect({ apiReportChanged, succeeded }).toEqual({ apiReportChanged: false, succeeded: true })
  const text = readFileSync(join(ROOT, 'api', report), 'utf8')
  expect(text).not.toContain('(undocumented)')
  expect(text).not.toContain('Warning: (')
})
