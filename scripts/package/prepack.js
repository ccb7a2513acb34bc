/**
 * `prepack` of each package: builds it from scratch, and copies into it the files that the repository keeps elsewhere
 * (the licence and pages; for the suite also features and the HTTP bridge). npm runs it in the folder of the package.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { addPages } from './pages.js'

const root = resolve(import.meta.dirname, '../..')
const tsc = join(root, 'node_modules/typescript/bin/tsc')
/** A package is compiled against the declarations of those it depends on. */
const NEEDS = new Map([['step-definitions', ['mock-hub', 'reference-client']]])
const here = basename(process.cwd())
const run = (args) => execFileSync(process.execPath, args, { stdio: ['ignore', 2, 2] })

for (const folder of [...(NEEDS.get(here) ?? []), here]) {
  const home = join(root, folder)
  // A build that exists is reused.
  if (folder !== here && existsSync(join(home, 'dist/index.d.ts'))) continue
  rmSync(join(home, 'dist'), { recursive: true, force: true })
  run([tsc, '-p', join(home, 'tsconfig.build.json')])
  if (folder === 'mock-hub') run([join(root, 'scripts/bundle/build-command.js')])
}
cpSync(join(root, 'LICENSE'), 'LICENSE')
if (here === 'mock-hub') {
  execFileSync(process.execPath, [join(root, 'scripts/prepare.js')], { stdio: ['ignore', 2, 2] })
  cpSync(join(root, 'dashboard/dist'), 'dist/dashboard', { recursive: true })
}
addPages(root, here)
if (here === 'step-definitions') {
  rmSync('features', { recursive: true, force: true })
  cpSync(join(root, 'features'), 'features', { recursive: true })
  cpSync(join(root, 'drivers/http-bridge.js'), 'driver/http-bridge.js')
}
