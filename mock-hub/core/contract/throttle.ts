/** Throttles and the daily quota. */

/** The kinds of operations that a tier limits (docs/contract/throttling.md). */
export type ThrottledOperation =
  | 'registry'
  | 'connect'
  | 'telemetry'
  | 'c2dSend'
  | 'c2dReceive'
  | 'fileUpload'
  | 'method'
  | 'query'
  | 'twinRead'
  | 'twinUpdate'
  | 'job'
  | 'jobDevice'
  | 'configuration'

/** The use of the daily quota. */
export interface QuotaMeter {
  /** Messages of the daily quota used since midnight UTC of the hub's clock; counted in every tier and without one. */
  readonly used: number
  /** Messages of a day; undefined: no tier is set. */
  readonly limit: number | undefined
  /** Bytes that count as one message: 4096, or 512 on F1. */
  readonly chunkBytes: number
  /** Messages that each kind of operation has used since the hub started or was reset. */
  readonly byOperation: Readonly<Partial<Record<ThrottledOperation, number>>>
}

/** Throttles, and the meter of the daily quota. */
export interface Throttle {
  /**
   * Counts an operation against its rate and the daily quota. Without a tier only the meter counts.
   * @param operation - its kind.
   * @param bytes - size of its payload; 0 when it has none.
   * @throws HubError ThrottlingException, IotHubQuotaExceeded, OperationNotAvailableInCurrentTier.
   */
  take(operation: ThrottledOperation, bytes: number): void
  /** Counts nothing. @throws HubError OperationNotAvailableInCurrentTier. */
  requireInTier(operation: ThrottledOperation): void
  /** The use of the daily quota. */
  readonly meter: QuotaMeter
}
