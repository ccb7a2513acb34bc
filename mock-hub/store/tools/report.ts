/** What a tool found in a data directory. */

export interface DataReport {
  /** Number of the last group. */
  readonly group: number
  /** The hub's clock at that group, epoch ms. */
  readonly now: number
  /** Documents by kind. */
  readonly documents: Readonly<Record<string, number>>
}

export function countByKind(kinds: Iterable<string>): Readonly<Record<string, number>> {
  const counts = new Map<string, number>()
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return Object.fromEntries(counts)
}
