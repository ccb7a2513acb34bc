/** The words of a verdict, and what a rule answers. */

/** Worst first. */
export const WORDS = ['ERROR', 'FAIL', 'INCONCLUSIVE', 'NOT_RUN', 'WARN', 'PASS', 'NOT_OBSERVED'] as const
export type Word = (typeof WORDS)[number]

/** What a rule finds. */
export interface Judgement {
  readonly word: Word
  /** One sentence: what was seen, or why nothing can be said. */
  readonly why: string
  /** Numbers of the entries that it rests on. */
  readonly cites: readonly number[]
  /** Figures for the report, such as seconds to come back. */
  readonly figures?: Readonly<Record<string, number | string | readonly number[]>>
}

export type Figures = NonNullable<Judgement['figures']>

type Cited = number | { readonly seq: number } | undefined

/** Sequence numbers, each once, in order. */
export function citing(...entries: readonly (Cited | readonly Cited[])[]): readonly number[] {
  const flat: readonly Cited[] = (entries as readonly (readonly Cited[])[]).flat() // one level deep at most
  const numbers = flat.flatMap((entry) =>
    entry === undefined ? [] : typeof entry === 'number' ? entry : entry.seq,
  )
  return [...new Set(numbers)].sort((a, b) => a - b)
}

const said =
  (word: Word) =>
  (why: string, cites: readonly number[] = [], figures?: Figures): Judgement => ({
    ...{ word, why, cites },
    ...(figures === undefined ? {} : { figures }),
  })

export const pass = said('PASS')
export const warn = said('WARN')
export const fail = said('FAIL')
export const notObserved = said('NOT_OBSERVED')
export const inconclusive = said('INCONCLUSIVE')
export const notRun = said('NOT_RUN')

/** The worst of several; of equal words the first. Citations are joined. */
export function worst(judgements: readonly Judgement[]): Judgement {
  for (const word of WORDS) {
    const those = judgements.filter((one) => one.word === word)
    const [first] = those
    if (first === undefined) continue
    const figures = Object.assign({}, ...judgements.map((one) => one.figures ?? {})) as Figures
    // A pass of several parts rests on all of them.
    const cited = word === 'PASS' ? judgements.filter((one) => one.word === 'PASS') : those
    return {
      word,
      why: [...new Set(those.map(({ why }) => why))].join('; '),
      cites: citing(cited.flatMap(({ cites }) => cites)),
      ...(Object.keys(figures).length === 0 ? {} : { figures }),
    }
  }
  return notObserved('there is nothing to judge')
}
