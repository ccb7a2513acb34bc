/** `mock-iot-hub`: runs a hub until a signal stops it. */

import { aboutHub } from '../../host/environment.ts'
import type { Logger } from '../../base/logger.ts'
import { withoutSecrets } from '../../base/secrets.ts'
import { LENIENCIES } from '../../core/contract/settings.ts'
import { HubClock, type Clock } from '../../base/clock.ts'
import { eventJson, eventLine, timeOf } from '../event-lines.ts'
import type { Flags } from '../flags.ts'
import type { Terminal } from '../terminal.ts'
import { dashboardUrl, openPage } from '../open-page.ts'
import { readyText } from '../ready-text.ts'
import { startHub } from '../start-hub.ts'
import { onStopSignal } from '../stop-signals.ts'

/** Runs until SIGINT or SIGTERM, or until the npm that started it ends. @returns the exit code. */
export async function serve(flags: Flags, terminal: Terminal): Promise<number> {
  const { stdout, stderr } = terminal
  // Whoever sees that the hub is ready may stop it at once, or before.
  const stopped = new Promise<string>((resolve) => {
    onStopSignal(terminal, resolve)
  })
  const print = (line: string): void => {
    stdout.write(`${line}\n`)
  }
  /** On the hub's clock, as all that it prints; before it runs, the system's. */
  let clock: Clock = new HubClock()
  const say = (line: string): void => {
    if (flags.json) stderr.write(`mock-iot-hub: ${line}\n`)
    else print(`${timeOf(clock.now())} ${line}`)
  }
  const warn = (message: string, journaled = false): void => {
    if (!flags.json) say(message)
    // What is in the journal is an event already.
    else if (!journaled) print(JSON.stringify({ event: 'warning', at: clock.now(), message }))
  }
  const logger: Logger = { info: say, warn }
  const hub = await startHub(flags, say, {
    ...{ logger, rsaCertificate: 'background', takenIsError: false },
  }).catch((error: unknown) => {
    const message = withoutSecrets(error instanceof Error ? error.message : String(error))
    if (flags.json) print(JSON.stringify({ event: 'error', at: clock.now(), message }))
    throw error
  })
  clock = hub.clock
  const readyMs = Math.round(terminal.uptime() * 1000)
  if (flags.json) print(JSON.stringify({ ready: true, readyMs, ...aboutHub(hub) }))
  else print(readyText(hub, readyMs))
  if (flags.open && hub.controlUrl !== undefined) openPage(dashboardUrl(hub.controlUrl), terminal, warn)
  if (flags.lenient)
    say(
      `lenient: ${Object.entries(LENIENCIES)
        .map(([name, value]) => `${name} = ${String(value)}`)
        .join(', ')}`,
    )
  hub.journal.subscribe((entry) => {
    const line = flags.json ? eventJson(entry) : flags.quiet ? undefined : eventLine(entry)
    if (line !== undefined) print(line)
  })
  const end = await Promise.race([stopped, hub.failure])
  if (end instanceof Error) {
    if (flags.json)
      print(JSON.stringify({ event: 'error', at: clock.now(), message: withoutSecrets(end.message) }))
    throw end
  }
  say(`${end}: stopping`)
  await hub.stop()
  return 0
}
