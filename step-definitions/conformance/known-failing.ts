/**
 * The list of known failures. They are run and reported as known; an entry is stale when its scenarios pass or it has
 * expired. A line: `REQUIREMENT device|module|hub  https://issue  until=YYYY-MM-DD`; `#` starts a comment.
 */

import type { Subject } from '../catalogue/requirement.ts'

export interface KnownFailure {
  readonly id: string
  readonly subject: Subject
  readonly issue: string
  /** The last day, YYYY-MM-DD. */
  readonly until: string
  readonly line: number
}

const LINE = /^(\S+)\s+(device|module|hub)\s+(\S+)\s+until=(\d{4}-\d\d-\d\d)$/

const isDay = (text: string): boolean => {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
const isUrl = (text: string): boolean => /^https?:\/\/[^/]/.test(text) && URL.canParse(text)

/** @throws RangeError with the line, the rule and the given text. */
export function parseKnownFailures(text: string, where: string): readonly KnownFailure[] {
  return text.split('\n').flatMap((raw, index) => {
    const content = raw.replace(/(^|\s)#.*$/, '').trim()
    if (content === '') return []
    const [, id, subject, issue, until] = LINE.exec(content) ?? []
    const wrong = (rule: string): RangeError =>
      new RangeError(`${where}:${String(index + 1)}: ${rule}, got ${content}`)
    if (id === undefined || subject === undefined || issue === undefined || until === undefined)
      throw wrong('must be REQUIREMENT device|module|hub ISSUE until=YYYY-MM-DD')
    if (!isUrl(issue)) throw wrong('the issue must be a link that starts with http:// or https://')
    if (!isDay(until)) throw wrong('until must be a day of the calendar, YYYY-MM-DD')
    return [{ id, subject: subject as Subject, issue, until, line: index + 1 }] // the pattern matches only these
  })
}
