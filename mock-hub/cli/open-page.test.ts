import { chmodSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dashboardUrl, openPage } from './open-page.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'open-page-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

test.each([
  ['http://127.0.0.1:9443', 'http://127.0.0.1:9443/'],
  ['http://0.0.0.0:9443', 'http://localhost:9443/'],
  ['http://[::]:9443', 'http://localhost:9443/'],
  ['http://192.0.2.7:1', 'http://192.0.2.7:1/'],
])('the dashboard of %s is at %s', (control, dashboard) => {
  expect(dashboardUrl(control)).toBe(dashboard)
})

test.each([
  ['linux', 'xdg-open'],
  ['darwin', 'open'],
] as const)('on %s the program %s gets the URL', async (platform, program) => {
  const watcher = watch(folder)
  const script = join(folder, program)
  writeFileSync(
    script,
    `#!/bin/sh\nprintf %s "$1" > "${folder}/part" && /bin/mv "${folder}/part" "${folder}/url"\n`,
  )
  chmodSync(script, 0o755)
  openPage('http://127.0.0.1:1/?a=1&b=2', { env: { PATH: folder } }, expect.unreachable, platform)
  for (;;) {
    const [, name] = (await once(watcher, 'change')) as [string, string]
    if (name === 'url') break
  }
  watcher.close()
  expect(readFileSync(join(folder, 'url'), 'utf8')).toBe('http://127.0.0.1:1/?a=1&b=2')
})

test('without a browser the person is told the URL', async () => {
  const line = await new Promise<string>((resolve) => {
    openPage('http://127.0.0.1:1/', { env: { PATH: folder } }, resolve, 'linux')
  })
  expect(line).toContain('--open: cannot start xdg-open')
  expect(line).toContain('open http://127.0.0.1:1/ yourself')
})
