/**
 * `npm start`: the command `mock-iot-hub` of this checkout. It is bundled when its sources or packages have changed, which
 * takes half a second, and otherwise starts from the bundle of last time in `node_modules/.cache/mock-iot-hub/`.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadBundle } from './bundle/load-bundle.js'

const root = resolve(import.meta.dirname, '..')
const cache = join(root, 'node_modules/.cache/mock-iot-hub')
/** Bundles of other states of the sources that stay, newest first: of those who change between branches. */
const KEPT = 3

const { run } = loadBundle(await bundleFile(), pathToFileURL(join(root, 'mock-hub/cli/program.ts')).href)
process.exitCode = await run(process.argv.slice(2), process)

/** The bundle of the sources as they are. */
async function bundleFile() {
  const folder = join(cache, stateOfSources())
  const done = join(folder, 'done')
  if (!existsSync(done)) await makeBundle(folder)
  return join(folder, readFileSync(done, 'utf8'))
}

/** A hash of the names, sizes and times of all that the bundle is made of. */
function stateOfSources() {
  const hash = createHash('sha256')
  const add = (path) => {
    const { size, mtimeMs } = statSync(path)
    hash.update(`${path}\0${size}\0${mtimeMs}\n`)
  }
  for (const path of ['scripts/bundle/bundle.js', 'node_modules/.package-lock.json', 'tsconfig.json'])
    add(join(root, path))
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name === 'testing') continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) walk(path)
      else if (/(?<!\.test)\.(ts|json)$/.test(entry.name)) add(path)
    }
  }
  walk(join(root, 'mock-hub'))
  return hash.digest('hex').slice(0, 32)
}

/** Bundles in a folder of this process, which then takes its name: several may do so at once. */
async function makeBundle(folder) {
  const { bundleCommand } = await import('./bundle/bundle.js')
  const own = `${folder}.${process.pid}`
  try {
    const { file } = await bundleCommand(root, own)
    writeFileSync(join(own, 'done'), file.slice(own.length + 1))
    renameSync(own, folder)
  } catch (error) {
    rmSync(own, { recursive: true, force: true })
    // Another process was faster.
    if (!existsSync(join(folder, 'done'))) throw error
  }
  const others = readdirSync(cache)
    .filter((name) => !name.includes('.') && join(cache, name) !== folder)
    .map((name) => ({ path: join(cache, name), time: statSync(join(cache, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time)
  for (const { path } of others.slice(KEPT)) rmSync(path, { recursive: true, force: true })
}
