/** The vocabulary of the connection: its states, what happens to it, and what it orders. */

/**
 * What the application, or the client itself, asks of the connection. `reauthorize` (the application supplied a token)
 * ends connected or fails. `renew` (the client signed a token) has an effect only while connected, and is retried until
 * it succeeds.
 */
export type Action = 'open' | 'close' | 'stop' | 'reauthorize' | 'renew'

/** An action that a caller waits for; `ticket` identifies the caller. */
export interface Command {
  readonly action: Action
  readonly ticket: number
}

/** What follows a failed attempt: nothing, a retry unless the error is final, or a retry whatever the error is. */
export type Retry = 'none' | 'reconnect' | 'renew'

/** `queue`: commands that wait until the state is stable, in their order. `epoch`: the number of the attempt. */
export type State =
  | { readonly type: 'disconnected'; readonly epoch: number }
  | {
      readonly type: 'connecting'
      readonly epoch: number
      readonly tickets: readonly number[]
      readonly retry: Retry
      readonly queue: readonly Command[]
    }
  | { readonly type: 'connected'; readonly epoch: number }
  | {
      readonly type: 'reauthorizing'
      readonly epoch: number
      readonly tickets: readonly number[]
      readonly retry: Retry
      readonly queue: readonly Command[]
    }
  | {
      readonly type: 'disconnecting'
      readonly epoch: number
      readonly tickets: readonly number[]
      /** Leads to `stopped`. */
      readonly permanent: boolean
      readonly queue: readonly Command[]
    }
  | { readonly type: 'waiting'; readonly epoch: number; readonly retry: Retry }
  | { readonly type: 'stopped'; readonly epoch: number }

export type Event =
  | { readonly type: 'command'; readonly command: Command }
  /** The attempt succeeded. */
  | { readonly type: 'up'; readonly epoch: number }
  /** The attempt failed. `final`: a retry cannot help (credentials, protocol, proxy). */
  | { readonly type: 'failed'; readonly epoch: number; readonly error: Error; readonly final: boolean }
  /** An established connection was lost. */
  | { readonly type: 'down'; readonly epoch: number; readonly error: Error }
  /** The close is complete; `error`: it failed. */
  | { readonly type: 'closed'; readonly epoch: number; readonly error?: Error }
  /** The pause between two attempts is over. */
  | { readonly type: 'retry'; readonly epoch: number }

/** Why operations that wait for the connection end. */
export type Release = { readonly because: 'cancelled' } | { readonly because: 'lost'; readonly error: Error }

export type Effect =
  | { readonly type: 'dial'; readonly epoch: number }
  | { readonly type: 'close'; readonly epoch: number }
  /** Aborts an attempt that is under way. */
  | { readonly type: 'abandon'; readonly epoch: number }
  /** `first`: the retry follows at once, otherwise after the interval. */
  | { readonly type: 'pause'; readonly epoch: number; readonly first: boolean }
  | { readonly type: 'cancel-pause' }
  | { readonly type: 'settle'; readonly ticket: number; readonly outcome: Outcome }
  | { readonly type: 'state-changed'; readonly connected: boolean }
  /** A background exception. */
  | { readonly type: 'report'; readonly error: Error }
  /** Operations that wait for the connection start now. */
  | { readonly type: 'flush'; readonly epoch: number }
  | { readonly type: 'release'; readonly why: Release }

export type Outcome = 'done' | 'cancelled' | 'shut-down' | Error

export interface Policy {
  /** Re-establish a lost connection, and retry renewals. */
  readonly connectionRetry: boolean
}
