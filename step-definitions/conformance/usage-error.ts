/** What the caller of `iot-hub-conformance` did wrong, in one sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
