/**
 * The two readings of a scenario. Its steps say what the Python API documents; the neutral reading asks the same question
 * of a client in any language. Where both differ, the step is noted and the scenario goes on: one run gives both verdicts.
 */

import { AssertionError } from 'node:assert/strict'
import { isNeutral, loadCatalogue, type NeutralReading, type Requirement } from '../catalogue/requirement.ts'
import { ID_TAG } from '../catalogue/scenarios.ts'
import { SUITE } from '../conformance/suite.ts'

/** The media type of the attachment that carries a {@link ReadingRecord} to the results. */
export const READING_TYPE = 'application/vnd.iot-hub-conformance.reading+json'
/** The name of the error that ends a scenario which only the documented Python API fails. */
export const IDIOM = 'Idiom'
/** The tag of a scenario that only the documented Python API asks for, though its requirement is neutral. */
export const PYTHON_API = '@python-api'

/** A step that the documented Python API fails, and the neutral reading does not. */
export interface Note {
  readonly step: string
  readonly message: string
}

/** What the results need to know of the readings of a scenario. */
export interface ReadingRecord {
  readonly notes: readonly Note[]
  /** The neutral verdict, when it was found before the last step, or against a failed step. */
  readonly decided?: { readonly verdict: 'PASS' | 'WARN'; readonly why: string }
  /** Why the scenario does not apply to the documented Python API of this client; the neutral reading went on. */
  readonly unsupported?: string
}

/** The scenario fails for the documented Python API alone. */
export class Idiom extends AssertionError {
  override readonly name = IDIOM
}

let neutralRows: ReadonlyMap<string, Requirement> | undefined

function rowsOf(tags: readonly string[]): readonly Requirement[] {
  neutralRows ??= new Map(
    loadCatalogue(SUITE.catalogue)
      .filter((row) => isNeutral(row))
      .map((row) => [row.id, row]),
  )
  return tags.flatMap((tag) => neutralRows?.get(ID_TAG.exec(tag)?.[1] ?? '') ?? [])
}

export class Reading {
  #rows: readonly Requirement[] = []
  readonly #notes: Note[] = []
  #decided: ReadingRecord['decided']
  /** The words of the step that is running. */
  step = ''
  /** See {@link ReadingRecord}. */
  unsupported: string | undefined
  /** The client connects with a call of its own before the others. */
  connectsFirst = false

  /** @param tags of the scenario. */
  begin(tags: readonly string[]): void {
    this.#rows = tags.includes(PYTHON_API) ? [] : rowsOf(tags)
  }

  /** Whether the scenario proves a requirement that is asked of clients in any language. */
  get applies(): boolean {
    return this.#rows.length > 0
  }

  get decided(): ReadingRecord['decided'] {
    return this.#decided
  }

  get notes(): readonly Note[] {
    return this.#notes
  }

  asks(reading: NeutralReading): boolean {
    return this.#rows.some((row) => row.reading === reading)
  }

  /** Nothing to tell: both readings are the same. */
  get record(): ReadingRecord | undefined {
    if (this.#notes.length === 0 && this.#decided === undefined && this.unsupported === undefined)
      return undefined
    return {
      notes: this.#notes,
      ...(this.#decided === undefined ? {} : { decided: this.#decided }),
      ...(this.unsupported === undefined ? {} : { unsupported: this.unsupported }),
    }
  }

  /**
   * The documented Python API fails here; the neutral reading goes on.
   * @throws the error itself when there is no neutral reading, or when it is no failed assertion.
   */
  note(error: unknown): void {
    if (!this.applies || !(error instanceof AssertionError)) throw error
    this.#notes.push({ step: this.step, message: error.message })
  }

  /** The neutral verdict is known: what follows is about the documented Python API. @throws Idiom. */
  end(why: string, error: AssertionError, verdict: 'PASS' | 'WARN' = 'PASS'): never {
    this.decide(verdict, why)
    throw new Idiom({ message: error.message })
  }

  decide(verdict: 'PASS' | 'WARN', why: string): void {
    this.#decided = { verdict, why }
  }

  /** The first failure for the documented Python API. */
  idiom(): Idiom | undefined {
    const [first] = this.#notes
    return first === undefined ? undefined : new Idiom({ message: first.message })
  }
}
