/** A curve as SVG, with both axes logarithmic. */
import type { Curve } from './curve.ts'

const WIDTH = 640
const HEIGHT = 300
const LEFT = 80
const BOTTOM = 50
const TOP = 40
const RIGHT = 30

export function draw({ title, over, unit, points }: Curve): string {
  const x = axis(
    points.map(({ size }) => size),
    LEFT,
    WIDTH - RIGHT,
  )
  const y = axis(
    points.map(({ cost }) => cost),
    HEIGHT - BOTTOM,
    TOP,
  )
  const path = points.map(({ size, cost }) => `${fixed(x.at(size))},${fixed(y.at(cost))}`).join(' ')
  const text = (where: string, content: string): string => `<text ${where}>${content}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    text(`x="${WIDTH / 2}" y="20" text-anchor="middle" font-size="14"`, title),
    ...x.ticks.flatMap((tick) => [
      `<line x1="${fixed(x.at(tick))}" x2="${fixed(x.at(tick))}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#ddd"/>`,
      text(`x="${fixed(x.at(tick))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle"`, label(tick)),
    ]),
    ...y.ticks.flatMap((tick) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y.at(tick))}" y2="${fixed(y.at(tick))}" stroke="#ddd"/>`,
      text(`x="${LEFT - 8}" y="${fixed(y.at(tick) + 4)}" text-anchor="end"`, label(tick)),
    ]),
    `<polyline points="${path}" fill="none" stroke="#0a5fb4" stroke-width="2"/>`,
    ...points.map(
      ({ size, cost }) =>
        `<circle cx="${fixed(x.at(size))}" cy="${fixed(y.at(cost))}" r="3.5" fill="#0a5fb4"><title>${label(size)}: ${cost.toPrecision(3)} ${unit}</title></circle>`,
    ),
    text(`x="${WIDTH / 2}" y="${HEIGHT - 10}" text-anchor="middle"`, over),
    text(`x="16" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 16 ${HEIGHT / 2})"`, unit),
    '</svg>',
    '',
  ].join('\n')
}

/** From the power of ten below the smallest value to the one above the largest. */
function axis(
  values: readonly number[],
  from: number,
  to: number,
): { at(value: number): number; ticks: number[] } {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
  }
}

const fixed = (value: number): string => value.toFixed(1)
const label = (value: number): string =>
  value >= 1 ? value.toLocaleString('en') : String(Number(value.toPrecision(1)))
