/** `device check` and `device serve`: is the bench as the device needs it, and the device as its file says? */

import { seededStage } from '../conductor/conductor.ts'
import { benchHand } from '../conductor/triggers.ts'
import { TRIGGERS } from '../file/device-file.ts'
import type { Entry } from '../recording/entries.ts'
import { EXIT } from '../../conformance/exit-code.ts'
import { terminalAsk } from './ask.ts'
import { needsText, openBench, type BenchFlags } from './bench-flags.ts'

type Say = (line: string) => void

const CONNECT_SECONDS = 120
/** They end a run, or take the connection away. */
const NOT_PULLED = new Set(['start', 'stop', 'powerCycle', 'network'])

/** @returns the exit code. */
export async function checkDevice(
  path: string,
  flags: BenchFlags & { readonly person: boolean },
  say: Say,
): Promise<number> {
  const open = await openBench(path, flags)
  const { bench, clock, file, env } = open
  const hand = benchHand(clock, flags.person ? terminalAsk(process.stdin, say) : undefined, env)
  const stage = seededStage(bench, hand.pull)
  let code: number = EXIT.conformant
  const tell = (good: boolean, text: string): void => {
    say(`${good ? 'ok  ' : 'MEND'} ${text}`)
    if (!good) code = EXIT.failed
  }
  try {
    say(needsText(open))
    tell(await bench.probe(), `the hub answers at ${bench.hub.address}:${String(bench.hub.mqttPort)}`)
    if (stage.has('start')) tell(await stage.pull('start'), 'trigger start')
    else say('     there is no trigger start: start the device now')
    if (!(await stage.connected(CONNECT_SECONDS))) {
      tell(false, whatIsWrong(bench.recorder.entries))
      return code
    }
    tell(true, 'the device has connected')
    tell((await stage.signOfLife(60, 0)) !== undefined, 'it has shown a sign of life')
    for (const name of TRIGGERS) {
      const trigger = file.triggers[name]
      if (trigger === undefined) continue
      if (NOT_PULLED.has(name)) {
        if (name !== 'start') say(`     trigger ${name} is not pulled here`)
        continue
      }
      tell(await stage.pull(name), `trigger ${name}`)
    }
    return code
  } finally {
    hand.stop()
    await open.stop()
  }
}

/** One line about what to mend, from how far the device came. */
export function whatIsWrong(entries: readonly Entry[]): string {
  const last = <T extends Entry['type']>(type: T): Extract<Entry, { type: T }> | undefined =>
    entries.findLast((entry): entry is Extract<Entry, { type: T }> => entry.type === type)
  const refusal = last('refusal')
  if (refusal !== undefined) return `the hub refuses the device: ${refusal.received} (${refusal.error})`
  const ended = last('tls-ended')
  if (ended?.finished === false)
    return ended.alert === undefined
      ? `the handshake broke off (${ended.code ?? ''}): does the device trust hub-ca.pem?`
      : `the device refused the handshake with the alert ${ended.alert}: give it hub-ca.pem, and the name that the certificate has`
  if (ended !== undefined)
    return 'TLS was completed, and no CONNECT came: does the device speak MQTT on this port?'
  if (last('dialled') !== undefined) return 'the device dialled and did not begin TLS'
  const decoy = last('decoy')
  if (decoy !== undefined)
    return `the device speaks in clear to port ${String(decoy.port)}: it must use TLS on 8883`
  return 'the device never dialled: does its name for the hub lead here, and is port 8883 open?'
}

/** Stays until it is interrupted. */
export async function serveDevice(path: string, flags: BenchFlags, say: Say): Promise<number> {
  const open = await openBench(path, flags)
  try {
    say(needsText(open))
    say('Ctrl-C ends it.')
    const { recorder } = open.bench
    recorder.subscribe((entry) => {
      if (['dialled', 'tls-ended', 'connected', 'disconnected', 'refusal'].includes(entry.type))
        say(
          `${new Date(entry.at).toISOString().slice(11, 19)} ${JSON.stringify({ ...entry, seq: undefined, at: undefined })}`,
        )
    })
    await new Promise<void>((resolve) => {
      process.once('SIGINT', resolve)
      process.once('SIGTERM', resolve)
    })
    return EXIT.conformant
  } finally {
    await open.stop()
  }
}
