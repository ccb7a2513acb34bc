/**
 * `npm run soak -- [--devices N] [--minutes M] [--storm D] [--every S]`: devices work with a hub in real time, over MQTT, MQTT over WebSocket,
 * AMQP and HTTPS, while back ends send messages, invoke methods and change twins; D of them lose their connection at once, again
 * and again, and the clock is wound a year in steps. Prints how memory went, what was lost, and gaps of the journal. Exits with 1
 * if something acknowledged was lost, the journal has a gap or an internal error, or memory grew.
 */

import { fork } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { parseArgs } from 'node:util'
import { HubError } from '../../mock-hub/core/errors/hub-error.ts'
import { startMockHub } from '../../mock-hub/host/start.ts'
import { judgeMemory, memoryText, sampleMemory, type MemorySample } from '../endurance/memory.ts'
import type { SoakOrder, SoakReport } from './messages.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { devices: text, minutes: text, storm: text, every: text } })
const devices = number('devices', values.devices, 5_000)
const minutes = number('minutes', values.minutes, 60)
const storm = number('storm', values.storm, Math.ceil(devices * 0.4))
/** A device sends about every so many seconds. */
const secondsBetween = number('every', values.every, 10)
/** Growth that is not a leak: compiled code, full rings of the journal and of events. */
const ALLOWED = { unit: 'message', allowedLive: 8 * 2 ** 20, allowedNative: 32 * 2 ** 20 }
/** Memory is compared where so many devices are connected: those that are missing take none. */
const CONNECTED = Math.floor(devices * 0.99)
const YEAR_MS = 365 * 86_400_000
const STORMS = Math.max(3, Math.ceil(minutes / 3))
const WINDS = Math.max(2, Math.min(12, Math.ceil(minutes / 5)))

const hub = await startMockHub({
  controlPort: false,
  settings: { journalRetained: 5_000, telemetryRetained: 5_000 },
})
const { hostName, mqttPort, httpsPort, amqpPort = 0, caPem } = hub
const expiresAt = Math.floor((Date.now() + 3 * YEAR_MS) / 1000)
const tokens = Array.from({ length: devices }, (_, n) => {
  const deviceId = `soak-${n}`
  const { authentication } = hub.registry.create({ deviceId })
  return tokenFor(`${hostName}/devices/${deviceId}`, authentication.symmetricKey.primaryKey ?? '', expiresAt)
})

/** By device: numbers that are stored, and not yet known to be acknowledged. */
const stored = tokens.map(() => new Set<number>())
const totals = {
  stored: 0,
  acknowledged: 0,
  lost: 0,
  gaps: 0,
  internal: 0,
  calls: 0,
  answered: 0,
  refusals: new Map<string, number>(),
}
hub.telemetry.subscribe(({ deviceId, body }) => {
  totals.stored++
  stored[Number(deviceId.slice('soak-'.length))]?.add(Number(body.toString()))
})
let seq = hub.journal.seq
hub.journal.subscribe((entry) => {
  if (entry.seq !== seq + 1) totals.gaps++
  seq = entry.seq
  if (entry.type !== 'refusal') return
  const { rule } = entry.explanation
  totals.refusals.set(rule, (totals.refusals.get(rule) ?? 0) + 1)
  if (rule === 'internal' || entry.error === 'ServerError') totals.internal++
})

const child = fork(new URL('./devices.ts', import.meta.url), [], { execArgv: ['--import', 'tsx'] })
const tell = (order: SoakOrder): void => {
  child.send(order)
}
let latest: SoakReport = { acknowledged: [], connected: 0, connects: 0, failures: 0 }
child.on('message', (report: SoakReport) => {
  latest = report
  for (const [device, sent] of report.acknowledged) {
    totals.acknowledged++
    // A message that was sent again is stored twice, and known once.
    if (stored[device]?.delete(sent) !== true) totals.lost++
  }
})
tell({
  type: 'start',
  hostName,
  mqttPort,
  httpsPort,
  amqpPort,
  caPem,
  tokens,
  secondsBetween,
})

const startedAt = performance.now()
const endAt = startedAt + minutes * 60_000
const memory: MemorySample[] = []
const backEnds = setInterval(backEnd, 50)
const storms = setInterval(
  () => {
    tell({ type: 'storm', devices: storm })
  },
  (minutes * 60_000) / (STORMS + 1),
)
let winds = 0
const winding = setInterval(
  () => {
    if (winds++ < WINDS) hub.clock.advance(YEAR_MS / WINDS)
  },
  (minutes * 60_000) / (WINDS + 1),
)
const sampling = setInterval(sample, Math.min(60_000, (minutes * 60_000) / 24))

await new Promise((resolve) => setTimeout(resolve, endAt - startedAt))
for (const timer of [backEnds, storms, winding, sampling]) clearInterval(timer)
sample()
const stopped = new Promise((resolve) => child.once('exit', resolve))
tell({ type: 'stop' })
await stopped
await hub.stop()

const verdict = judgeMemory(memory, ALLOWED)
const refusals = [...totals.refusals].sort(([, a], [, b]) => b - a).map(([rule, count]) => `${rule} ${count}`)
process.stdout.write(
  [
    `soak: ${devices} devices for ${minutes} min, ${STORMS} storms of ${storm}, the clock wound a year in ${WINDS} steps`,
    `connections: ${latest.connects} opened, ${latest.connected} devices connected at the end, ${latest.failures} refused`,
    `telemetry: ${totals.acknowledged} acknowledged, ${totals.stored} stored, ${totals.lost} lost`,
    `methods: ${totals.calls} asked, ${totals.answered} answered`,
    `journal: ${seq} entries, ${totals.gaps} gaps, ${totals.internal} internal errors; refusals: ${refusals.join(', ') || 'none'}`,
    ...verdict.lines,
    '',
  ].join('\n'),
)
process.exit(
  totals.lost + totals.gaps + totals.internal > 0 || !verdict.ok || totals.acknowledged === 0 ? 1 : 0,
)

function backEnd(): void {
  const deviceId = `soak-${Math.floor(Math.random() * devices)}`
  try {
    switch (Math.floor(Math.random() * 3)) {
      case 0:
        hub.c2d.send({ deviceId }, { body: Buffer.from('for you'), system: {}, properties: {} })
        break
      case 1:
        hub.twins.patch({ deviceId }, { desired: { n: Math.random() } }, undefined)
        break
      default:
        totals.calls++
        hub.methods.invoke({ deviceId }, { methodName: 'ask', payload: '1' }).then(
          () => totals.answered++,
          () => undefined,
        )
    }
  } catch (error) {
    // A full queue is no failure.
    if (!(error instanceof HubError)) throw error
  }
}

function sample(): void {
  const now = sampleMemory(totals.acknowledged)
  if (latest.connected >= CONNECTED) memory.push(now)
  const minute = ((performance.now() - startedAt) / 60_000).toFixed(1)
  process.stdout.write(
    `${minute} min: ${latest.connected} connected, ${totals.acknowledged} acknowledged, ${totals.lost} lost, ${memoryText(now)}\n`,
  )
}

function tokenFor(resource: string, key: string, se: number): string {
  const sr = encodeURIComponent(resource)
  const sig = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64')
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}`
}

function number(name: string, given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise
  const value = Number(given)
  if (value > 0) return value
  process.stderr.write(`soak: --${name} must be a number above 0, got ${given}\n`)
  process.exit(2)
}
