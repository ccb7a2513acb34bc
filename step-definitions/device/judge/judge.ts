/** The judge: a function of a recording and a device file. It reads no clock and asks nobody. */

import { OUR_NUMBERS, type Numbers } from '../catalogue/numbers.ts'
import type { DeviceRow } from '../catalogue/rows.ts'
import type { DeviceFile } from '../file/device-file.ts'
import type { Recording } from '../recording/entries.ts'
import { RULES } from './rules/all.ts'
import { View } from './view.ts'
import { notRun, warn, type Judgement } from './words.ts'

export interface Verdict extends Judgement {
  readonly row: DeviceRow
}

const BY_ID = new Map(RULES.map((rule) => [rule.id, rule]))

/** @returns one verdict for each row, in the order of the rows. */
export function judge(
  { header, entries }: Recording,
  file: DeviceFile,
  rows: readonly DeviceRow[],
  numbers: Numbers = OUR_NUMBERS,
): readonly Verdict[] {
  const view = new View(header, entries, file, numbers)
  const planned = new Set(header.planned)
  return rows.map((row) => ({
    row,
    ...(planned.has(row.id) ? judged(row, view) : notRun('not part of this run')),
  }))
}

function judged(row: DeviceRow, view: View): Judgement {
  const rule = BY_ID.get(row.id)
  if (rule === undefined) return { word: 'ERROR', why: 'there is no rule for this row', cites: [] }
  let judgement: Judgement
  try {
    judgement = rule.judge(view)
  } catch (error) {
    return { word: 'ERROR', why: error instanceof Error ? error.message : String(error), cites: [] }
  }
  // A `should` that is broken is a WARN, unless the row has a floor of its own.
  const softened =
    judgement.word === 'FAIL' && (row.level === 'may' || (row.level === 'should' && row.fail === undefined))
  return softened ? { ...warn(judgement.why, judgement.cites, judgement.figures) } : judgement
}
