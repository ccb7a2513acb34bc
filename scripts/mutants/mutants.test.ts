import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MUTANTS, mutantsIn } from './all.ts'

const ALL = [...MUTANTS, ...mutantsIn(new URL('state-hubs.yaml', import.meta.url))]

test.each(ALL.flatMap(({ id, edits }) => edits.map((edit) => ({ id, ...edit }))))(
  '$id: the text that it replaces stands in $file exactly once',
  ({ file, find }) => {
    expect(readFileSync(file, 'utf8').split(find)).toHaveLength(2)
  },
)
