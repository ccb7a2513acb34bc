/**
 * A step of the build of `mock-hub/`: replaces its compiled `dist/main.js` by a loader and a bundle, and writes the licences
 * of the packages in it.
 */
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { bundleCommand, licenceText } from './bundle.js'

const root = resolve(import.meta.dirname, '../..')
const dist = join(root, 'mock-hub/dist')
const here = import.meta.dirname

for (const old of readdirSync(dist).filter((name) => name.startsWith('command-'))) rmSync(join(dist, old))
const { file, packages } = await bundleCommand(root, dist)
const unnamed = packages.filter(({ texts }) => texts.length === 0).map(({ name }) => name)
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), licenceText(packages))
copyFileSync(join(here, 'load-bundle.js'), join(dist, 'load-bundle.js'))
writeFileSync(
  join(dist, 'main.js'),
  readFileSync(join(here, 'bin.js'), 'utf8').replace('BUNDLE', basename(file)),
)
process.stderr.write(`${basename(file)}: ${packages.length} packages\n`)
if (unnamed.length > 0) process.stderr.write(`without a text of their licence: ${unnamed.join(', ')}\n`)
