/** A record of a session: the journal as JSON lines, saved and opened again. */

import type { Entry } from './types.ts'
import { jsonLines } from './files.ts'

interface Head {
  readonly record: 'mock-iot-hub'
  readonly version: 1
  readonly hostName: string
  readonly savedAt: string
}

export interface OpenedRecord {
  readonly hostName: string
  readonly savedAt: string
  readonly entries: readonly Entry[]
}

/** The text of a record. */
export function recordText(hostName: string, savedAt: string, entries: readonly Entry[]): string {
  const head: Head = { record: 'mock-iot-hub', version: 1, hostName, savedAt }
  return jsonLines([head, ...entries])
}

/** Reads a record. @throws Error that names the line that is wrong. */
export function parseRecord(text: string): OpenedRecord {
  const [first = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '')
  const head = parsed(first, 1) as Partial<Head>
  if (head.record !== 'mock-iot-hub')
    throw new Error('line 1: expected a record of mock-iot-hub: {"record":"mock-iot-hub", …}')
  if (head.version !== 1) throw new Error(`line 1: expected version 1, given: ${String(head.version)}`)
  const entries = lines.map((line, index) => {
    const entry = parsed(line, index + 2) as Partial<Entry> | null
    if (typeof entry?.seq !== 'number' || typeof entry.type !== 'string' || typeof entry.time !== 'string')
      throw new Error(`line ${String(index + 2)}: expected an entry with seq, time and type`)
    return entry as Entry
  })
  return { hostName: head.hostName ?? 'unknown', savedAt: head.savedAt ?? '', entries }
}

function parsed(line: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new Error(`line ${String(number)}: expected JSON`)
  }
}
