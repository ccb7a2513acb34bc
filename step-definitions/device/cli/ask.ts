/** Asks a person at the terminal. */

import { createInterface } from 'node:readline/promises'
import type { Ask } from '../conductor/triggers.ts'

/** @param say shows a line. */
export function terminalAsk(input: NodeJS.ReadableStream, say: (line: string) => void): Ask {
  return async (text, seconds, signal) => {
    say('')
    say(`  ${text}`)
    say(`  You have ${String(seconds)} s. Enter when done, s to skip, f when it could not be done.`)
    const lines = createInterface({ input })
    try {
      const answer = (await lines.question('', { signal })).trim().toLowerCase()
      return answer === 's' ? 'skipped' : answer === 'f' ? 'failed' : 'done'
    } catch {
      return 'skipped'
    } finally {
      lines.close()
    }
  }
}
