/** Server-sent events in a text that comes in pieces. */

export interface StreamEvent {
  readonly event: string
  readonly data: string
}

/** Splits a stream of server-sent events into events; what is left is the beginning of the next. */
export function eventsIn(text: string): { readonly events: readonly StreamEvent[]; readonly rest: string } {
  const blocks = text.split('\n\n')
  const rest = blocks.pop() ?? ''
  const events = blocks.flatMap((block) => {
    let event = 'message'
    const data: string[] = []
    for (const line of block.split('\n')) {
      if (line.startsWith('event: ')) event = line.slice(7)
      else if (line.startsWith('data: ')) data.push(line.slice(6))
    }
    return data.length === 0 ? [] : [{ event, data: data.join('\n') }]
  })
  return { events, rest }
}
