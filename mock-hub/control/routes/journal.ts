/** The journal as a list and as a stream, and the explanations of refusals. */

import { InvalidInput } from '../../base/invalid-input.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { Hub } from '../../core/contract/hub.ts'
import type { JournalEntry } from '../../core/contract/journal.ts'
import { utcText } from '../../base/time-text.ts'
import { FLAG, newest, objectOf, WHOLE, type ControlRoutes } from '../context.ts'
import { resumePoint, streamEvents } from '../../http-common/event-stream.ts'
import { withoutSecrets } from '../json.ts'
import { ControlError } from '../errors.ts'

interface JournalQuery {
  readonly type?: string
  readonly identity?: string
  readonly cmd?: string
  readonly after?: string
  readonly limit?: string
  readonly follow?: string
}

/** Every type of entry; the compiler reports a missing one. */
const ENTRY_TYPES: Readonly<Record<JournalEntry['type'], true>> = {
  'link-opened': true,
  'tls-failed': true,
  dialled: true,
  'tls-hello': true,
  'tls-ended': true,
  'link-closed': true,
  packet: true,
  connected: true,
  disconnected: true,
  operation: true,
  delivery: true,
  request: true,
  registration: true,
  refusal: true,
  registry: true,
  feedback: true,
  fault: true,
  clock: true,
  reset: true,
}
const COMMA_LIST = { type: 'string', pattern: '^[a-z-]+(,[a-z-]+)*$' } as const
const QUERY = objectOf({
  type: {
    ...COMMA_LIST,
    description: `types of entries, separated by commas: ${Object.keys(ENTRY_TYPES).join(', ')}`,
  },
  identity: { type: 'string', description: '{deviceId} or {deviceId}/{moduleId}' },
  cmd: { ...COMMA_LIST, description: 'types of MQTT packets, for example publish,puback' },
  after: { ...WHOLE, description: 'only entries with a greater seq' },
  limit: { ...WHOLE, description: 'only the newest entries, at most this many' },
  follow: {
    ...FLAG,
    description: 'server-sent events: first the entries that `after` selects, then new entries',
  },
})
const tags = ['journal']

export const journalRoutes: ControlRoutes = (app, { hub }) => {
  const { journal } = hub
  app.get<{ Querystring: JournalQuery; Headers: { 'last-event-id'?: string } }>(
    '/journal',
    { schema: { tags, summary: 'Journal entries, oldest first; secrets are hidden', querystring: QUERY } },
    ({ query, headers }, reply) => {
      const matches = filterOf(query)
      if (query.follow === undefined) {
        const after = Number(query.after ?? 0)
        const found = journal.entries.filter((entry) => entry.seq > after && matches(entry))
        return newest(found, query.limit).map(entryDocument)
      }
      const start = resumePoint(query.after, headers['last-event-id'])
      streamEvents(reply, hub, (send) => {
        const tell = (entry: JournalEntry): void => {
          if (matches(entry)) send({ id: entry.seq, event: entry.type, data: entryDocument(entry) })
        }
        if (start !== undefined) for (const entry of journal.entries) if (entry.seq > start) tell(entry)
        return journal.subscribe(tell)
      })
      return reply
    },
  )
  app.get(
    '/explain/last',
    { schema: { tags: ['explain'], summary: 'The explanation of the newest refusal' } },
    () => {
      const [last] = hub.lastRefusals
      if (last === undefined) throw new ControlError(404, 'NothingRefused', 'the hub has refused nothing yet')
      return refusalDocument(last)
    },
  )
  app.get(
    '/explain/refusals',
    {
      schema: {
        tags: ['explain'],
        summary: 'The newest refusals with explanations, newest first, at most 100',
      },
    },
    () => hub.lastRefusals.map(refusalDocument),
  )
}

function filterOf({ type, identity, cmd }: JournalQuery): (entry: JournalEntry) => boolean {
  const types = listOf(type)
  const unknown = types?.find((name) => !Object.hasOwn(ENTRY_TYPES, name))
  if (unknown !== undefined)
    throw new InvalidInput(
      'journal',
      'type',
      `to name types of entries: ${Object.keys(ENTRY_TYPES).join(', ')}`,
      unknown,
    )
  const commands = listOf(cmd)
  return (entry) =>
    (types === undefined || types.includes(entry.type)) &&
    (identity === undefined || ('identity' in entry && entry.identity === identity)) &&
    (commands === undefined || ('cmd' in entry && commands.includes(entry.cmd)))
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text?.split(',')
}

function entryDocument({ seq, at, ...event }: JournalEntry): Json {
  return { seq, time: utcText(at), ...(withoutSecrets(event) as JsonObject) } // an object stays one
}

function refusalDocument(refusal: Hub['lastRefusals'][number]): Json {
  const { error, code, identity = 'an unknown caller', transport, explanation } = refusal
  const { expected, received, rule, source } = explanation
  const sentence = `${identity} over ${transport} was refused with ${error} (${String(code)}): expected ${expected}, received ${received} [${rule}, ${source}].`
  return { sentence, ...(entryDocument(refusal) as JsonObject) }
}
