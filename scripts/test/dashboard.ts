/**
 * `npm run test:dashboard`: the dashboard in Chromium against a running hub. Installs Debian's Chromium where it is missing
 * and apt may be used, builds the page, runs the tests. Ends with `dashboard: N passed, N failed`.
 */

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, rmSync, readFileSync } from 'node:fs'
import { countUnitTests } from './counts.ts'

const REPORT = 'reports/dashboard.json'
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

if (!existsSync(CHROMIUM)) installChromium()
execFileSync(process.execPath, ['scripts/prepare.js'], { stdio: 'inherit' })
rmSync(REPORT, { force: true })
const run = spawnSync(
  'node_modules/.bin/vitest',
  ['run', '--config', 'dashboard/e2e/vitest.config.ts', ...process.argv.slice(2)],
  { stdio: 'inherit' },
)
const { passed, failed } = countUnitTests(() => readFileSync(REPORT, 'utf8'))
const bad = failed === 0 && run.status !== 0 ? 1 : failed
process.stdout.write(`dashboard: ${String(passed)} passed, ${String(bad)} failed\n`)
process.exit(bad === 0 ? 0 : 1)

function installChromium(): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    process.stderr.write(`dashboard: ${CHROMIUM} is missing; install Chromium, or name one in CHROMIUM\n`)
    process.stdout.write('dashboard: 0 passed, 1 failed\n')
    process.exit(1)
  }
  const apt = (...args: readonly string[]): void => {
    execFileSync('apt-get', ['-qq', '-o', 'Dpkg::Use-Pty=0', ...args], {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  }
  apt('update')
  apt('install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core')
}
