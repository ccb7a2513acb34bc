/**
 * `npm run newcomer [-- LANGUAGE …]`: does what a newcomer does. For each page of docs/languages: an empty folder, the files
 * and the lines of the page, the package as `npm pack` makes it, and no cache of npm, pip, Go, Cargo or Maven. Prints how long
 * it takes to the first telemetry, and ends with `newcomer: N passed, N failed, N skipped`.
 */

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { reasonOf, ROOT } from '../examples/commands.ts'
import { LANGUAGES, missingTool } from '../examples/languages.ts'
import { nextAddress } from '../examples/own-hub.ts'
import { readPage, runnable } from './page.ts'

const LIMIT_MS = 1_200_000
/** What the programs of a page print. */
const FIRST_TELEMETRY = 'telemetry sent'
const ENDS = ['device: done', 'back end: done']
const counts = { passed: 0, failed: 0, skipped: 0 }

const seconds = (since: number): string => `${((performance.now() - since) / 1_000).toFixed(0)} s`

/** Caches of its own; toolchains stay where they are. */
function cachesIn(home: string): NodeJS.ProcessEnv {
  return {
    npm_config_cache: join(home, 'npm'),
    PIP_CACHE_DIR: join(home, 'pip'),
    GOMODCACHE: join(home, 'go/mod'),
    GOCACHE: join(home, 'go/build'),
    CARGO_HOME: join(home, 'cargo'),
    RUSTUP_HOME: process.env['RUSTUP_HOME'] ?? join(homedir(), '.rustup'),
    MAVEN_OPTS: `-Dmaven.repo.local=${join(home, 'm2')}`,
  }
}

interface Walk {
  readonly telemetry: string | undefined
  readonly all: string
}

/** @throws Error when a line fails, or a program does not come to its end. */
function walk(language: string, packageFile: string): Promise<Walk> {
  const folder = mkdtempSync(join(tmpdir(), `newcomer-${language}-`))
  const work = join(folder, 'work')
  const page = readPage(readFileSync(join(ROOT, `docs/languages/${language}.md`), 'utf8'))
  for (const [path, text] of page.files) {
    mkdirSync(dirname(join(work, path)), { recursive: true })
    writeFileSync(join(work, path), text)
  }
  const lines = page.lines
    .map((line) => runnable(line, packageFile))
    .filter((line): line is string => line !== undefined)
  return new Promise<Walk>((resolve, reject) => {
    const from = performance.now()
    const child = spawn('sh', ['-ec', lines.join('\n')], {
      cwd: work,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      env: { ...process.env, ...cachesIn(join(folder, 'home')), EXAMPLE_ADDRESS: nextAddress() },
    })
    let said = ''
    let telemetry: string | undefined
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (telemetry === undefined && said.includes(FIRST_TELEMETRY)) telemetry = seconds(from)
      })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const missing = ENDS.filter((end) => page.lines.join('\n').includes('backend') && !said.includes(end))
      const all = seconds(from)
      rmSync(folder, { recursive: true, force: true })
      if (code !== 0) reject(new Error(reasonOf(`docs/languages/${language}.md`, code ?? signal, said)))
      else if (missing.length > 0)
        reject(new Error(`nobody printed "${missing.join('" and "')}":\n${said.slice(-2_000)}`))
      else resolve({ telemetry, all })
    })
  })
}

const directory = mkdtempSync(join(tmpdir(), 'newcomer-package-'))
const pack = ['pack', '--silent', '--workspace', 'mock-hub', '--pack-destination', directory]
const packed = spawnSync('npm', pack, { cwd: ROOT, encoding: 'utf8' })
if (packed.status !== 0) throw new Error(`npm pack: ${packed.stderr}`)
const packageFile = join(directory, packed.stdout.trim().split('\n').at(-1) ?? '')

const wanted = process.argv.slice(2)
process.stdout.write('| language | to the first telemetry | all lines of the page |\n| --- | --- | --- |\n')
for (const language of LANGUAGES.filter(({ name }) => name !== 'in-process')) {
  const { name } = language
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const missing = missingTool(language)
  if (missing !== undefined) {
    counts.skipped++
    process.stdout.write(`| ${name} | skipped: there is no ${missing} on this machine | |\n`)
    continue
  }
  try {
    const { telemetry, all } = await walk(name, packageFile)
    if (telemetry === undefined) throw new Error(`nobody printed "${FIRST_TELEMETRY}"`)
    counts.passed++
    process.stdout.write(`| ${name} | ${telemetry} | ${all} |\n`)
  } catch (error) {
    counts.failed++
    process.stdout.write(`| ${name} | failed | |\n`)
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}
rmSync(directory, { recursive: true })
process.stdout.write(
  `newcomer: ${String(counts.passed)} passed, ${String(counts.failed)} failed, ${String(counts.skipped)} skipped\n`,
)
process.exitCode = counts.failed === 0 ? 0 : 1
