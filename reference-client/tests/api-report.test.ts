/** The public API is what `api/client.api.md` says; `npm run api` writes it anew after a wanted change. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import ts from 'typescript'
import { expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

/** The declarations of the client, as they are published. */
function emitDeclarations(outDir: string): string {
  const path = join(ROOT, 'tsconfig.api.json')
  const config = ts.readConfigFile(path, (name) => readFileSync(name, 'utf8'))
  const { options, fileNames } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT, undefined, path)
  ts.createProgram(fileNames, { ...options, outDir }).emit()
  return join(outDir, 'reference-client', 'index.d.ts')
}

it('the API report is up to date, and everything in it is documented', { timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'api-'))
  try {
    const config = ExtractorConfig.loadFile(join(ROOT, 'api-extractor.json'))
    config.mainEntryPointFilePath = emitDeclarations(directory)
    if (config.apiReport !== undefined) config.apiReport.reportTempFolder = directory
    const { apiReportChanged, succeeded } = Extractor.invoke(
      ExtractorConfig.prepare({
        configObject: config,
        configObjectFullPath: join(ROOT, 'api-extractor.json'),
        packageJsonFullPath: join(ROOT, 'package.json'),
      }),
      {
        localBuild: false,
        messageCallback: (message) => {
          message.handled = true
        },
      },
    )
    expect({ apiReportChanged, succeeded }).toEqual({ apiReportChanged: false, succeeded: true })
    expect(readFileSync(join(ROOT, 'api', 'client.api.md'), 'utf8')).not.toContain('(undocumented)')
  } finally {
    rmSync(directory, { recursive: true })
  }
})
