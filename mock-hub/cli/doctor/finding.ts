/** What `mock-iot-hub doctor` finds. */

export interface Finding {
  /** `ports`, `trust`, `names`, `clock` or `SDKs`. */
  readonly area: string
  /** `problem`: SDKs will not work so; `note`: worth knowing. */
  readonly state: 'ok' | 'note' | 'problem'
  /** What is so. */
  readonly text: string
  /** What to do; left out: nothing. */
  readonly remedy?: string
}

/** Makes findings of one area. */
export function findingsOf(area: string) {
  const make =
    (state: Finding['state']) =>
    (text: string, remedy?: string): Finding => ({
      ...{ area, state, text },
      ...(remedy === undefined ? {} : { remedy }),
    })
  return { ok: make('ok'), note: make('note'), problem: make('problem') }
}
