/** Entries of the journal in words: what a line of the timeline says. */

import type { Bytes, Entry, Explanation, JsonObject } from './types.ts'
import { brief, wordOf } from './text.ts'

/** What filters go by. */
export type Group = 'telemetry' | 'twin' | 'method' | 'c2d' | 'link' | 'packet' | 'refusal' | 'other'
export const GROUPS: readonly (readonly [Group, string])[] = [
  ['telemetry', 'Telemetry'],
  ['twin', 'Twin'],
  ['method', 'Methods'],
  ['c2d', 'Messages to device'],
  ['link', 'Connection'],
  ['refusal', 'Refusals'],
  ['packet', 'Packets'],
  ['other', 'Other'],
]

export type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'info'

export interface Line {
  readonly group: Group
  /** `in`: from the device; `out`: to it. */
  readonly direction?: 'in' | 'out'
  readonly label: string
  readonly text: string
  readonly tone: Tone
}

export interface MessageView {
  readonly body: Bytes
  readonly properties: Readonly<Record<string, string | null>>
  readonly system: Readonly<Record<string, string>>
}

/** The message that an entry carries; undefined: it carries none. */
export function messageIn(entry: Entry): MessageView | undefined {
  const holder = (entry['input'] ?? entry['what']) as { readonly message?: MessageView } | null | undefined
  return holder?.message
}

const known = new WeakMap<Entry, Line>()

/** One line for a person. */
export function lineOf(entry: Entry): Line {
  const before = known.get(entry)
  if (before !== undefined) return before
  const line = lineFor(entry)
  known.set(entry, line)
  return line
}

function lineFor(entry: Entry): Line {
  const text = (name: string): string => wordOf(entry[name])
  switch (entry.type) {
    case 'link-opened': {
      const tls = entry['tls'] as { readonly version?: string } | null
      return line(
        'link',
        'link opened',
        `${text('transport')} from ${text('peer')}${tls?.version === undefined ? '' : `, ${tls.version}`}`,
      )
    }
    case 'link-closed':
      return line('link', 'link closed', text('reason'))
    case 'tls-failed':
      return line('link', 'TLS failed', `${text('reason')} (${text('code')})`, 'bad')
    case 'dialled':
      return line('link', 'dialled', `${text('protocol')} port ${text('port')} from ${text('peer')}`)
    case 'tls-hello':
      return line('link', 'TLS hello', `from ${text('peer')}`)
    case 'tls-ended':
      return line('link', 'TLS ended', `${text('version')} ${text('cipher')} ${text('alert')}`.trim())
    case 'connected':
      return line('link', 'connected', `over ${text('transport')}`, 'good')
    case 'disconnected':
      return line('link', 'disconnected', text('reason'), 'warn')
    case 'packet':
      return {
        ...line('packet', text('cmd').toUpperCase(), packetText(entry['packet'] as JsonObject)),
        direction: entry['direction'] as 'in' | 'out',
      }
    case 'operation':
      return operationLine(text('operation'), (entry['input'] ?? {}) as JsonObject, entry)
    case 'delivery':
      return deliveryLine(text('channel'), (entry['what'] ?? {}) as JsonObject, entry)
    case 'refusal': {
      const { expected, received } = entry['explanation'] as Explanation
      return line('refusal', text('error'), `expected ${expected}, received ${received}`, 'bad')
    }
    case 'request':
      return line(
        'other',
        `HTTP ${text('status')}`,
        `${text('method')} ${text('url')} by ${text('caller')}`,
        Number(entry['status']) >= 400 ? 'warn' : 'plain',
      )
    case 'registration':
      return line('link', 'provisioning', text('step'))
    case 'registry':
      return line('other', `identity ${text('change')}`, text('identity'))
    case 'feedback': {
      const record = entry['record'] as JsonObject
      return line(
        'c2d',
        'feedback',
        `${wordOf(record['originalMessageId'])}: ${wordOf(record['description'])}`,
        record['statusCode'] === 'Success' ? 'good' : 'warn',
      )
    }
    case 'fault':
      return line(
        'other',
        `fault ${text('phase')}`,
        text('explain'),
        text('phase') === 'fired' ? 'warn' : 'plain',
      )
    case 'clock':
      return line('other', 'clock', text('action'), 'info')
    case 'reset':
      return line('other', 'reset', 'the hub returned to its initial state', 'info')
    default:
      return line('other', entry.type, '')
  }
}

