/** What the caller of the command line did wrong, in one sentence; the process ends with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
