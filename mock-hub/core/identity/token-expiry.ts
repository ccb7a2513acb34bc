/** The expiry of tokens: when one is shown, and while a connection lives by it. */

import { forPurpose, type Clock } from '../../base/clock.ts'
import type { Settings } from '../contract/settings.ts'
import { HubError } from '../errors/hub-error.ts'
import { expiryOf, type SasToken } from './sas-token.ts'
import { unauthorized } from './unauthorized.ts'

interface ExpiryContext {
  readonly clock: Clock
  readonly settings: Settings
}

/** Node's clock and dates end somewhere: a token that lives longer is not watched. */
const LONGEST_MS = 100 * 365 * 86_400_000

/** @throws HubError IotHubUnauthorizedAccess when it expired longer ago than clocks may differ (WIRE-AUTH-12). */
export function checkExpiry({ clock, settings }: ExpiryContext, token: SasToken): void {
  const lateMs = clock.now() - expiryOf(token)
  if (lateMs <= settings.clockSkewSeconds * 1000) return
  throw unauthorized(
    'WIRE-AUTH-12',
    `se to lie no more than ${String(settings.clockSkewSeconds)} s before the hub's clock`,
    `se ${token.se}, ${String(Math.floor(lateMs / 1000))} s ago`,
    'the token has expired',
  )
}

/**
 * Calls `expired` when the grace after the expiry is over (WIRE-AUTH-13).
 * @param expiresAt epoch ms; undefined: never.
 * @param identity whose token it is, if it is one's.
 * @returns stops watching.
 */
export function watchExpiry(
  { clock, settings }: ExpiryContext,
  expiresAt: number | undefined,
  expired: (error: HubError) => void,
  identity?: string,
): () => void {
  if (expiresAt === undefined) return () => undefined
  const ms = expiresAt - clock.now() + settings.tokenGraceSeconds * 1000
  if (ms >= LONGEST_MS) return () => undefined
  const run = (): void => {
    expired(
      new HubError({
        kind: 'IotHubUnauthorized',
        rule: 'WIRE-AUTH-13',
        expected: `a new token before ${String(settings.tokenGraceSeconds)} s after the old one's expiry`,
        received: 'none',
      }),
    )
  }
  const purpose = { kind: 'token-expiry', ...(identity === undefined ? {} : { identity }) } as const
  return clock.schedule(ms, forPurpose(purpose, run))
}
