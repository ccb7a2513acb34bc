/** What happened in a run, in order, as its parties saw it: the checker and the drawing read nothing else. */

/** An event without its time. */
export type Happening =
  /** An application hands telemetry to its client. */
  | { readonly type: 'offered'; readonly device: string; readonly id: string }
  /** The client says that the hub has taken it. */
  | { readonly type: 'acknowledged'; readonly device: string; readonly id: string }
  /** The client says that it does not know. */
  | { readonly type: 'failed'; readonly device: string; readonly id: string }
  /** Readers of events see it. */
  | { readonly type: 'stored'; readonly device: string; readonly id: string }
  | { readonly type: 'c2d-sent'; readonly device: string; readonly id: string }
  | { readonly type: 'c2d-received'; readonly device: string; readonly id: string }
  /** What became of a message, as its sender is told. */
  | { readonly type: 'c2d-settled'; readonly device: string; readonly id: string; readonly status: string }
  /** A back end has set desired properties; the service answered with this version. */
  | { readonly type: 'desired-set'; readonly device: string; readonly version: number }
  | { readonly type: 'desired-seen'; readonly device: string; readonly version: number }
  | { readonly type: 'reported'; readonly device: string; readonly value: number }
  /** The value that a back end reads when everything is quiet. */
  | { readonly type: 'reported-at-end'; readonly device: string; readonly value: number }
  | { readonly type: 'method-asked'; readonly device: string; readonly call: number }
  | { readonly type: 'method-received'; readonly device: string; readonly call: number }
  /** @property by the device that the answer names; undefined: there was none. */
  | {
      readonly type: 'method-result'
      readonly device: string
      readonly call: number
      readonly status: number
      readonly by?: string
    }
  | { readonly type: 'link-up'; readonly device: string; readonly link: string }
  | { readonly type: 'link-down'; readonly device: string; readonly link: string }
  | { readonly type: 'fault'; readonly device: string; readonly what: string }
  /** Faults are over, and everything had time to settle. */
  | { readonly type: 'quiet' }

export type HistoryEvent = Happening & {
  /** Milliseconds of virtual time since the start. */
  readonly at: number
}

export type History = readonly HistoryEvent[]
