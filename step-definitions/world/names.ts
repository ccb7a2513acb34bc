/** The names of a scenario: values that step texts refer to in braces, and the keys of its identities. */

import { createHash } from 'node:crypto'
import { HarnessError, type IdentityKind } from '../driver/client-driver.ts'

export class Names {
  readonly #values = new Map<string, string>([
    ['device', 'device-1'],
    ['module', 'module-1'],
    ['host', 'localhost'],
    ['gateway', 'localhost'],
    ['otherHost', 'hub.example'],
    ['correlationId', 'none yet'],
  ])

  set(name: string, value: string): this {
    this.#values.set(name, value)
    return this
  }

  find(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** @throws HarnessError when the scenario has no such name. */
  get(name: string): string {
    const value = this.#values.get(name)
    if (value === undefined) throw new HarnessError(`The scenario has no value for {${name}}`)
    return value
  }

  /** Replaces the names in braces: `{device}`, `{module}`, `{host}`, `{token}` … */
  fill(text: string): string {
    return text.replace(/\{(\w+)\}/g, (_all, name: string) => this.get(name))
  }

  /** The key of an identity: the same in every run, with characters that tokens must encode. */
  key(of: IdentityKind | 'other'): string {
    return createHash('sha256').update(`conformance ${of} +/=`).digest('base64')
  }
}
