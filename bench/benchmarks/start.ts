/** S1, S2: the start-up time of a hub. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMockHub } from 'mock-iot-hub'
import { type Figure, median, type Sample } from '../figure.ts'

const DIST = 'mock-hub/dist'
const BIN = `${DIST}/main.js`
const ANY_PORTS = ['--mqtt-port', '0', '--https-port', '0', '--amqp-port', '0', '--control-port', '0']

/** Milliseconds from the start of a process to its first line. @param signal ends it then. */
async function firstLine(args: readonly string[], signal: NodeJS.Signals = 'SIGKILL'): Promise<Sample> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  const value = performance.now() - startedAt
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
  return { value }
}

async function several(times: number, measure: () => Promise<number>): Promise<Sample> {
  const values: number[] = []
  for (let i = 0; i < times; i++) values.push(await measure())
  return { value: median(values) }
}

/** @param ending how the run before the measurement ends. */
function start(id: string, title: string, ending: NodeJS.Signals): Figure {
  return {
    id,
    title,
    unit: 'ms',
    anchor: 'node printing a line',
    goal: { atMost: 2.2 },
    open: async () => {
      if (!existsSync(BIN)) return { skipped: `${BIN} is missing (run npm run build)` }
      const directory = mkdtempSync(join(tmpdir(), 'mock-iot-hub-bench-'))
      const args = [BIN, '--json', ...ANY_PORTS, '--dir', directory]
      for (const name of readdirSync(DIST).filter((one) => one.endsWith('.cache'))) rmSync(join(DIST, name))
      await firstLine(args, ending)
      return {
        ours: () => firstLine(args),
        anchor: () => firstLine(['-e', 'console.log("hello")']),
        close: () => {
          rmSync(directory, { recursive: true, force: true })
          return Promise.resolve()
        },
      }
    },
  }
}

export const figures: readonly Figure[] = [
  start('S1', 'published bin, cold start to ready, with existing certificates', 'SIGKILL'),
  // It keeps what V8 has compiled when it ends in order.
  start('S1-kept', 'as S1, with the compiled code that an orderly run has kept', 'SIGTERM'),
  {
    id: 'S2',
    title: 'in process, start and stop of a hub, with existing certificates',
    unit: 'ms',
    anchor: '',
    open: () =>
      Promise.resolve({
        ours: () =>
          several(30, async () => {
            const startedAt = performance.now()
            const hub = await startMockHub({ controlPort: false, amqpPort: false })
            await hub.stop()
            return performance.now() - startedAt
          }),
        close: () => Promise.resolve(),
      }),
  },
  {
    id: 'S2-all',
    title: 'in process, start and stop of a hub with AMQP and control listener',
    unit: 'ms',
    anchor: '',
    open: () =>
      Promise.resolve({
        ours: () =>
          several(15, async () => {
            const startedAt = performance.now()
            const hub = await startMockHub()
            await hub.stop()
            return performance.now() - startedAt
          }),
        close: () => Promise.resolve(),
      }),
  },
]
