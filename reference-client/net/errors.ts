/**
 * Turns failures below MQTT and HTTP into the documented errors.
 * Source: docs/contract/client/errors.md#client-errors-transport, decisions D-05, D-07, D-35, D-38.
 */

import {
  ClientError,
  ConnectionDroppedError,
  ConnectionFailedError,
  CredentialError,
} from '../core/errors/client-errors.ts'
import { OperationTimeout } from '../core/errors/operation-errors.ts'
import { systemCodeOf } from '../core/errors/os-error.ts'

/** The codes of OpenSSL and Node for a server certificate that is not trusted. */
const DISTRUST =
  /^(CERT_|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)|DEPTH_ZERO|SELF_SIGNED|INVALID_(CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH|ERR_TLS_CERT_ALTNAME|ERR_TLS_CERT_SIGNATURE|CRL_)/

export function connectionFailed(cause: unknown): ConnectionFailedError {
  return new ConnectionFailedError('Could not connect to IoTHub', { cause })
}

export function connectionDropped(cause?: unknown): ConnectionDroppedError {
  return new ConnectionDroppedError('Unexpected disconnection', { cause })
}

export function credentialsRefused(cause?: unknown): CredentialError {
  return new CredentialError('Credentials invalid, could not connect', { cause })
}

export function protocolFailed(cause: unknown): ClientError {
  return new ClientError('Error in the IoTHub client', { cause })
}

export function proxyFailed(cause: unknown): ClientError {
  return new ClientError('Error in the IoTHub client raised due to proxy connections.', { cause })
}

export function timedOut(what: string, limitMs: number): OperationTimeout {
  return new OperationTimeout('Could not complete operation before timeout', {
    cause: new Error(`${what} took longer than ${limitMs / 1_000} s`),
  })
}

/** A TLS handshake failed: the client does not trust the server, or the connection could not be established. */
export function handshakeFailed(error: unknown): ClientError {
  return isDistrust(error)
    ? new ClientError('Error in the IoTHub client due to TLS exchanges.', { cause: error, retryable: true })
    : connectionFailed(error)
}

/** The connection ended between the TLS handshake and CONNACK. */
export function lostBeforeConnack(error: unknown): ClientError {
  // In TLS 1.3 the server refuses the client certificate after the client has finished its handshake.
  if (systemCodeOf(error)?.startsWith('ERR_SSL_') === true) return connectionFailed(error)
  return connectionDropped(error ?? new Error('The connection was lost.'))
}

function isDistrust(error: unknown): boolean {
  const code = systemCodeOf(error)
  return code !== undefined && DISTRUST.test(code)
}
