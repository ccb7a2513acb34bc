/**
 * The good device on virtual time: what each rule says of it, and that no verdict stands without its evidence. That the rules
 * say FAIL where they should is shown by the broken devices (`npm run device:mutants`).
 */

import { beforeAll, expect, test } from 'vitest'
import { ROWS, simulate, type Simulated } from '../testing/simulation.ts'
import { judge, type Verdict } from './judge.ts'
import { RULES } from './rules/all.ts'
import type { Word } from './words.ts'

/** What the good device does not get a PASS for. */
const NO_PASS: Readonly<Record<string, Word>> = {
  'DUT-BACK-06': 'NOT_OBSERVED',
  'DUT-CONN-08': 'NOT_OBSERVED',
  'DUT-LONG-01': 'NOT_RUN',
  'DUT-LONG-02': 'NOT_RUN',
  'DUT-LONG-03': 'NOT_RUN',
  'DUT-LONG-04': 'NOT_RUN',
  'DUT-RECON-08': 'NOT_OBSERVED',
  'DUT-TLS-06': 'WARN',
  'DUT-TLS-07': 'WARN',
  'DUT-TLS-08': 'WARN',
  'DUT-TLS-15': 'NOT_OBSERVED',
}

/** Each row, so that the table of requirements finds its proof. */
const ALL = `
DUT-BACK-01 DUT-BACK-02 DUT-BACK-03 DUT-BACK-04 DUT-BACK-05 DUT-BACK-06 DUT-C2D-01 DUT-C2D-02
DUT-C2D-03 DUT-C2D-04 DUT-C2D-05 DUT-C2D-06 DUT-C2D-07 DUT-CONN-01 DUT-CONN-02 DUT-CONN-03
DUT-CONN-04 DUT-CONN-05 DUT-CONN-06 DUT-CONN-07 DUT-CONN-08 DUT-CONN-09 DUT-CONN-10 DUT-CONN-11
DUT-CONN-12 DUT-CONN-13 DUT-D2C-01 DUT-D2C-02 DUT-D2C-03 DUT-D2C-04 DUT-D2C-05 DUT-D2C-06
DUT-D2C-07 DUT-D2C-08 DUT-JOB-01 DUT-LIFE-01 DUT-LIFE-02 DUT-LIFE-03 DUT-LIFE-04 DUT-LONG-01
DUT-LONG-02 DUT-LONG-03 DUT-LONG-04 DUT-METH-01 DUT-METH-02 DUT-METH-03 DUT-METH-04 DUT-METH-05
DUT-METH-06 DUT-METH-07 DUT-NET-01 DUT-NET-02 DUT-NET-03 DUT-NET-04 DUT-NET-05 DUT-PROT-01
DUT-PROT-02 DUT-PROT-03 DUT-PROT-04 DUT-PROT-05 DUT-PROT-06 DUT-PROT-07 DUT-PROT-08 DUT-PROT-09
DUT-PROT-10 DUT-PROT-11 DUT-PROT-12 DUT-PROT-13 DUT-PROT-14 DUT-RECON-01 DUT-RECON-02 DUT-RECON-03
DUT-RECON-04 DUT-RECON-05 DUT-RECON-06 DUT-RECON-07 DUT-RECON-08 DUT-RECON-09 DUT-RECON-10 DUT-RECON-11
DUT-RECON-12 DUT-ROB-01 DUT-ROB-02 DUT-ROB-03 DUT-ROB-04 DUT-ROB-05 DUT-SEC-01 DUT-SEC-02
DUT-SEC-03 DUT-SEC-04 DUT-SESS-01 DUT-SESS-02 DUT-TLS-01 DUT-TLS-02 DUT-TLS-03 DUT-TLS-04
DUT-TLS-05 DUT-TLS-06 DUT-TLS-07 DUT-TLS-08 DUT-TLS-09 DUT-TLS-10 DUT-TLS-11 DUT-TLS-12
DUT-TLS-13 DUT-TLS-14 DUT-TLS-15 DUT-TOK-01 DUT-TOK-02 DUT-TOK-03 DUT-TOK-04 DUT-TOK-05
DUT-TOK-06 DUT-TOK-07 DUT-TOK-08 DUT-TWIN-01 DUT-TWIN-02 DUT-TWIN-03 DUT-TWIN-04 DUT-TWIN-05
DUT-TWIN-06 DUT-TWIN-07 DUT-TWIN-08 DUT-TWIN-09 DUT-TWIN-10 DUT-TWIN-11 DUT-UPL-01 DUT-UPL-02
DUT-UPL-03
`

let run: Simulated
let verdicts: readonly Verdict[]
beforeAll(async () => {
  run = await simulate({ kind: 'extended' })
  verdicts = judge(run.recording, run.file, ROWS)
})

test('every row has a rule, and every rule a row', () => {
  expect(RULES.map(({ id }) => id).sort()).toEqual(ROWS.map(({ id }) => id).sort())
  expect(ALL.trim().split(/\s+/).sort()).toEqual(ROWS.map(({ id }) => id).sort())
})

test('the good device breaks nothing in an extended run, and the run ends as planned', () => {
  const words = Object.fromEntries(
    verdicts.filter(({ word }) => word !== 'PASS').map(({ row, word }) => [row.id, word]),
  )
  expect(words).toEqual(NO_PASS)
  expect(run.recording.entries.at(-1)).toMatchObject({ type: 'end', complete: true })
  expect(run.recording.entries.filter(({ type }) => type === 'recovery')).toEqual([])
  // A burst that is throttled takes the link away, and the answer with it.
  const refused = run.recording.entries.filter(
    (entry) => entry.type === 'trigger' && !entry.ok && entry.name !== 'burst',
  )
  expect(refused).toEqual([])
})

test('a verdict is a function: the same recording is judged the same', () => {
  expect(judge(run.recording, run.file, ROWS)).toEqual(verdicts)
})

test('without the entries that it cites, no PASS stands', () => {
  const kept: string[] = []
  for (const { row, word, cites } of verdicts) {
    if (word !== 'PASS') continue
    expect(cites, row.id).not.toEqual([])
    // What else would prove it is taken away as well, until nothing is left that does.
    let { entries } = run.recording
    let cited = new Set(cites)
    for (let rounds = 0; rounds < 400 && cited.size > 0; rounds++) {
      const gone = cited
      entries = entries.filter(({ seq }) => !gone.has(seq))
      const [again] = judge({ header: run.recording.header, entries }, run.file, [row])
      if (again?.word !== 'PASS') break
      cited = new Set(again.cites)
      if (cited.size === 0) kept.push(row.id)
    }
  }
  expect(kept).toEqual([])
})

test('no secret stands in a recording', () => {
  expect(JSON.stringify(run.recording)).not.toMatch(/SharedAccessKey=[^*]|sig=[^*]/)
})
