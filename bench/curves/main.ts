/** `npm run bench:curves [-- ID …]`: how costs grow; draws `docs/performance/*.svg`; exits with 1 if a cost grows faster than linearly. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { power } from './curve.ts'
import { draw } from './draw.ts'
import { measure, SUBJECTS } from './subjects.ts'

/** Linear growth has the exponent 1; the margin allows for differences between runs. */
const MOST = 1.15

const asked = process.argv.slice(2)
const unknown = asked.filter((id) => !SUBJECTS.some((subject) => subject.id === id))
if (unknown.length > 0) {
  process.stderr.write(
    `bench:curves: unknown: ${unknown.join(', ')}; the curves are ${SUBJECTS.map(({ id }) => id).join(', ')}\n`,
  )
  process.exit(2)
}
const folder = new URL('../../docs/performance/', import.meta.url)
mkdirSync(folder, { recursive: true })
let bent = false
for (const subject of SUBJECTS.filter(({ id }) => asked.length === 0 || asked.includes(id))) {
  const curve = await measure(subject)
  const grows = power(curve, subject.perPiece)
  bent ||= grows > MOST
  writeFileSync(new URL(`${curve.id}.svg`, folder), draw(curve))
  const points = curve.points.map(({ size, cost }) => `${size}: ${cost.toPrecision(3)}`).join(', ')
  process.stdout.write(
    `${curve.id}: ${curve.title} (${curve.unit}): ${points}; the whole grows with the power ${grows.toFixed(2)}\n`,
  )
}
process.exit(bent ? 1 : 0)
