/** `iot-hub-conformance driver init`: writes a driver to start from. */

import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../package-root.ts'
import { UsageError } from './usage-error.ts'

/** How each template is built, and the command that runs it; both in its folder. */
const TEMPLATES: ReadonlyMap<string, { readonly build?: string; readonly run: string }> = new Map([
  ['python', { run: 'python3 driver.py' }],
  ['node', { run: 'node driver.js' }],
  [
    'java',
    {
      build: 'mvn -q compile dependency:copy-dependencies',
      run: "java -cp 'target/classes:target/dependency/*' Driver",
    },
  ],
  ['go', { build: 'go build -o driver .', run: './driver' }],
  ['c', { build: 'cc -std=c11 -Wall -o driver driver.c', run: './driver' }],
])

export const LANGUAGES: readonly string[] = [...TEMPLATES.keys()]

/** Writes the files of a template into a folder. @throws UsageError for an unknown language, or a folder that is not empty. */
export function initDriver(language: string, folder: string, say: (line: string) => void): void {
  const template = TEMPLATES.get(language)
  if (template === undefined)
    throw new UsageError(`--language: must be one of ${LANGUAGES.join(', ')}, got ${language}`)
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new UsageError(`--folder: must be new or empty, got ${folder}`)
  mkdirSync(folder, { recursive: true })
  cpSync(join(ROOT, 'driver/templates', language), folder, { recursive: true })
  say(`wrote a driver in ${folder}: ${readdirSync(folder).join(', ')}`)
  say('put your client into it, then:')
  say(`  cd ${folder}`)
  if (template.build !== undefined) say(`  ${template.build}`)
  say(`  npx iot-hub-conformance driver check -- ${template.run}`)
  say(`  npx iot-hub-conformance certify --driver "${template.run}"`)
}
