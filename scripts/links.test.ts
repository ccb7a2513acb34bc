/** Documents lead to what is there. */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const LINK = /\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g
const documents = spawnSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).stdout.trim().split('\n')

test.each(documents)('every file that %s leads to is there', (document) => {
  const text = readFileSync(document, 'utf8')
  const targets = [...text.matchAll(LINK)].map(([, target = '']) => join(dirname(document), target))
  expect(targets.filter((target) => !existsSync(target))).toEqual([])
})
