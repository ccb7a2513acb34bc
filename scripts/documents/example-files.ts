/** Pages that show files of `examples/`: each stands between `<!-- file PATH -->` and `<!-- /file -->`. */

import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'

const FOLDER = 'docs/languages'
const SHOWN = /<!-- file (\S+) -->[\s\S]*?<!-- \/file -->/g
/** Names of the languages of code blocks, where they are not the extension. */
const LANGUAGE: ReadonlyMap<string, string> = new Map([
  ['.py', 'python'],
  ['.rs', 'rust'],
  ['.cs', 'csharp'],
  ['.h', 'c'],
  ['.csproj', 'xml'],
  ['', 'make'],
])

/** The pages. */
export function filePages(): readonly string[] {
  const pages = readdirSync(FOLDER).filter((name) => name.endsWith('.md'))
  return ['README.md', 'docs/provisioning.md', ...pages.map((name) => `${FOLDER}/${name}`)]
}

/** The page with the files as they are now. */
export function withFiles(page: string): string {
  return page.replace(SHOWN, (_all, file: string) => {
    const extension = extname(file)
    const language = LANGUAGE.get(extension) ?? extension.slice(1)
    return `<!-- file ${file} -->\n\n\`\`\`${language}\n${readFileSync(file, 'utf8').trimEnd()}\n\`\`\`\n\n<!-- /file -->`
  })
}
