/** A mutant: one way to break the client or the hub, as edits of its source (conformance guide, section 7). */

export interface Edit {
  readonly file: string
  /** Occurs in the file exactly once. */
  readonly find: string
  readonly replace: string
}

export interface Mutant {
  /** `C07`, `H12`: as in the guide; `P301`: of provisioning. */
  readonly id: string
  /** The misbehaviour, as the end of a sentence "the client …" or "the hub …". */
  readonly what: string
  readonly edits: readonly Edit[]
}

/** A mutant with a single edit, as most are. */
export function mutant(id: string, what: string, file: string, find: string, replace: string): Mutant {
  return { id, what, edits: [{ file, find, replace }] }
}

/** Which side a mutant breaks. */
export function sideOf({ edits: [edit] }: Pick<Mutant, 'edits'>): 'client' | 'hub' {
  return edit?.file.startsWith('reference-client/') === true ? 'client' : 'hub'
}
