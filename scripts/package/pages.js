/**
 * The pages of a package: its README and those of `docs/` that its users need. Links between them stay relative; every
 * other link leads to the repository, so that none of a packed page is dead.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, posix } from 'node:path'

const REPOSITORY = 'https://github.com/mock-iot-hub/mock-iot-hub/blob/main'
/** By folder of the package: pages of the repository. */
const PAGES = new Map([
  [
    'mock-hub',
    [
      'amqp',
      'ci',
      'control',
      'differences',
      'errors',
      'faults',
      'mock-hub-api',
      'provisioning',
      'reference',
      'settings',
      'your-own-suite',
      'languages/',
    ],
  ],
  ['reference-client', ['client']],
  ['step-definitions', ['driver-authors', 'ci', 'devices', 'proof', 'reference']],
])
/** Not README…: npm packs every file of such a name. */
const SAVED = '.saved-readme.md'
/** `](target)`, not to another site and not to an anchor of the same page. */
const LINK = /\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)/g

/** Copies the pages into a package. @param root of the repository. @param folder of the package, the working directory. */
export function addPages(root, folder) {
  const pages = (PAGES.get(folder) ?? []).flatMap((name) =>
    name.endsWith('/')
      ? readdirSync(join(root, 'docs', name)).map((file) => `docs/${name}${file}`)
      : [`docs/${name}.md`],
  )
  const packed = new Map([[`${folder}/README.md`, 'README.md'], ...pages.map((page) => [page, page])])
  copyFileSync('README.md', SAVED)
  for (const [source, target] of packed) {
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, relinked(readFileSync(join(root, source), 'utf8'), source, target, packed))
  }
}

/** Removes the pages, and puts the README back. */
export function removePages() {
  rmSync('docs', { recursive: true, force: true })
  if (!existsSync(SAVED)) return
  copyFileSync(SAVED, 'README.md')
  rmSync(SAVED)
}

function relinked(text, source, target, packed) {
  return outsideCode(text, (prose) => relinkedProse(prose, source, target, packed))
}

/** Changes a page but for its blocks of code: `f[T any](t T)` is no link. */
function outsideCode(text, change) {
  return text
    .split(/(^```.*?^```$)/ms)
    .map((part, at) => (at % 2 === 0 ? change(part) : part))
    .join('')
}

function relinkedProse(text, source, target, packed) {
  return text.replace(LINK, (_all, link, anchor = '') => {
    const page = posix.normalize(posix.join(posix.dirname(source), link))
    const there = packed.get(page)
    const to = there === undefined ? `${REPOSITORY}/${page}` : posix.relative(posix.dirname(target), there)
    return `](${to}${anchor})`
  })
}
