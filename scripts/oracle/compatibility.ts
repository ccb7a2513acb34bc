/** `docs/compatibility.md`: every call that strangers made, and what came of it, as the last full run saw it. */

import { writeFileSync } from 'node:fs'
import type { Check, Outcome } from './checks.ts'

const WORDS: Readonly<Record<Outcome, string>> = {
  passed: 'works',
  failed: '**fails**',
  skipped: 'not tried',
}

/** Writes the page. */
export function writeCompatibility(file: URL, checks: readonly Check[]): void {
  const strangers = [...new Set(checks.map(({ stranger }) => stranger))]
  const lines = [
    '# Official SDKs against this hub',
    '',
    'Written by `npm run oracle`: official, unmodified SDKs make these calls, and both ends are checked. Do not edit.',
    '',
    '| client | works | fails | not tried |',
    '| --- | --- | --- | --- |',
    ...strangers.map((stranger) => {
      const of = checks.filter((check) => check.stranger === stranger)
      const count = (outcome: Outcome): string =>
        String(of.filter((check) => check.outcome === outcome).length)
      return `| ${stranger} | ${count('passed')} | ${count('failed')} | ${count('skipped')} |`
    }),
  ]
  for (const stranger of strangers) {
    lines.push('', `## ${stranger}`, '', '| call | outcome | remark |', '| --- | --- | --- |')
    for (const { what, outcome, detail } of checks.filter((check) => check.stranger === stranger))
      lines.push(`| ${cell(what)} | ${WORDS[outcome]} | ${outcome === 'passed' ? '' : cell(detail)} |`)
  }
  writeFileSync(file, `${lines.join('\n')}\n`)
}

const cell = (text: string): string =>
  text.replace(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;')
