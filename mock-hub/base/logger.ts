/** The log of the hub. */

import { withoutSecrets } from './secrets.ts'

/** Receives log lines without secrets. */
export interface Logger {
  /** What the hub does. */
  info(line: string): void
  /**
   * Refusals and problems.
   * @param journaled - whether the journal has it too. Default: false.
   */
  warn(line: string, journaled?: boolean): void
}

/** A logger that hides secrets, whoever writes the line. */
export function hidingSecrets(logger: Logger): Logger {
  return {
    info: (line) => {
      logger.info(withoutSecrets(line))
    },
    warn: (line, journaled) => {
      logger.warn(withoutSecrets(line), journaled)
    },
  }
}
