/** Where the hub tells people what it does. */

/** A sink for people; silent by default. One line each, no secrets. */
export interface Logger {
  info(line: string): void
  warn(line: string): void
}
