/**
 * The dashboard: files that a build of `dashboard/` made, served as they are. The page holds no data; it asks for everything
 * with calls of this API, which carry the token where there is one.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { FastifyReply } from 'fastify'

/** Where the files are: in the package, and in a checkout after `npm run build --workspace dashboard`. */
const PLACES = ['../dashboard/', './dashboard/', '../../dashboard/dist/'].map(
  (place) => new URL(place, import.meta.url),
)
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
])
/** The page runs its own files only, talks to its own origin only, and stands in no frame. */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

export interface PageFile {
  readonly type: string
  readonly body: Buffer
}

export interface Page {
  /** `index.html`. @returns undefined: the page has not been built. */
  index(): PageFile | undefined
  /** A file of the folder `assets`. @param name as in the path of the request. */
  asset(name: string): PageFile | undefined
}

/** Reads the files when they are first asked for. @param places folders to look in; the first with an `index.html` counts. */
export function createPage(places: readonly URL[] = PLACES): Page {
  let read: { readonly index: PageFile; readonly assets: ReadonlyMap<string, PageFile> } | undefined
  const files = () => (read ??= filesAt(places))
  return { index: () => files()?.index, asset: (name) => files()?.assets.get(name) }
}

function filesAt(places: readonly URL[]) {
  for (const place of places) {
    try {
      const index = fileAt(new URL('index.html', place), 'index.html')
      const folder = new URL('assets/', place)
      const assets = new Map(readdirSync(folder).map((name) => [name, fileAt(new URL(name, folder), name)]))
      return { index, assets }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return undefined
}

function fileAt(url: URL, name: string): PageFile {
  return { type: TYPES.get(extname(name)) ?? 'application/octet-stream', body: readFileSync(url) }
}

/** Sends a file. @param lasting its name changes with its content, so a browser may keep it. */
export function sendFile(reply: FastifyReply, { type, body }: PageFile, lasting: boolean): FastifyReply {
  return reply
    .headers(HEADERS)
    .header('cache-control', lasting ? 'private, max-age=31536000, immutable' : 'no-store')
    .type(type)
    .send(body)
}

/** Whether a caller would rather see a page than JSON: browsers name `text/html` before anything else. */
export function wantsPage(accept: string | undefined): boolean {
  const [first = ''] = accept?.split(',') ?? []
  return first.split(';', 1)[0]?.trim().toLowerCase() === 'text/html'
}

/** What a browser sees in a checkout in which the page was not built. */
export const NOT_BUILT: PageFile = {
  type: 'text/html; charset=utf-8',
  body: Buffer.from(
    '<!doctype html><html lang="en"><title>mock-iot-hub</title><h1>The dashboard is not built</h1>' +
      '<p>The hub runs. To see its dashboard, run <code>npm run build --workspace dashboard</code> and load this page again.</p>' +
      '<p>The control API is described at <a href="about">/about</a> and <a href="openapi.json">/openapi.json</a>.</p></html>',
  ),
}
