/** A cost curve: the cost of one unit of work over the size of the problem. */

export interface Curve {
  readonly id: string
  readonly title: string
  readonly over: string
  readonly unit: string
  readonly points: readonly Point[]
}

export interface Point {
  readonly size: number
  /** Cost of one unit of work, in the curve's unit. */
  readonly cost: number
}

/**
 * The growth of the total cost from the smallest to the largest size, as an exponent of the size: 1 is linear, more than 1
 * is faster than linear.
 * @param perPiece whether a cost is that of one of `size` units of work; otherwise it is the total.
 */
export function power({ points }: Curve, perPiece: boolean): number {
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined) return Number.NaN
  const slope = Math.log(last.cost / first.cost) / Math.log(last.size / first.size)
  return perPiece ? slope + 1 : slope
}
