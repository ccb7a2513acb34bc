/** The stream of messages of a run, for Cucumber's formatters: a JSON object a line. */

import { closeSync, openSync, writeFileSync } from 'node:fs'

/** So much is written at a time: a run has a hundred thousand messages, and a write for each costs a twentieth of it. */
const CHARACTERS_A_WRITE = 2 ** 18

export class MessageFile {
  readonly #file: number
  #waiting: string[] = []
  #characters = 0

  /** Empties the file. @throws the system's error when it cannot be written. */
  constructor(path: string) {
    this.#file = openSync(path, 'w')
  }

  take(message: object): void {
    const line = JSON.stringify(message)
    this.#waiting.push(line, '\n')
    this.#characters += line.length
    if (this.#characters >= CHARACTERS_A_WRITE) this.#write()
  }

  /** Writes what waits. */
  end(): void {
    this.#write()
    closeSync(this.#file)
  }

  #write(): void {
    writeFileSync(this.#file, this.#waiting.join(''))
    this.#waiting = []
    this.#characters = 0
  }
}
