/** What a page of docs/languages tells a newcomer to do: its files, and the lines to copy into a shell. */

const SHOWN_FILE = /<!-- file examples\/[^/\s]+\/(\S+) -->\s*```\w*\n([\s\S]*?)\n```\s*<!-- \/file -->/g
const SHELL_BLOCK = /```sh\n([\s\S]*?)\n```/g

export interface Page {
  /** By their path in the folder of the newcomer. */
  readonly files: ReadonlyMap<string, string>
  /** Of the blocks that use the hub, in their order. */
  readonly lines: readonly string[]
}

export function readPage(text: string): Page {
  const files = new Map<string, string>()
  const prose = text.replace(SHOWN_FILE, (_all, path: string, content: string) => {
    files.set(path, `${content}\n`)
    return ''
  })
  const blocks = [...prose.matchAll(SHELL_BLOCK)].map(([, block = '']) => block)
  const lines = blocks
    .filter((block) => block.includes('npx mock-iot-hub'))
    .flatMap((block) => block.split('\n'))
  return { files, lines }
}

/**
 * The line with the package from a file instead of the registry, and with `--parallel`, since other hubs may listen on this
 * machine; undefined when it needs an administrator.
 */
export function runnable(line: string, packageFile: string): string | undefined {
  if (line.startsWith('apt ')) return undefined
  return line
    .replace(/^(npm install) mock-iot-hub/, `$1 ${packageFile}`)
    .replace(/^(npx mock-iot-hub exec) (?!--parallel)/, '$1 --parallel ')
}
