/** The packets on the wire around a miss, as a ladder: time, connection, and who sent what to whom. */

/** A ladder has at most so many rungs; those before are left out. */
const MAX_RUNGS = 16
const WIDTH = 46

interface Rung {
  readonly at: number
  readonly link: string
  readonly text: string
  readonly direction: 'in' | 'out' | 'note'
}

type Entry = Readonly<Record<string, unknown>>

/**
 * @param evidence the lines of the hub's journal, as the suite attaches them to a scenario.
 * @returns lines of text; empty when nothing came to the hub.
 */
export function ladder(evidence: readonly string[]): readonly string[] {
  const all = evidence.flatMap((line) => rungOf(line) ?? [])
  const repeated = countRepeats(all)
  const shown = repeated.slice(-MAX_RUNGS)
  const start = shown[0]?.at ?? 0
  const links = [...new Set(shown.map(({ link }) => link))].filter((link) => link !== '')
  return [
    ...(shown.length === 0 ? [] : [`${' '.repeat(12)}client${' '.repeat(WIDTH - 8)}hub`]),
    ...(shown.length < repeated.length
      ? [`${' '.repeat(12)}… ${String(repeated.length - shown.length)} before`]
      : []),
    ...shown.map((rung) => drawn(rung, start, links)),
  ]
}

function drawn({ at, link, text, direction }: Rung, start: number, links: readonly string[]): string {
  const seconds = ((at - start) / 1_000).toFixed(3).padStart(8)
  const number = link === '' ? '  ' : `#${String(links.indexOf(link) + 1)}`
  const room = Math.max(1, WIDTH - text.length - 4)
  const arrow =
    direction === 'in'
      ? `├ ${text} ${'─'.repeat(room)}►`
      : direction === 'out'
        ? `◄${'─'.repeat(room)} ${text} ┤`
        : `· ${text}`
  return `${seconds} ${number} ${arrow}`
}

function countRepeats(rungs: readonly Rung[]): readonly Rung[] {
  const counted: { rung: Rung; times: number }[] = []
  for (const rung of rungs) {
    const last = counted.at(-1)
    if (last !== undefined && last.rung.text === rung.text && last.rung.link === rung.link) last.times++
    else counted.push({ rung, times: 1 })
  }
  return counted.map(({ rung, times }) =>
    times === 1 ? rung : { ...rung, text: `${rung.text} ×${String(times)}` },
  )
}

/** A line is `SEQUENCE TIME TYPE JSON`. */
function rungOf(line: string): Rung | undefined {
  const [, time = '', type = '', json] =
    /^\d+ (\S+) (packet|fault|request|link-opened|link-closed|refusal) (\{.*\})$/.exec(line) ?? []
  if (json === undefined) return undefined
  const entry = JSON.parse(json) as Entry // written by the hooks of the suite
  const head = { at: Date.parse(time), link: typeof entry['linkId'] === 'string' ? entry['linkId'] : '' }
  const note = (text: string): Rung => ({ ...head, text, direction: 'note' })
  switch (type) {
    case 'packet':
      return { ...head, text: packetText(entry), direction: entry['direction'] === 'in' ? 'in' : 'out' }
    case 'fault':
      return entry['phase'] === 'fired' ? note(`fault ${String(entry['name'])}`) : undefined
    case 'request':
      return {
        ...head,
        text: `${String(entry['method'])} ${pathOf(String(entry['url']))} → ${String(entry['status'])}`,
        direction: 'in',
      }
    case 'link-opened':
      return note('connection opened')
    case 'link-closed':
      return note(`connection closed: ${String(entry['reason'])}`)
    default:
      return note(`refused: ${String(entry['error'])}`)
  }
}

function packetText(entry: Entry): string {
  const { returnCode, topic, messageId, dup, clientId, subscriptions } = (entry['packet'] ?? {}) as Entry
  const filters = Array.isArray(subscriptions)
    ? subscriptions.map((one: { readonly topic?: unknown }) => String(one.topic))
    : []
  return [
    String(entry['cmd']).toUpperCase(),
    ...(typeof messageId === 'number' ? [`id ${String(messageId)}`] : []),
    ...(dup === true ? ['DUP'] : []),
    ...(typeof returnCode === 'number' ? [String(returnCode)] : []),
    ...(typeof clientId === 'string' ? [clientId] : []),
    ...(typeof topic === 'string' ? [shortened(topic)] : filters.map((filter) => shortened(filter))),
  ].join(' ')
}

function pathOf(url: string): string {
  return shortened(url.split('?', 1)[0] ?? url)
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`
}
