/** The kept corpus: connections that once led to an outcome of a new kind, or to a failure. An input is a seed and a number. */

import { readFileSync, writeFileSync } from 'node:fs'
import { PACKETS_PER_CONNECTION } from './mqtt.ts'
import { SURFACES, type SurfaceName } from './surfaces.ts'
import type { Report } from './watch.ts'

export interface Kept {
  readonly surface: SurfaceName
  readonly seed: number
  readonly from: number
}

const FILE = new URL('corpus.json', import.meta.url)
/** Most entries of a surface. */
const MOST = 60

export function corpus(): readonly Kept[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as readonly Kept[]
}

/** Sends what is kept for a surface once more. @returns failures. */
export async function replay(name: SurfaceName): Promise<readonly string[]> {
  const failures: string[] = []
  const inputs = name === 'mqtt' || name === 'amqp' ? PACKETS_PER_CONNECTION : 1
  for (const { seed, from } of corpus().filter(({ surface }) => surface === name))
    failures.push(...(await SURFACES[name]({ seed, inputs, from })).failures)
  return failures
}

/** Keeps what was new in a report, up to a limit; what failed is always kept. */
export function keep(surface: SurfaceName, { seed, novel, failures }: Report): void {
  const entries = [...corpus()]
  const failed = failures.flatMap((text) => /--from (\d+)/.exec(text)?.[1] ?? []).map(Number)
  for (const from of new Set([...failed, ...novel])) {
    const isKnown = entries.some(
      (kept) => kept.surface === surface && kept.seed === seed && kept.from === from,
    )
    const count = entries.filter((kept) => kept.surface === surface).length
    if (!isKnown && (count < MOST || failed.includes(from))) entries.push({ surface, seed, from })
  }
  const lines = entries.map((kept) => `  ${JSON.stringify(kept).replaceAll(':', ': ').replaceAll(',', ', ')}`)
  writeFileSync(FILE, `[\n${lines.join(',\n')}\n]\n`)
}
