/** All rules, one a row. */

import type { Rule } from '../helpers.ts'
import { CONNECT_PACKET, CONNECTION } from './connection.ts'
import { LIFE, THROTTLE, TOKEN } from './life.ts'
import { MESSAGES } from './messages.ts'
import { METHODS } from './methods.ts'
import { PROTOCOL } from './protocol.ts'
import { BACKOFF, RECONNECT } from './reconnect.ts'
import { LONG, ROBUST, UPLOAD } from './robust.ts'
import { SECRETS, TELEMETRY } from './telemetry.ts'
import { TLS_RULES } from './tls.ts'
import { TWIN } from './twin.ts'

export const RULES: readonly Rule[] = [
  ...[
    ...CONNECTION,
    ...CONNECT_PACKET,
    ...TLS_RULES,
    ...PROTOCOL,
    ...TELEMETRY,
    ...SECRETS,
    ...MESSAGES,
    ...TWIN,
  ],
  ...[...METHODS, ...RECONNECT, ...BACKOFF, ...TOKEN, ...LIFE, ...THROTTLE, ...ROBUST, ...UPLOAD, ...LONG],
]
