/** Throttles and the quota as the gate, the sessions and the routes see them. */

/** What a tier limits (wire contract 9); `throttle.ts` has the figures and implements this. */
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

export interface QuotaMeter {
  /** Messages of the daily quota used since midnight UTC of the hub's clock; counted in every tier and without one. */
  readonly used: number
  /** Undefined: no tier is set. */
  readonly limit: number | undefined
  /** Bytes that count as one message: 4096, or 512 on F1. */
  readonly chunkBytes: number
  /** How many messages each kind of operation has used since the hub's start. */
  readonly byOperation: Readonly<Partial<Record<ThrottledOperation, number>>>
}

export interface Throttle {
  /**
   * Counts an operation against its rate and the day's quota. Without a tier only the meter runs.
   * @param bytes size of what goes through; 0 when the operation has none.
   * @throws HubError ThrottlingException, IotHubQuotaExceeded, OperationNotAvailableInCurrentTier.
   */
  take(operation: ThrottledOperation, bytes: number): void
  readonly meter: QuotaMeter
}
