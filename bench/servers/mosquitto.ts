/** Anchor: the installed mosquitto, over TLS with the same kind of certificate. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from './server.ts'
import { makeTls } from './tls.ts'

if (spawnSync('mosquitto', ['-h']).error !== undefined) {
  process.stderr.write('mosquitto is not installed\n')
  process.exit(3)
}
/** With `persistence` it writes its state to disk after each change. */
const options = JSON.parse(process.argv[2] ?? '{}') as { readonly persistence?: boolean }
const folder = mkdtempSync(join(tmpdir(), 'bench-mosquitto-'))
const tls = await makeTls()
writeFileSync(join(folder, 'key.pem'), tls.key, { mode: 0o644 })
writeFileSync(join(folder, 'cert.pem'), tls.cert)
const probe = createServer().listen(0, '127.0.0.1')
await once(probe, 'listening')
const port = (probe.address() as AddressInfo).port
probe.close()
await once(probe, 'close')
const config = [
  `listener ${port} 127.0.0.1`,
  `keyfile ${join(folder, 'key.pem')}`,
  `certfile ${join(folder, 'cert.pem')}`,
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
writeFileSync(join(folder, 'mosquitto.conf'), `${config.join('\n')}\n`)
const child = spawn('mosquitto', ['-c', join(folder, 'mosquitto.conf')], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
process.on('exit', () => child.kill('SIGKILL'))
process.on('SIGTERM', () => process.exit(0))
for (;;) {
  const socket = connect(port, '127.0.0.1')
  const up = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  if (up) break
}
/** /proc counts CPU in ticks of 10 ms. */
function cpuMicros(): number {
  const fields =
    readFileSync(`/proc/${child.pid ?? 0}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}
function rssBytes(): number {
  const line = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) * 1024
}
serve({ mqttPort: port, caPem: tls.cert }, undefined, () => ({
  cpuMicros: cpuMicros(),
  rssBytes: rssBytes(),
}))
