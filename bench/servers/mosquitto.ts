/** Anchor: mosquitto from the system, over TLS with the same kind of certificate. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveForeign } from './foreign.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as { persistence?: boolean }
if (spawnSync('mosquitto', ['-h']).error !== undefined) {
  process.stderr.write('mosquitto is not installed\n')
  process.exit(3)
}
await serveForeign('mosquitto', ({ folder, port, keyFile, certFile }) => {
  const config = [
    `listener ${String(port)} 127.0.0.1`,
    `keyfile ${keyFile}`,
    `certfile ${certFile}`,
    'allow_anonymous true',
    'set_tcp_nodelay true',
    'max_inflight_messages 0',
    'max_queued_messages 0',
    'user root',
    ...(options.persistence === true
      ? [
          'persistence true',
          `persistence_location ${folder}/`,
          'autosave_on_changes true',
          'autosave_interval 1',
        ]
      : []),
    'log_dest none',
  ]
  const file = join(folder, 'mosquitto.conf')
  writeFileSync(file, `${config.join('\n')}\n`)
  return ['mosquitto', '-c', file]
})
