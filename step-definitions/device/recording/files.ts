/** A recording as lines of JSON: the header, then the entries. */

import type { Entry, Recording, RecordingHeader } from './entries.ts'

export const FORMAT = 'iot-hub-device-recording/1'

export function recordingText({ header, entries }: Recording): string {
  return [header, ...entries].map((line) => `${JSON.stringify(line)}\n`).join('')
}

/** @param path shown in errors. @throws RangeError with the line that cannot be read. */
export function parseRecording(text: string, path: string): Recording {
  const lines = text.split('\n').filter((line) => line !== '')
  const parsed = lines.map((line, at): unknown => {
    try {
      return JSON.parse(line)
    } catch {
      throw new RangeError(`${path}:${String(at + 1)}: is not JSON`)
    }
  })
  const [header, ...entries] = parsed as [RecordingHeader | undefined, ...Entry[]] // the suite wrote them; checked below
  if (header?.format !== FORMAT)
    throw new RangeError(
      `${path}: must begin with a line of format ${FORMAT}, got ${JSON.stringify(header?.format)}`,
    )
  for (const [at, entry] of entries.entries())
    if (entry.seq !== at + 1)
      throw new RangeError(
        `${path}:${String(at + 2)}: seq must be ${String(at + 1)}, got ${JSON.stringify(entry.seq)}: lines are missing`,
      )
  return { header, entries }
}
