/** Faults of TCP, TLS and WebSocket. */

import type { FaultParameter, FaultType } from '../../contract/faults.ts'
import { SECONDS, statusParameter } from './common-rows.ts'
import { faultTypes } from './fault-types.ts'

const DIRECTION: FaultParameter = {
  type: 'string',
  description: 'to the hub (in), from the hub (out), or both',
  default: 'both',
  oneOf: ['in', 'out', 'both'],
}

export const TCP: readonly FaultType[] = [
  ...faultTypes('tcp', 'everyone', 'a new connection', [
    ['refuse', 'resets new connections before TLS begins'],
  ]),
  ...faultTypes('tcp', 'identity', 'a live link, or else the next one that opens', [
    ['drop_now', 'closes the connection as if the network had failed'],
    ['reset', 'ends the TCP connection with a reset'],
    ['stall', 'stops reading and writing; the connection stays open', { direction: DIRECTION }],
    [
      'blackhole',
      'drops what is sent; the connection stays open',
      { direction: DIRECTION },
      { direction: 'in' },
    ],
    [
      'cut',
      'ends the connection after some more bytes of the hub, in the middle of a packet',
      { bytes: { type: 'integer', description: 'bytes that still arrive', default: 0, minimum: 0 } },
      { bytes: 3 },
    ],
    ['half_close', 'ends only its own direction of the connection'],
    ['split', 'sends each byte separately'],
    [
      'slow',
      'sends slowly',
      { bytesPerSecond: { type: 'number', description: 'rate', default: 100, minimum: 1 } },
      { bytesPerSecond: 50 },
    ],
    ['delay', 'sends everything late', { seconds: SECONDS }, { seconds: 5 }],
    [
      'coalesce',
      'collects what it has to send for a time and sends it in one piece',
      { seconds: SECONDS },
      { seconds: 2 },
    ],
  ]),
]

export const TLS: readonly FaultType[] = faultTypes('tls', 'everyone', 'a TLS handshake', [
  [
    'unknown_ca',
    'presents a certificate that no client trusts',
    {
      chain: {
        type: 'string',
        description: 'a leaf without its issuer, one with the root that signed it, or one that signed itself',
        default: 'missing_issuer',
        oneOf: ['missing_issuer', 'self_signed_root', 'self_signed_leaf'],
      },
    },
    { chain: 'self_signed_root' },
  ],
  [
    'wrong_name',
    'presents a certificate for another host name',
    {
      name: {
        type: 'string',
        description: 'one of another domain, or one below the name of the hub',
        default: 'other',
        oneOf: ['other', 'below'],
      },
    },
    { name: 'below' },
  ],
  ['expired', 'presents a certificate that has expired'],
  ['not_yet_valid', 'presents a certificate that is not valid yet'],
  ['rotated', 'presents another certificate, of a new intermediate authority below the same root'],
  [
    'other_root',
    'presents its RSA chain alone, below the second root that clients are given; without one nothing changes',
  ],
  ['many_names', 'presents a certificate with 60 more names'],
  ['old_protocol', 'speaks TLS 1.1 at most'],
  [
    'cipher_allowlist',
    'accepts only these cipher suites',
    { ciphers: { type: 'string', description: 'in the notation of OpenSSL', required: true } },
    { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
  ],
  [
    'alert',
    'answers the client’s first bytes with a fatal alert',
    {
      description: {
        type: 'integer',
        description: 'AlertDescription of RFC 8446',
        default: 40,
        minimum: 0,
        maximum: 255,
      },
    },
    { description: 80 },
  ],
  [
    'oversized_chain',
    'presents a longer certificate chain than clients accept',
    { certificates: { type: 'integer', description: 'how many', default: 400, minimum: 2, maximum: 2_000 } },
    { certificates: 400 },
  ],
  ['no_resumption', 'does not resume the session that the client offers'],
  ['require_client_cert', 'rejects a client without a client certificate that the hub trusts'],
  ['stall', 'never completes the handshake'],
])

export const WEB_SOCKET: readonly FaultType[] = faultTypes('ws', 'everyone', 'an upgrade to WebSocket', [
  ['status', 'answers the upgrade with this status', { status: statusParameter(503) }, { status: 503 }],
  [
    'redirect',
    'answers the upgrade with 302',
    { location: { type: 'string', description: 'where to', default: '/' } },
    { location: '/elsewhere' },
  ],
  ['wrong_protocol', 'selects a sub-protocol that was not offered'],
  [
    'close',
    'closes the WebSocket right after the upgrade',
    { code: { type: 'integer', description: 'close code', default: 1_011, minimum: 1_000, maximum: 4_999 } },
    { code: 1_013 },
  ],
  ['withhold', 'never answers the upgrade'],
  ['fragment', 'sends each message in fragments'],
])
