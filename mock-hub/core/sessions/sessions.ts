/** The live link of each identity: one at a time, closed when its token has expired. */

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

export interface SessionsDependencies {
  readonly clock: Clock
  readonly settings: Settings
  readonly journal: Journal
  readonly registry: IdentityRegistry
  /** The device has subscribed to a channel. */
  opened(link: DeviceLink, channel: Channel): void
  /** The link is closed. @param takenOver by a newer link of the same identity. */
  gone(link: DeviceLink, takenOver: boolean): void
  /** Records in the journal why the hub closes a link. */
  refuse(error: HubError, link: DeviceLink): void
}

export class Sessions {
  readonly #deps: SessionsDependencies
  readonly #live = new Map<string, LiveSession>()

  constructor(deps: SessionsDependencies) {
    this.#deps = deps
    deps.registry.onChange((change) => {
      this.#registryChanged(change)
    })
  }

  /** Number of identities with a link. */
  get size(): number {
    return this.#live.size
  }

  linkOf(identity: Identity): DeviceLink | undefined {
    return this.#live.get(identityKey(identity))?.link
  }

  /** Whether it is the current link of its identity. */
  isLive(link: DeviceLink): boolean {
    return this.#live.get(identityKey(link.principal.identity))?.link === link
  }

  /** @throws HubError DeviceNotFound, DeviceDisabled when the identity was deleted or disabled after it was authenticated. */
  open(link: DeviceLink): Session {
    this.#checkIdentity(link)
    const { identity } = link.principal
    const key = identityKey(identity)
    const older = this.#live.get(key)
    if (older !== undefined) this.#close(older, 'taken-over')
    const session = new LiveSession(link, key, this.#deps, (ended) => {
      this.#ended(ended)
    })
    this.#live.set(key, session)
    this.#deps.registry.setConnected(identity, true)
    this.#deps.journal.record({
      type: 'connected',
      linkId: link.id,
      identity: key,
      transport: link.transport,
    })
    session.watchToken(() => {
      this.#close(session, 'token-expired')
    })
    return session
  }

  /** Closes the link of an identity as if its token had expired. @returns whether there is one that lives by a token. */
  expireToken(identity: Identity): boolean {
    const session = this.#live.get(identityKey(identity))
    if (session?.link.principal.credential !== 'sas') return false
    this.#close(session, 'token-expired', 'none: expireToken was called')
    return true
  }

  /** Closes every link. */
  stop(): void {
    for (const session of [...this.#live.values()]) {
      session.end('hub-stopped')
      session.link.close('hub-stopped')
    }
  }

  #checkIdentity(link: DeviceLink): void {
    const { identity, generationId } = link.principal
    const { registry, settings } = this.#deps
    const record = registry.find(identity)
    if (record?.generationId !== generationId) throw closeError(link, 'identity-deleted', settings)
    const device = registry.find({ deviceId: identity.deviceId })
    if (record.status === 'disabled' || device?.status === 'disabled')
      throw closeError(link, 'identity-disabled', settings)
  }

  #ended(session: LiveSession): void {
    const { link, key, endReason } = session
    const takenOver = endReason === 'taken-over'
    if (this.#live.get(key) === session) {
      this.#live.delete(key)
      if (!takenOver) this.#deps.registry.setConnected(link.principal.identity, false)
    }
    this.#deps.journal.record({ type: 'disconnected', linkId: link.id, identity: key, reason: endReason })
    this.#deps.gone(link, takenOver)
  }

  /** @param received default: what the reason says. */
  #close(session: LiveSession, reason: keyof typeof CLOSE_REASONS, received?: string): void {
    const error = closeError(session.link, reason, this.#deps.settings, received)
    this.#deps.refuse(error, session.link)
    // The session ends first: what the link reports while it closes finds no session.
    session.end(reason)
    session.link.close(reason, error.explanation)
  }

  #registryChanged({ type, record, before }: RegistryChange): void {
    if (type === 'created') return
    const session = this.#live.get(identityKey(record.identity))
    if (type === 'deleted') {
      if (session !== undefined) this.#close(session, 'identity-deleted')
      return
    }
    if (record.status === 'disabled') {
      if (session !== undefined) this.#close(session, 'identity-disabled')
      // The modules of a disabled device cannot stay connected.
      if (record.identity.moduleId === undefined) this.#closeModules(record.identity.deviceId)
      return
    }
    if (before === undefined || !this.#deps.settings.dropLinkOnKeyChange) return
    if (keysOf(record) === keysOf(before)) return
    // A module may have authenticated with a key of its device.
    const { deviceId, moduleId } = record.identity
    const scope = moduleId === undefined ? 'device' : 'module'
    const modules = moduleId === undefined ? this.#modulesOf(deviceId) : []
    for (const one of session === undefined ? modules : [session, ...modules])
      if (one.link.principal.scope === scope) this.#close(one, 'key-changed')
  }

  #closeModules(deviceId: string): void {
    for (const session of this.#modulesOf(deviceId)) this.#close(session, 'identity-disabled')
  }

  #modulesOf(deviceId: string): LiveSession[] {
    return this.#deps.registry.modulesOf(deviceId).flatMap(({ identity }) => {
      const session = this.#live.get(identityKey(identity))
      return session === undefined ? [] : [session]
    })
  }
}

class LiveSession implements Session {
  readonly link: DeviceLink
  readonly key: string
  readonly #deps: SessionsDependencies
  readonly #onEnd: (session: LiveSession) => void
  #endReason: CloseReason | 'link-closed' | undefined
  #cancelWatch: (() => void) | undefined

  constructor(
    link: DeviceLink,
    key: string,
    deps: SessionsDependencies,
    onEnd: (session: LiveSession) => void,
  ) {
    this.link = link
    this.key = key
    this.#deps = deps
    this.#onEnd = onEnd
  }

  get endReason(): string {
    return this.#endReason ?? 'link-closed'
  }

  ready(channel: Channel): void {
    if (this.#endReason === undefined) this.#deps.opened(this.link, channel)
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

  /** The link stays open for `tokenGraceSeconds` after `se` (WIRE-AUTH-13). */
  watchToken(expired: () => void): void {
    this.#cancelWatch = watchExpiry(this.#deps, this.link.principal.expiresAt, expired, this.key)
  }
}

/** Why the hub closes links. */
const CLOSE_REASONS = {
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

function closeError(
  link: DeviceLink,
  reason: keyof typeof CLOSE_REASONS,
  settings: Settings,
  received: string = CLOSE_REASONS[reason].received,
): HubError {
  const { kind, rule, expected } = CLOSE_REASONS[reason]
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
