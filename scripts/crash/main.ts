/**
 * `npm run crash [-- --rounds 20] [--durability disk|process] [--seconds 1] [--dir DIR] [--command "node …/main.js"] [--json]`:
 * kills a hub under load, with SIGKILL at a random moment, starts it again over its directory and compares what is there
 * with what its clients were told over MQTT, AMQP and HTTPS. Exits with 1 when something acknowledged is lost, or when a
 * version, an offset or a sequence number that has left the hub means something else. `--full-disk DIR`: see
 * `full-disk.ts`; `--damage`: see `damage.ts`.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { amqpBackEnd, amqpDevice, call, eventReader, httpsClients, mqttDevice } from './clients.ts'
import { damageTrials } from './damage.ts'
import { fillDisk } from './full-disk.ts'
import { kill, startHub } from './hub-process.ts'
import { Ledger } from './ledger.ts'
import { verify } from './verify.ts'
import { DEVICE_KEY } from '../../bench/load/token.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    durability: { type: 'string', default: 'process' },
    seconds: { type: 'string', default: '1' },
    dir: { type: 'string' },
    command: { type: 'string', default: 'node scripts/hub.js' },
    json: { type: 'boolean', default: false },
    'full-disk': { type: 'string' },
    damage: { type: 'boolean', default: false },
  },
})
if (values['full-disk'] !== undefined) {
  const wrong = await fillDisk(values['full-disk'], (line) => process.stdout.write(`${line}\n`))
  process.stdout.write(wrong === undefined ? 'nothing is lost\n' : `crash: ${wrong}\n`)
  process.exit(wrong === undefined ? 0 : 1)
}
if (values.damage) {
  let silent = 0
  for (const durability of ['disk', 'process'] as const)
    silent += await damageTrials(durability, (line) => process.stdout.write(`${line}\n`))
  process.exit(silent === 0 ? 0 : 1)
}
/** Acknowledgements after which a load is under way. */
const FEW = 100
const MOST_WAITS = 400

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const rounds = Number(values.rounds)
const most = Number(values.seconds) * 1_000
if (!Number.isInteger(rounds) || rounds < 1 || !(most > 0)) {
  process.stderr.write(`crash: --rounds must be a whole number from 1, --seconds a number above 0\n`)
  process.exit(2)
}
const made = values.dir ?? mkdtempSync(join(tmpdir(), 'mock-iot-hub-crash-'))
const directory = join(made, 'data')
const ledger = new Ledger()
const mqttIds = ['m0', 'm1', 'm2', 'm3']
const names = { reported: mqttIds, twin: 'm0', inbox: 'inbox', telemetry: 'h0' }
const hubCommand = { command: values.command.split(' '), directory, durability: values.durability }

let hub = await startHub(hubCommand)
for (const deviceId of [...mqttIds, 'a0', 'h0', 'inbox'])
  await call(hub, 'PUT', `/devices/${deviceId}`, {
    deviceId,
    authentication: {
      type: 'sas',
      symmetricKey: { primaryKey: DEVICE_KEY, secondaryKey: Buffer.alloc(32, 8).toString('base64') },
    },
  })
let checked = 0
try {
  for (let round = 1; round <= rounds; round++) {
    const before = ledger.acknowledgedCount
    const stops = [
      ...mqttIds.map((deviceId) => mqttDevice(hub, ledger, deviceId, DEVICE_KEY, round)),
      amqpDevice(hub, ledger, 'a0', DEVICE_KEY, round),
      amqpBackEnd(hub, ledger, 'inbox', round),
      eventReader(hub, ledger),
      httpsClients(hub, ledger, names, round),
    ]
    // On a busy machine it takes clients a while to begin.
    for (let waits = 0; waits < MOST_WAITS && ledger.acknowledgedCount < before + FEW; waits++)
      await pause(50)
    if (ledger.acknowledgedCount === before) ledger.fail(`round ${String(round)}: nothing was acknowledged`)
    await pause(most * Math.random())
    await kill(hub)
    for (const stop of stops) stop()
    hub = await startHub(hubCommand)
    checked = await verify(hub, ledger, names, checked)
    if (!values.json)
      process.stdout.write(
        `round ${String(round)}: ${String(ledger.acknowledgedCount - before)} acknowledged, ${String(ledger.failures.length)} wrong\n`,
      )
    if (ledger.failures.length > 0) break
  }
} finally {
  await kill(hub)
  if (values.dir === undefined && ledger.failures.length === 0) rmSync(made, { recursive: true, force: true })
}
const { failures, acknowledgedCount, numberCount } = ledger
const result = {
  ...{ rounds, durability: values.durability, acknowledged: acknowledgedCount, numbers: numberCount },
  wrong: failures.length,
}
for (const failure of failures.slice(0, 20)) process.stderr.write(`crash: ${failure}\n`)
if (failures.length > 0) process.stderr.write(`crash: the directory is ${directory}\n`)
process.stdout.write(
  values.json
    ? `${JSON.stringify(result)}\n`
    : `${String(rounds)} times killed (${values.durability}): ${String(acknowledgedCount)} things acknowledged, ` +
        `${String(numberCount)} numbers seen, ${String(failures.length)} lost or changed\n` +
        `crash: ${String(failures.length === 0 ? rounds : 0)} passed, ${String(failures.length)} failed\n`,
)
process.exit(failures.length === 0 ? 0 : 1)
