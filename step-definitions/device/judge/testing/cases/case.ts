/** A rule with a journal that passes and one that does not. */

import type { Word } from '../../words.ts'
import * as j from '../journal.ts'

export interface Case {
  readonly good: j.Journal
  readonly bad: j.Journal
  /** What the bad one gets. @default FAIL */
  readonly gets?: Word
  /** What the device file says in place of the good one's, for both. */
  readonly file?: object
}

/** One for each row. */
export type Cases = Readonly<Record<string, Case>>

/** A provocation of a settled device. @param parts between `struck` and `over`. */
export const under = (name: string, ...parts: j.Journal): j.Journal => [
  ...[
    ...j.up(1),
    j.subscribe(1),
    j.suback(1),
    ...j.telemetry(1, 1),
    j.wait(20),
    j.begun(name),
    j.struck(name),
  ],
  ...[...parts, j.over(name)],
]

/** It has its patience, and the way is open. */
export const inVain: readonly j.Part[] = [j.wait(130), j.probe]
