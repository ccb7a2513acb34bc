/**
 * `npm run examples [-- LANGUAGE …]`: runs the examples of docs/languages against a hub, each language with a hub of its
 * own on the ports that SDKs dial. Installs what a language needs into its folder; a language whose tools this machine
 * lacks is skipped with a word. Ends with what did not pass and why, and `examples: N passed, N failed, N skipped`.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MockHub } from 'mock-iot-hub'
import { ROOT, runAll, runOne } from './commands.ts'
import { LANGUAGES, missingTool, type Language } from './languages.ts'
import { hubOfItsOwn, nextAddress } from './own-hub.ts'
import { Summary, type Outcome } from './summary.ts'

const summary = new Summary()

function told(language: string, what: string, outcome: Outcome, why = ''): void {
  process.stdout.write(summary.add(language, what, outcome, why))
}

async function attempt(language: string, what: string, run: () => Promise<void>): Promise<void> {
  try {
    await run()
    told(language, what, 'passed')
  } catch (error) {
    told(language, what, 'failed', error instanceof Error ? error.message : String(error))
  }
}

async function examplesOf({ name, install, pairs, test }: Language): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'examples-'))
  const folder = join(ROOT, 'examples', name)
  try {
    await install(folder)
    for (const { what, programs } of pairs) {
      const hub: MockHub = await hubOfItsOwn(directory)
      await attempt(name, what, () => runAll(programs, folder, hub.environment))
      await hub.stop()
    }
    if (test !== undefined)
      await attempt(name, 'tests with a hub of their own', () =>
        runOne(test, folder, { EXAMPLE_ADDRESS: nextAddress() }),
      )
  } catch (error) {
    told(name, 'installation', 'failed', error instanceof Error ? error.message : String(error))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !LANGUAGES.some((language) => language.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `examples: there is no ${unknown.join(', ')}; there are ${LANGUAGES.map(({ name }) => name).join(', ')}\n`,
  )
  process.exit(2)
}
for (const language of LANGUAGES) {
  if (wanted.length > 0 && !wanted.includes(language.name)) continue
  const missing = missingTool(language)
  if (missing === undefined) await examplesOf(language)
  else told(language.name, 'all', 'skipped', `there is no ${missing} on this machine`)
}
process.stdout.write(summary.end())
process.exitCode = summary.failed ? 1 : 0
