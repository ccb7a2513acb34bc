/** Anchor: mochi-mqtt, a broker in Go, over TLS with the same kind of certificate. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serveForeign } from './foreign.ts'

const source = fileURLToPath(new URL('mochi', import.meta.url))
await serveForeign('mochi', ({ folder, port, keyFile, certFile }) => {
  const program = join(folder, 'mochi')
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: source, encoding: 'utf8' })
  if (built.status !== 0) {
    process.stderr.write(`mochi-mqtt cannot be built: ${built.error?.message ?? built.stderr}\n`)
    process.exit(3)
  }
  return [program, String(port), keyFile, certFile]
})
