/** `docs/compatibility.md`: every call that clients made in the last full run, with its outcome. */

import { writeFileSync } from 'node:fs'
import type { Check, Outcome } from './checks.ts'

const WORDS: Readonly<Record<Outcome, string>> = {
  passed: 'works',
  failed: '**fails**',
  skipped: 'not tried',
}

/** Writes the page. */
export function writeCompatibility(file: URL, checks: readonly Check[]): void {
  const clients = [...new Set(checks.map(({ client }) => client))]
  const lines = [
    '# Clients against this hub',
    '',
    'Written by `npm run oracle`: unmodified official SDKs and independent clients make these calls, and both ends are checked. Do not edit.',
    '',
    '| client | works | fails | not tried |',
    '| --- | --- | --- | --- |',
    ...clients.map((client) => {
      const of = checks.filter((check) => check.client === client)
      const count = (outcome: Outcome): string =>
        String(of.filter((check) => check.outcome === outcome).length)
      return `| ${client} | ${count('passed')} | ${count('failed')} | ${count('skipped')} |`
    }),
  ]
  for (const client of clients) {
    lines.push('', `## ${client}`, '', '| call | outcome | remark |', '| --- | --- | --- |')
    for (const { what, outcome, detail } of checks.filter((check) => check.client === client))
      lines.push(`| ${cell(what)} | ${WORDS[outcome]} | ${outcome === 'passed' ? '' : cell(detail)} |`)
  }
  writeFileSync(file, `${lines.join('\n')}\n`)
}

const cell = (text: string): string =>
  text.replace(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;')
