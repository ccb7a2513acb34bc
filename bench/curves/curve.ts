/** A cost curve: what one piece of work costs, over how much there is. */

export interface Curve {
  readonly id: string
  readonly title: string
  readonly over: string
  readonly unit: string
  readonly points: readonly Point[]
}

export interface Point {
  readonly size: number
  /** Cost of one piece, in the curve's unit. */
  readonly cost: number
}

/**
 * How steeply the cost of all the work grows from the smallest to the largest size, as a power of the size: 1 is linear,
 * more than that bends upwards.
 * @param perPiece the cost is of one piece of as many as the size says; else it is of the whole.
 */
export function power({ points }: Curve, perPiece: boolean): number {
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined) return Number.NaN
  const slope = Math.log(last.cost / first.cost) / Math.log(last.size / first.size)
  return perPiece ? slope + 1 : slope
}