function line(group: Group, label: string, text: string, tone: Tone = 'plain'): Line {
  return { group, label, text, tone }
}

const OPERATIONS: Readonly<Record<string, readonly [Group, string]>> = {
  telemetry: ['telemetry', 'telemetry'],
  twinGet: ['twin', 'reads twin'],
  twinPatch: ['twin', 'reports'],
  methodResponse: ['method', 'method answer'],
  c2dReceive: ['c2d', 'asks for message'],
  c2dSettle: ['c2d', 'settles message'],
  uploadStart: ['other', 'upload begins'],
  uploadFinish: ['other', 'upload ends'],
  invokeMethod: ['method', 'invokes method'],
}

function operationLine(operation: string, input: JsonObject, entry: Entry): Line {
  const [group, label] = OPERATIONS[operation] ?? (['other', operation] as const)
  const words = (): string => {
    switch (operation) {
      case 'telemetry':
        return messageText(messageIn(entry))
      case 'twinPatch':
        return brief(input['patch'])
      case 'methodResponse':
        return `${wordOf(input['status'])} ${bodyText(input['payload'] as Bytes)}`
      case 'c2dSettle':
        return wordOf(input['outcome'])
      case 'uploadStart':
        return wordOf(input['blobName'])
      case 'uploadFinish':
      case 'invokeMethod':
        return brief(input)
      default:
        return ''
    }
  }
  const tone = operation === 'c2dSettle' && input['outcome'] !== 'complete' ? 'warn' : 'plain'
  return { ...line(group, label, words(), tone), direction: 'in' }
}

function deliveryLine(channel: string, what: JsonObject, entry: Entry): Line {
  const at = (group: Group, label: string, text: string): Line => ({
    ...line(group, label, text, 'info'),
    direction: 'out',
  })
  switch (channel) {
    case 'c2d':
      return at('c2d', 'message', messageText(messageIn(entry)))
    case 'methods':
      return at('method', `calls ${wordOf(what['methodName'])}`, wordOf(what['payload']))
    case 'desired':
      return at('twin', 'desired', `${brief(what['patch'])} version ${wordOf(what['version'])}`)
    default:
      return at('c2d', `input ${wordOf(what['inputName'])}`, messageText(messageIn(entry)))
  }
}

function bodyText(body: Bytes | null | undefined): string {
  if (body === null || body === undefined) return ''
  return typeof body === 'string' ? brief(body) : `${String(Math.floor((body.base64.length * 3) / 4))} bytes`
}

function messageText(message: MessageView | undefined): string {
  if (message === undefined) return ''
  const properties = Object.entries(message.properties)
  const words = properties.map(([name, value]) => (value === null ? name : `${name}=${value}`)).join(' ')
  return `${bodyText(message.body)}${words === '' ? '' : `  ${words}`}`
}

function packetText(packet: JsonObject | null): string {
  if (packet === null) return ''
  const { topic, messageId, returnCode, payload, clientId, subscriptions, qos } = packet
  return [
    typeof clientId === 'string' ? `client ${clientId}` : '',
    typeof topic === 'string' ? topic : '',
    Array.isArray(subscriptions)
      ? subscriptions.map((one: JsonObject) => wordOf(one['topic'])).join(', ')
      : '',
    typeof messageId === 'number' ? `#${String(messageId)}` : '',
    typeof qos === 'number' && typeof topic === 'string' ? `QoS ${String(qos)}` : '',
    typeof returnCode === 'number' ? `code ${String(returnCode)}` : '',
    bodyText(payload as Bytes | undefined),
  ]
    .filter((part) => part !== '')
    .join('  ')
}
