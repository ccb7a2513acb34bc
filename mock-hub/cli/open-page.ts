/** Opens the dashboard in the browser of the person who starts the hub. */

import { spawn } from 'node:child_process'
import type { Terminal } from './terminal.ts'

/** The program that opens a URL, by platform; elsewhere `xdg-open`. */
const OPENERS: ReadonlyMap<NodeJS.Platform, readonly string[]> = new Map([
  ['darwin', ['open']],
  ['win32', ['cmd', '/c', 'start', '']],
])

/** The URL of the dashboard. A hub that listens on all addresses is reached by the name of this machine. */
export function dashboardUrl(controlUrl: string): string {
  const url = new URL(controlUrl)
  if (['0.0.0.0', '[::]'].includes(url.hostname)) url.hostname = 'localhost'
  return url.href
}

/** Starts the browser and does not wait for it. @param failed receives why there is none, in a line. */
export function openPage(
  url: string,
  { env }: Pick<Terminal, 'env'>,
  failed: (line: string) => void,
  platform: NodeJS.Platform = process.platform,
): void {
  const [program = 'xdg-open', ...first] = OPENERS.get(platform) ?? ['xdg-open']
  const child = spawn(program, [...first, url], { env, detached: true, stdio: 'ignore' })
  child.once('error', (error) => {
    failed(`--open: cannot start ${program}: ${error.message}; open ${url} yourself`)
  })
  child.unref()
}
