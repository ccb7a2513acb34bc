/** The command line is wrong; the message says how in one sentence. The process exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
