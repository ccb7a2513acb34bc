import { describe, expect, test } from 'vitest'
import { candidates, draw, mutated } from './candidates.ts'

describe('generated mutants', () => {
  const all = candidates()

  test('there are at least 400 on each side, of every operator', () => {
    for (const side of ['client', 'hub'] as const)
      expect(all.filter((mutant) => mutant.side === side).length).toBeGreaterThan(400)
    expect(new Set(all.map(({ operator }) => operator)).size).toBeGreaterThan(30)
    expect(new Set(all.map(({ id, after }) => `${id} ${after}`)).size).toBe(all.length)
  })

  test('each changes its file, and what is drawn is still TypeScript', () => {
    for (const mutant of draw(all, 40, 1)) {
      expect(mutant.before).not.toBe(mutant.after)
      expect(mutated(mutant)).toBeDefined()
    }
  })

  test('a seed draws the same mutants each time, another one others', () => {
    const ids = (seed: number): readonly string[] => draw(all, 20, seed).map(({ id }) => id)
    expect(ids(7)).toEqual(ids(7))
    expect(ids(7)).not.toEqual(ids(8))
  })

  test('no two change the same line', () => {
    const places = draw(all, 60, 3).map(({ file, line }) => `${file}:${String(line)}`)
    expect(new Set(places).size).toBe(places.length)
  })
})
