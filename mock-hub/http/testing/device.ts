/** A connected device without a network connection; for tests. */

import type { Json } from '../../base/json.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { Caller } from '../../core/contract/operations.ts'
import type { Channel } from '../../core/contract/sessions.ts'
import type { Identity } from '../../core/contract/identity.ts'
import { identityToken } from './tokens.ts'

/** Answers a method call; undefined: the device never answers. */
export type MethodHandler = (
  name: string,
  payload: string | undefined,
) => { readonly status: number; readonly payload: Json | Buffer } | undefined

/** Opens a session that accepts these channels. @returns disconnects. */
export function connectDevice(
  hub: Hub,
  identity: Identity,
  channels: readonly Channel[],
  onMethod: MethodHandler = () => undefined,
): () => void {
  const principal = hub.authentication.admit(identity, { sasToken: identityToken(hub, identity) })
  const id = `test-${JSON.stringify(identity)}`
  const caller: Caller = { principal, transport: 'mqtt', linkId: id }
  const session = hub.openSession({
    id,
    transport: 'mqtt',
    principal,
    modelId: undefined,
    accepts: (channel) => channels.includes(channel),
    deliverC2d: () => undefined,
    requestMethod(requestId, name, payload) {
      const answer = onMethod(name, payload)
      if (answer === undefined) return
      const { status, payload: given } = answer
      const body = Buffer.isBuffer(given) ? given : Buffer.from(JSON.stringify(given))
      void hub.perform(caller, 'methodResponse', { requestId, status, payload: body })
    },
    notifyDesired: () => undefined,
    deliverInput: () => undefined,
    close: () => undefined,
  })
  for (const channel of channels) session.ready(channel)
  return () => {
    session.ended()
  }
}
