/** Compares a hub that has come back with what its clients were told. */

import { call, eventReader } from './clients.ts'
import type { RunningHub } from './hub-process.ts'
import type { Ledger } from './ledger.ts'

interface ControlMessage {
  readonly body: { readonly text?: string; readonly base64?: string } | string
  readonly sequenceNumber: number
}

async function control(hub: RunningHub, path: string): Promise<unknown> {
  const answer = await fetch(new URL(path, hub.controlUrl))
  if (!answer.ok) throw new Error(`${path}: ${String(answer.status)} ${await answer.text()}`)
  return answer.json()
}

function textOf({ body }: ControlMessage): string {
  if (typeof body === 'string') return body
  if (body.text !== undefined) return body.text
  return Buffer.from(body.base64 ?? '', 'base64').toString()
}

export async function verify(
  hub: RunningHub,
  ledger: Ledger,
  names: { readonly reported: readonly string[]; readonly twin: string; readonly inbox: string },
  after: number,
): Promise<number> {
  const events = (await control(hub, `/telemetry?after=${String(after)}`)) as ControlMessage[]
  for (const event of events) ledger.number(`stream/${String(event.sequenceNumber)}`, textOf(event))
  ledger.compare('telemetry/', new Set(events.map(textOf)))
  await readAgain(hub, ledger, events.length)

  const waiting = (await control(hub, `/devices/${names.inbox}/messages`)) as ControlMessage[]
  ledger.compare('c2d/', new Set(waiting.map(textOf)))

  const devices = (await control(hub, '/devices')) as { readonly deviceId: string }[]
  const made = devices.map(({ deviceId }) => deviceId).filter((deviceId) => deviceId.startsWith('r-'))
  ledger.compare('device/', new Set(made.map((deviceId) => `device/${deviceId}`)))

  for (const deviceId of new Set([...names.reported, names.twin])) {
    const { body } = await call(hub, 'GET', `/twins/${deviceId}`)
    const { properties } = JSON.parse(body) as {
      properties: Record<'desired' | 'reported', { $version: number; value?: string }>
    }
    for (const part of ['desired', 'reported'] as const) {
      const { $version, value = '' } = properties[part]
      if ($version > 1) ledger.number(`${part}/${deviceId}/${String($version)}`, value)
      const told = `${part}AtLeast/${deviceId}/`
      for (const name of [...ledger.things.keys()].filter((name) => name.startsWith(told))) {
        const version = Number(name.slice(told.length))
        if (version > $version)
          ledger.fail(`${deviceId}: ${part} is at ${String($version)}, and was at ${String(version)}`)
        ledger.settled(name)
      }
    }
  }
  for (const name of [...ledger.things.keys()]) if (name.startsWith('telemetry/')) ledger.settled(name)
  return events.at(-1)?.sequenceNumber ?? after
}

/** The numbers of the partitions are those that readers have seen. */
async function readAgain(hub: RunningHub, ledger: Ledger, count: number): Promise<void> {
  let read = 0
  await new Promise<void>((resolve) => {
    if (count === 0) resolve()
    const stop = eventReader(hub, ledger, () => {
      read++
      if (read < count) return
      stop()
      resolve()
    })
  })
}
