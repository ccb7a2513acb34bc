/** All provocations, in the order in which a run carries them out within a phase. */

import type { Provocation } from '../provocation.ts'
import { BACKOFF } from './backoff.ts'
import { HAPPY } from './happy.ts'
import { LIFE } from './life.ts'
import { MESSAGES } from './messages.ts'
import { METHODS } from './methods.ts'
import { DPS, FAILOVER, LONG, STOP } from './others.ts'
import { RECONNECT } from './reconnect.ts'
import { ROBUST } from './robust.ts'
import { SESSION } from './session.ts'
import { THROTTLE } from './throttle.ts'
import { TLS } from './tls.ts'
import { CLOCK, TOKEN } from './token.ts'
import { TWIN } from './twin.ts'
import { UPLOAD } from './upload.ts'

export const PROVOCATIONS: readonly Provocation[] = [
  ...[...HAPPY, ...TLS, ...MESSAGES, ...TWIN, ...METHODS, ...SESSION, ...RECONNECT, ...BACKOFF, DPS],
  ...[...THROTTLE, ...LIFE, ...TOKEN, ...CLOCK, ...FAILOVER, ...ROBUST, ...UPLOAD, ...LONG, STOP],
]
