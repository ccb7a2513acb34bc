/**
 * Bundles the command `mock-iot-hub` with the packages that it uses into one script, which starts in a third of the time
 * that the modules take. `load-bundle.js` runs it.
 */
import { build } from 'esbuild'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Has machine code, or is installed by the user. */
const NOT_BUNDLED = ['classic-level', 'azurite']

/** Writes the bundle into a folder. @param root of the repository. @returns its path, and the packages in it. */
export async function bundleCommand(root, folder) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['mock-hub/cli/program.ts'],
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // Packages that have modules are bundled as such: what nobody uses is left out.
    mainFields: ['module', 'main'],
    external: NOT_BUNDLED,
    define: { 'import.meta.url': '__url' },
    legalComments: 'none',
    logLevel: 'warning',
  })
  const text = inAscii(`(function (module, require, __url) {\n${outputFiles[0].text}\n})\n`)
  const name = `command-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.cjs`
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, text)
  return { file, packages: packagesOf(root, Object.keys(metafile.inputs)) }
}

/** `load-bundle.js` reads one byte a character, and esbuild escapes texts alone: regular expressions are left as they are. */
function inAscii(text) {
  return text.replace(/[^\x00-\x7f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The packages that files belong to, with their licences, by path. */
function packagesOf(root, files) {
  const folders = new Set(
    files.flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
  )
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    return { name, version, license, texts: licencesIn(join(root, folder)) }
  })
}

/** The texts of the files in which a package gives its licence. */
function licencesIn(folder) {
  return readdirSync(folder)
    .filter((name) => /^(licen[cs]e|notice|copying)/i.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
}

/** The licences of bundled packages as one text. */
export function licenceText(packages) {
  const head = 'The command of this package contains the packages below, each under its licence.\n'
  return [
    head,
    ...packages.map(({ name, version, license, texts }) =>
      [`${'='.repeat(80)}`, `${name} ${version}, ${license}`, '', ...texts, ''].join('\n'),
    ),
  ].join('\n')
}
