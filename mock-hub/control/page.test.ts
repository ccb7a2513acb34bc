import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPage, wantsPage } from './page.ts'
import { openTestServer, type TestServer } from './testing/test-server.ts'

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

let server: TestServer
beforeEach(async () => {
  server = await openTestServer()
})
afterEach(() => server.stop())

test.each([
  [BROWSER.accept, true],
  ['text/html', true],
  ['TEXT/HTML;q=1', true],
  ['*/*', false],
  ['application/json', false],
  ['application/json, text/html', false],
  ['', false],
  [undefined, false],
])('a caller that accepts %s wants the page: %s', (accept, wants) => {
  expect(wantsPage(accept)).toBe(wants)
})

const get = (url: string, headers: Record<string, string> = {}) =>
  server.control.app.inject({ method: 'GET', url, headers })

test('GET / is a page for browsers and JSON for programs; GET /about is JSON for both', async () => {
  const page = await get('/', BROWSER)
  expect(page.statusCode).toBe(200)
  expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', vary: 'accept' })
  const programs = await server.call('GET', '/')
  expect(programs.json).toMatchObject({ hostName: 'localhost', env: { KEY: 'k' } })
  expect((await get('/about', BROWSER)).json()).toEqual(programs.json)
  const open = await server.call('GET', '/about?secrets=false')
  expect(open.json).toMatchObject({ hostName: 'localhost' })
  expect(open.json).not.toHaveProperty('env')
})

test('the page may run its own files only, and is shown in no frame', async () => {
  const { headers } = await get('/', BROWSER)
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
})

test('with a token the page itself comes without it, its data does not', async () => {
  const guarded = await openTestServer({ token: 's3cret' })
  const page = await guarded.control.app.inject({ method: 'GET', url: '/', headers: BROWSER })
  expect(page.statusCode).toBe(200)
  expect(page.body).not.toContain('s3cret')
  for (const path of ['/', '/about', '/status', '/devices'])
    expect((await guarded.call('GET', path)).status, path).toBe(401)
  expect((await guarded.call('POST', '/', {}, BROWSER)).status).toBe(401)
  await guarded.stop()
})

describe('files', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'page-'))
    mkdirSync(join(folder, 'built/assets'), { recursive: true })
    writeFileSync(join(folder, 'built/index.html'), '<!doctype html>')
    for (const name of ['a.js', 'a.css', 'a.svg', 'a.bin'])
      writeFileSync(join(folder, 'built/assets', name), name)
    writeFileSync(join(folder, 'secret.txt'), 'secret')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const places = (...names: string[]) => names.map((name) => pathToFileURL(join(folder, name, '/')))

  test('the first folder with a page counts, and each file has its type', () => {
    const page = createPage(places('none', 'built'))
    expect(page.index()?.body.toString()).toBe('<!doctype html>')
    expect(['a.js', 'a.css', 'a.svg', 'a.bin'].map((name) => page.asset(name)?.type)).toEqual([
      'text/javascript; charset=utf-8',
      'text/css; charset=utf-8',
      'image/svg+xml',
      'application/octet-stream',
    ])
  })

  test('no other file can be had, and without a build there is none', () => {
    const page = createPage(places('built'))
    for (const name of ['../../secret.txt', '../index.html', '__proto__', '', '.'])
      expect(page.asset(name), name).toBeUndefined()
    expect(createPage(places('none')).index()).toBeUndefined()
  })
})

test.each(['/assets/nothing.js', '/assets/..%2f..%2fpackage.json', '/assets/__proto__'])(
  '%s is a 404',
  async (url) => {
    expect((await get(url)).statusCode).toBe(404)
  },
)
