/** A wrong option or argument of `iot-hub-conformance`. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
