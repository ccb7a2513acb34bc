/** The log of the hub. */

/** Receives log lines without secrets. */
export interface Logger {
  /** What the hub does. */
  info(line: string): void
  /** Refusals and problems. */
  warn(line: string): void
}
