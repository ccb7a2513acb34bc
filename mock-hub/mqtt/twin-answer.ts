/** The answer to a twin request of a device. */
export interface TwinAnswer {
  readonly requestId: string
  readonly status: number
  /** New `$version` of the reported properties, after a patch. */
  readonly version: number | undefined
  readonly body: string
}
