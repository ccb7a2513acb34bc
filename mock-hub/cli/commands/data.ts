/** `mock-iot-hub data`: looks at a directory of `--data`, saves what is damaged, takes it elsewhere. */

import { once } from 'node:events'
import { createReadStream, type WriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import type { Command } from 'commander'
import { utcText } from '../../base/time-text.ts'
import type { DataReport } from '../../store/tools/report.ts'
import type { Terminal } from '../terminal.ts'

/** Adds the commands. @param child makes a command below `data`. */
export function addDataCommands(
  child: (name: string, about: string) => Command,
  { stdout, stderr }: Pick<Terminal, 'stdout' | 'stderr'>,
): void {
  const print = (line: string): void => {
    stdout.write(`${line}\n`)
  }
  const warn = (line: string): void => {
    stderr.write(`mock-iot-hub: ${line}\n`)
  }
  child('check', 'reads all of it and says what it keeps')
    .argument('<dir>', 'a directory of --data')
    .action(async (dir: string) => {
      const { checkData, dataDirectory } = await tools()
      print(shown(await checkData(dataDirectory(dir), warn)))
    })
  child('salvage', 'saves what can be read of a damaged directory into a new one')
    .argument('<dir>', 'a directory of --data')
    .requiredOption('--into <dir>', 'a new directory')
    .action(async (dir: string, { into }: { readonly into: string }) => {
      const { salvageData, dataDirectory } = await tools()
      const report = await salvageData(dataDirectory(dir), into, warn)
      print(shown(report))
      const { database, dropped, groupsLost } = report
      print(
        database === undefined
          ? 'the database says nothing of itself: how much is missing is unknown'
          : `missing: ${String(Math.max(0, database.had - database.read))} of ${String(database.had)} documents ` +
              `of the database, ${String(groupsLost)} of the newest groups`,
      )
      for (const key of dropped) print(`wrong checksum: ${key}`)
    })
  child('export', 'writes it as lines of JSON, with keys and uploads')
    .argument('<dir>', 'a directory of --data')
    .argument('<file>', 'the file to write')
    .action(async (dir: string, file: string) => {
      const { exportData, dataDirectory } = await tools()
      const out = await secretFile(file)
      const write = async (line: string): Promise<void> => {
        if (!out.write(line)) await once(out, 'drain')
      }
      const report = await exportData(dataDirectory(dir), write, warn)
      out.end()
      await finished(out)
      print(shown(report))
    })
  child('import', 'makes a new directory from such lines')
    .argument('<file>', 'a file of data export')
    .argument('<dir>', 'a new directory')
    .action(async (file: string, dir: string) => {
      const { importData } = await tools()
      print(shown(await importData(linesOf(file), dir, warn)))
    })
}

/** A file for its owner alone, also where another one stood. A pipe or a terminal stays as it is. */
async function secretFile(path: string): Promise<WriteStream> {
  const handle = await open(path, 'w', 0o600)
  if ((await handle.stat()).isFile()) await handle.chmod(0o600)
  return handle.createWriteStream()
}

/** Begins to read when the first line is asked for: lines that nobody waits for are lost. */
async function* linesOf(file: string): AsyncIterable<string> {
  yield* createInterface({ input: createReadStream(file), crlfDelay: Infinity })
}

/** Loaded on demand: no other command needs a database. */
async function tools() {
  const [check, salvage, transfer, directory] = await Promise.all([
    import('../../store/tools/check.ts'),
    import('../../store/tools/salvage.ts'),
    import('../../store/tools/transfer.ts'),
    import('../../store/data-directory.ts'),
  ])
  return { ...check, ...salvage, ...transfer, ...directory }
}

function shown({ group, now, documents }: DataReport): string {
  const kinds = Object.entries(documents).map(([kind, count]) => `  ${kind.padEnd(20)} ${String(count)}`)
  return [`group ${String(group)} of ${utcText(now)}`, ...kinds].join('\n')
}
