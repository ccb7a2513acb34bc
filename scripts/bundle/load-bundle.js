/**
 * Loads a bundled command with the machine code that V8 kept from an earlier run. A copy of this file is in the published
 * package.
 *
 * Node 20 has no cache of compiled code for modules, so the bundle is a script that is compiled here. What V8 kept lies
 * beside the bundle, because who can write there can change the bundle as well; where this process cannot write, each run
 * compiles anew.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants, Script } from 'node:vm'

/**
 * @param file the bundle: a script whose value is `(module, require, url) => void`. Its name changes with its content.
 * @param url `import.meta.url` in all of it.
 * @returns what the bundle exports.
 */
export function loadBundle(file, url) {
  const kept = `${file}.${process.version}-${process.arch}.cache`
  // Only ASCII: one byte a character.
  const source = readFileSync(file, 'latin1')
  const cachedData = read(kept)
  const script = new Script(source, {
    filename: file,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  if (cachedData === undefined || script.cachedDataRejected) keepAtExit(script, kept)
  const module = { exports: {} }
  script.runInThisContext()(module, createRequire(file), url)
  return module.exports
}

function read(file) {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

/** At the end all functions that a run needs are compiled. */
function keepAtExit(script, file) {
  process.once('exit', () => {
    const part = `${file}.${process.pid}`
    try {
      writeFileSync(part, script.createCachedData())
      renameSync(part, file)
    } catch {
      // The folder cannot be written, or is no longer there.
      rmSync(part, { force: true })
    }
  })
}
