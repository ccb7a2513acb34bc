/** The name that somebody probably meant. */

/**
 * @returns the known name with the fewest edits (at most a third of its length); undefined: none is near.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let fewest = Infinity
  for (const candidate of known) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase())
    if (edits >= fewest || edits > Math.max(1, candidate.length / 3)) continue
    best = candidate
    fewest = edits
  }
  return best
}

/** ` (did you mean "x"?)`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const meant = nearest(name, known)
  return meant === undefined ? '' : ` (did you mean "${meant}"?)`
}

/** Insertions, deletions and substitutions from one text to the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = [...Array(to.length + 1).keys()]
  for (let above = 0; above < from.length; above++) {
    const next = [above + 1]
    for (let left = 0; left < to.length; left++) {
      const substituted = (row[left] ?? 0) + (from[above] === to[left] ? 0 : 1)
      next.push(Math.min((next[left] ?? 0) + 1, (row[left + 1] ?? 0) + 1, substituted))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
