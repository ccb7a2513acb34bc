/** A tool beside a hub that runs: it is refused, and the hub goes on. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { onTestFinished, expect, test } from 'vitest'
import { useDataDirectories } from '../testing/data-directories.ts'
import { checkData } from './check.ts'
import { salvageData } from './salvage.ts'
import { exportData } from './transfer.ts'

const { say, at, killed, open } = useDataDirectories()

/** Another process has the database open, as a hub has. */
const HUB = `
import { ClassicLevel } from 'classic-level'
const database = new ClassicLevel(process.argv[1])
await database.open()
console.log('open')
process.stdin.resume()
process.stdin.on('end', () => database.close().then(() => process.exit()))
`

test('check, export and salvage are refused beside a hub that runs, and done when it has stopped', async () => {
  const directory = await killed('d', 6)
  const hub = spawn(process.execPath, ['--input-type=module', '-e', HUB, directory.state])
  onTestFinished(() => void hub.kill())
  await once(hub.stdout, 'data')
  const tools = {
    check: () => checkData(directory, say),
    export: () => exportData(directory, () => Promise.resolve(), say),
    salvage: () => salvageData(directory, at('saved').path, say),
  }
  // Twice: who is refused leaves the lock where it is.
  for (let time = 0; time < 2; time++)
    for (const [name, run] of Object.entries(tools))
      expect([name, await run().then(String, String)]).toEqual([
        name,
        expect.stringMatching(/StoreLocked: .* is used by another hub: stop that one/),
      ])
  expect(() => readdirSync(at('saved').path)).toThrow('ENOENT')
  hub.stdin.end()
  await once(hub, 'exit')
  for (const run of Object.values(tools)) expect(await run()).toMatchObject({ documents: { twin: 4 } })
  expect((await open(directory)).number).toBe(6)
})
