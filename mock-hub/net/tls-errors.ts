/** Why a TLS handshake failed, in plain words for the log and the journal. */

import type { Hub } from '../core/contract/hub.ts'
import type { JournalEvent } from '../core/contract/journal.ts'

type TlsFailed = Extract<JournalEvent, { type: 'tls-failed' }>

const DISTRUST = 'the client does not trust the certificate of the hub'
const HUNG_UP =
  'the client closed the connection before the handshake was complete; it may not trust the certificate of the hub'
const NOT_TLS = 'the client does not speak TLS on this port'

/** By the codes of Node and OpenSSL. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', DISTRUST],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', DISTRUST],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', DISTRUST],
  ['ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR', DISTRUST],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'the client finds that the certificate of the hub has expired'],
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'the client does not find its name for the hub in the certificate'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', NOT_TLS],
  ['ERR_SSL_HTTP_REQUEST', `${NOT_TLS}: it sent a plain HTTP request`],
  ['ERR_SSL_UNEXPECTED_MESSAGE', NOT_TLS],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'the client offers no version of TLS from TLS 1.2 on'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'client and hub have no version of TLS in common'],
  [
    'ERR_SSL_NO_SHARED_CIPHER',
    'client and hub have no cipher suite in common; in a program, the option rsaCertificate adds those for RSA',
  ],
  [
    'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM',
    'the client can verify no certificate of the hub; in a program, the option rsaCertificate adds one with an RSA key',
  ],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'the client finds the parameters of the handshake unacceptable'],
  ['ERR_SSL_NO_CIPHER_MATCH', 'the fault allows no cipher suite that the hub has'],
  ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'the client sent no certificate, and a fault requires one'],
  ['ERR_SSL_NO_APPLICATION_PROTOCOL_NEGOTIATED', 'the client offers no application protocol of this port'],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'the client did not begin, or did not complete, the handshake in time'],
  ['ECONNRESET', HUNG_UP],
])

/** Files that clients may trust. `caPath`: the CA; undefined: it is not on disk. `caBundlePath`: with the roots of the system. */
export interface TrustFiles {
  readonly caPath: string | undefined
  readonly caBundlePath: string | undefined
}

/** @returns the code, and what it means for the person at the other end. */
export function explainTlsError(
  error: NodeJS.ErrnoException,
  trust: TrustFiles | undefined,
): Pick<TlsFailed, 'code' | 'reason'> {
  const { code = 'unknown', message } = error
  const reason = REASONS.get(code) ?? message
  const remedy = reason === DISTRUST || reason === HUNG_UP ? `; ${trustOf(trust)}` : ''
  return { code, reason: `${reason}${remedy}` }
}

/** What makes a client trust the CA. */
function trustOf({ caPath, caBundlePath }: Partial<TrustFiles> = {}): string {
  if (caPath === undefined) return 'give it the CA of the hub (hub.caPem)'
  const bundle = caBundlePath ?? caPath
  return (
    `give it the CA: export NODE_EXTRA_CA_CERTS=${caPath} for Node, SSL_CERT_FILE=${bundle} for Python, C, Go, Rust and .NET, ` +
    `REQUESTS_CA_BUNDLE=${bundle} for Python's service SDK, CURL_CA_BUNDLE=${bundle} for curl`
  )
}

/**
 * Journals and logs each failed handshake of one port.
 * @param port asked when a handshake fails: a listener may have chosen it.
 */
export function reportTlsErrors(
  { journal, logger }: Pick<Hub, 'journal' | 'logger'>,
  protocol: TlsFailed['protocol'],
  port: () => number,
  trust: TrustFiles | undefined,
): (peer: string, error: NodeJS.ErrnoException) => void {
  return (peer, error) => {
    const failed = { protocol, port: port(), peer, ...explainTlsError(error, trust) }
    journal.record({ type: 'tls-failed', ...failed })
    logger.warn(
      `${protocol}: the TLS handshake of ${peer} at port ${failed.port} failed: ${failed.reason} (${failed.code})`,
      true,
    )
  }
}
