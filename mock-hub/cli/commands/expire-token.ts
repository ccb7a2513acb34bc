/** `mock-iot-hub expire-token DEVICE[/MODULE]`: lets the token of an identity expire now. */

import { identityOfName } from '../flag-values.ts'
import { callControl, type ControlFlags } from '../running-hub.ts'
import type { Terminal } from '../terminal.ts'

/** @throws UsageError for an invalid name, or when no hub answers; Error with the reason that the hub gives. */
export async function expireToken(name: string, flags: ControlFlags, { stdout }: Terminal): Promise<void> {
  const { deviceId, moduleId } = identityOfName('expire-token', name)
  const module = moduleId === undefined ? '' : `/modules/${encodeURIComponent(moduleId)}`
  const path = `/devices/${encodeURIComponent(deviceId)}${module}/expire-token`
  const answer = await callControl(flags, 'POST', path)
  if (!answer.ok) throw new Error(((await answer.json()) as { readonly message: string }).message) // an error of the control API
  stdout.write(
    `the token of ${name} has expired: its connection is closed, and only a new token is accepted\n`,
  )
}
