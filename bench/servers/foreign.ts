/** Starts a server that is no Node program, waits until it listens, and reads what it uses from /proc. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve, type Usage } from './server.ts'
import { makeTls } from './tls.ts'

/** Where it listens and what it is given. */
export interface Place {
  /** A folder of its own. */
  readonly folder: string
  readonly port: number
  readonly keyFile: string
  readonly certFile: string
}

/** /proc counts CPU in ticks of 10 ms. */
const TICK_MICROS = 10_000

/** @param command makes the files that it needs, and gives program and arguments. */
export async function serveForeign(
  name: string,
  command: (place: Place) => readonly [string, ...string[]],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`))
  const tls = await makeTls()
  const place = {
    folder,
    port: await freePort(),
    keyFile: join(folder, 'key.pem'),
    certFile: join(folder, 'cert.pem'),
  }
  writeFileSync(place.keyFile, tls.key, { mode: 0o644 })
  writeFileSync(place.certFile, tls.cert)
  const [program, ...args] = command(place)
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  child.once('exit', () => process.exit(1))
  process.on('exit', () => child.kill('SIGKILL'))
  process.on('SIGTERM', () => process.exit(0))
  while (!(await listens(place.port)));
  serve({ mqttPort: place.port, caPem: tls.cert }, undefined, () => usageOf(child.pid ?? 0))
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const up = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return up
}

function usageOf(pid: number): Usage {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? []
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))
  return {
    cpuMicros: (Number(fields[11]) + Number(fields[12])) * TICK_MICROS,
    rssBytes: Number(resident?.[1] ?? 0) * 1024,
  }
}
