/** What the two processes of a soak tell each other. */

export type SoakOrder =
  | {
      readonly type: 'start'
      readonly hostName: string
      readonly mqttPort: number
      readonly httpsPort: number
      readonly amqpPort: number
      readonly caPem: string
      /** Token of each device. */
      readonly tokens: readonly string[]
      readonly secondsBetween: number
    }
  /** So many devices lose their connection at once. */
  | { readonly type: 'storm'; readonly devices: number }
  | { readonly type: 'stop' }

export interface SoakReport {
  /** Device and number of messages that were acknowledged since the last report. */
  readonly acknowledged: readonly (readonly [number, number])[]
  readonly connected: number
  readonly connects: number
  readonly failures: number
}
