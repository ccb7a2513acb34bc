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
import { Sample } from '../sample.ts'

interface JournalQuery {
  readonly type?: string
  readonly identity?: string
  readonly device?: string
  readonly link?: string
  readonly cmd?: string
  readonly after?: string
  readonly limit?: string
  readonly follow?: string
  readonly sample?: string
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
  device: { type: 'string', description: 'only what concerns this device or its modules' },
  link: { type: 'string', description: 'only what concerns the connection with this linkId' },
  cmd: { ...COMMA_LIST, description: 'types of MQTT packets, for example publish,puback' },
  after: { ...WHOLE, description: 'only entries with a greater seq' },
  limit: { ...WHOLE, description: 'only the newest entries, at most this many' },
  follow: {
    ...FLAG,
    description: 'server-sent events: first the entries that `after` selects, then new entries',
  },
  sample: {
    ...WHOLE,
    description:
      'with follow: of new packets, operations, deliveries and requests at most this many a second; an event `left-out` says how many more there were',
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
      const perSecond = query.sample === undefined ? undefined : Number(query.sample)
      streamEvents(reply, hub, (send) => {
        const tell = (entry: JournalEntry): void => {
          send({ id: entry.seq, event: entry.type, data: entryDocument(entry) })
        }
        if (start !== undefined)
          for (const entry of journal.entries) if (entry.seq > start && matches(entry)) tell(entry)
        const sample =
          perSecond === undefined
            ? undefined
            : new Sample(perSecond, ({ leftOut, seq }) => {
                send({ id: seq, event: 'left-out', data: { leftOut } })
              })
        const stop = journal.subscribe((entry) => {
          if (matches(entry) && (sample === undefined || sample.takes(entry))) tell(entry)
        })
        return () => {
          stop()
          sample?.stop()
        }
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

function filterOf({ type, identity, device, link, cmd }: JournalQuery): (entry: JournalEntry) => boolean {
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
  const isOfDevice = device === undefined ? () => true : concerning(device)
  return (entry) =>
    (types === undefined || types.includes(entry.type)) &&
    (identity === undefined || ('identity' in entry && entry.identity === identity)) &&
    isOfDevice(entry) &&
    (link === undefined || ('linkId' in entry && entry.linkId === link)) &&
    (commands === undefined || ('cmd' in entry && commands.includes(entry.cmd)))
}

/** Whether an entry is about a device or one of its modules; asked for each entry while a page is open. */
function concerning(deviceId: string): (entry: JournalEntry) => boolean {
  const modules = `${deviceId}/`
  return (entry) => {
    if (entry.type === 'feedback') return entry.record.deviceId === deviceId
    if (!('identity' in entry)) return false
    return entry.identity === deviceId || entry.identity.startsWith(modules)
  }
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
