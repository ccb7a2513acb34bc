/** The live link of each identity: one at a time, watched until its token's grace is over (wire contract 1.8, 1.11). */

import type { Clock } from '../../base/clock.ts'
import type { Journal } from '../contract/journal.ts'
import type { IdentityRecord, RegistryChange } from '../contract/registry.ts'
import type { Channel, CloseReason, DeviceLink, Session } from '../contract/sessions.ts'
import type { HubErrorKind } from '../errors/catalogue.ts'
import { HubError } from '../errors/hub-error.ts'
import { identityKey, type Identity } from '../contract/identity.ts'
import type { IdentityRegistry } from '../identity/registry.ts'
import { watchExpiry } from '../identity/token-expiry.ts'
import type { Settings } from '../contract/settings.ts'

export interface SessionsPort {
  readonly clock: Clock
  readonly settings: Settings
  readonly journal: Journal
  readonly registry: IdentityRegistry
  /** A subscription has opened: what waits for the device may be sent. */
  opened(link: DeviceLink, channel: Channel): void
  /** The link is gone. `takenOver`: for a newer one of the same identity. */
  gone(link: DeviceLink, takenOver: boolean): void
  /** Tells the journal why the hub hangs up. */
  refuse(error: HubError, link: DeviceLink): void
}

export class Sessions {
  readonly #port: SessionsPort
  readonly #live = new Map<string, LiveSession>()

  constructor(port: SessionsPort) {
    this.#port = port
    port.registry.onChange((change) => {
      this.#registryChanged(change)
    })
  }

  /** How many identities have a link. */
  get size(): number {
    return this.#live.size
  }

  linkOf(identity: Identity): DeviceLink | undefined {
    return this.#live.get(identityKey(identity))?.link
  }

  /** The link of that name if it is live. */
  isLive(link: DeviceLink): boolean {
    return this.#live.get(identityKey(link.principal.identity))?.link === link
  }

  /** @throws HubError DeviceNotFound, DeviceDisabled when the identity has ceased to be since it proved its name. */
  open(link: DeviceLink): Session {
    this.#checkStillThere(link)
    const { identity } = link.principal
    const key = identityKey(identity)
    const older = this.#live.get(key)
    if (older !== undefined) this.#hangUp(older, 'taken-over')
    const session = new LiveSession(link, key, this.#port, (ended) => {
      this.#ended(ended)
    })
    this.#live.set(key, session)
    this.#port.registry.setConnected(identity, true)
    this.#port.journal.record({
      type: 'connected',
      linkId: link.id,
      identity: key,
      transport: link.transport,
    })
    session.watchToken(() => {
      this.#hangUp(session, 'token-expired')
    })
    return session
  }

  /** Closes every link. */
  stop(): void {
    for (const session of [...this.#live.values()]) {
      session.end('hub-stopped')
      session.link.close('hub-stopped')
    }
  }

  #checkStillThere(link: DeviceLink): void {
    const { identity, generationId } = link.principal
    const { registry, settings } = this.#port
    const record = registry.find(identity)
    if (record?.generationId !== generationId) throw hangUpError(link, 'identity-deleted', settings)
    const device = registry.find({ deviceId: identity.deviceId })
    if (record.status === 'disabled' || device?.status === 'disabled')
      throw hangUpError(link, 'identity-disabled', settings)
  }

  #ended(session: LiveSession): void {
    const { link, key, endReason } = session
    const takenOver = endReason === 'taken-over'
    if (this.#live.get(key) === session) {
      this.#live.delete(key)
      if (!takenOver) this.#port.registry.setConnected(link.principal.identity, false)
    }
    this.#port.journal.record({ type: 'disconnected', linkId: link.id, identity: key, reason: endReason })
    this.#port.gone(link, takenOver)
  }

  #hangUp(session: LiveSession, reason: keyof typeof HANG_UPS): void {
    const error = hangUpError(session.link, reason, this.#port.settings)
    this.#port.refuse(error, session.link)
    // First the books, then the wire: what the link says on its way out finds it gone.
    session.end(reason)
    session.link.close(reason, error.explanation)
  }

  #registryChanged({ type, record, before }: RegistryChange): void {
    if (type === 'created') return
    const session = this.#live.get(identityKey(record.identity))
    if (type === 'deleted') {
      if (session !== undefined) this.#hangUp(session, 'identity-deleted')
      return
    }
    if (record.status === 'disabled') {
      if (session !== undefined) this.#hangUp(session, 'identity-disabled')
      // A disabled device has no modules to speak for it.
      if (record.identity.moduleId === undefined) this.#closeModules(record.identity.deviceId)
      return
    }
    if (before === undefined || !this.#port.settings.dropLinkOnKeyChange) return
    if (keysOf(record) === keysOf(before)) return
    // A module may have come with its device's key.
    const { deviceId, moduleId } = record.identity
    const scope = moduleId === undefined ? 'device' : 'module'
    const modules = moduleId === undefined ? this.#modulesOf(deviceId) : []
    for (const one of session === undefined ? modules : [session, ...modules])
      if (one.link.principal.scope === scope) this.#hangUp(one, 'key-changed')
  }

  #closeModules(deviceId: string): void {
    for (const session of this.#modulesOf(deviceId)) this.#hangUp(session, 'identity-disabled')
  }

  #modulesOf(deviceId: string): LiveSession[] {
    return this.#port.registry.modulesOf(deviceId).flatMap(({ identity }) => {
      const session = this.#live.get(identityKey(identity))
      return session === undefined ? [] : [session]
    })
  }
}

class LiveSession implements Session {
  readonly link: DeviceLink
  readonly key: string
  readonly #port: SessionsPort
  readonly #onEnd: (session: LiveSession) => void
  #endReason: CloseReason | 'link-closed' | undefined
  #cancelWatch: (() => void) | undefined

  constructor(link: DeviceLink, key: string, port: SessionsPort, onEnd: (session: LiveSession) => void) {
    this.link = link
    this.key = key
    this.#port = port
    this.#onEnd = onEnd
  }

  get endReason(): string {
    return this.#endReason ?? 'link-closed'
  }

  ready(channel: Channel): void {
    if (this.#endReason === undefined) this.#port.opened(this.link, channel)
  }

  ended(): void {
    this.end('link-closed')
  }

  end(reason: CloseReason | 'link-closed'): void {
    if (this.#endReason !== undefined) return
    this.#endReason = reason
    this.#cancelWatch?.()
    this.#onEnd(this)
  }

  /** WIRE-AUTH-13: the link lives on for a grace after `se`. */
  watchToken(expired: () => void): void {
    this.#cancelWatch = watchExpiry(this.#port, this.link.principal.expiresAt, expired)
  }
}

/** What the service logs when it hangs up (wire contract 1.11). */
const HANG_UPS = {
  'taken-over': {
    kind: 'ConnectionForcefullyClosedOnNewConnection',
    rule: 'WIRE-CONN-28',
    expected: () => 'one link of an identity at a time; the newest wins',
    received: 'a newer link of the same identity',
  },
  'token-expired': {
    kind: 'IotHubUnauthorized',
    rule: 'WIRE-AUTH-13',
    expected: ({ tokenGraceSeconds }: Settings) =>
      `a new token before ${String(tokenGraceSeconds)} s after the old one's expiry`,
    received: 'none',
  },
  'identity-disabled': {
    kind: 'DeviceDisabled',
    rule: 'WIRE-CONN-30',
    expected: () => 'a device that is enabled',
    received: 'its status was set to disabled',
  },
  'identity-deleted': {
    kind: 'DeviceNotFound',
    rule: 'WIRE-CONN-31',
    expected: () => 'a registered identity',
    received: 'it was deleted',
  },
  'key-changed': {
    kind: 'IotHubUnauthorizedAccess',
    rule: 'WIRE-CONN-32',
    expected: () => 'the current key of the identity',
    received: 'its keys were changed',
  },
} as const satisfies Partial<
  Record<
    CloseReason,
    {
      readonly kind: HubErrorKind
      readonly rule: string
      readonly expected: (settings: Settings) => string
      readonly received: string
    }
  >
>

function hangUpError(link: DeviceLink, reason: keyof typeof HANG_UPS, settings: Settings): HubError {
  const { kind, rule, expected, received } = HANG_UPS[reason]
  return new HubError({
    kind,
    message: `The link of ${identityKey(link.principal.identity)} was closed: ${received}.`,
    rule,
    expected: expected(settings),
    received,
  })
}

function keysOf({ authentication: { symmetricKey, x509Thumbprint } }: IdentityRecord): string {
  return JSON.stringify([symmetricKey, x509Thumbprint])
}
