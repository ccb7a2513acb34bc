/** The words of the features: each kind of word once, with what it stands for. */

import { defineParameterType } from '@cucumber/cucumber'
import type { DriverReply, ErrorKind, HandlerBehaviour, Happening, Verbs } from '../driver/client-driver.ts'
import { CLIENT_ACTIONS } from './client-actions.ts'
import { FACTORIES } from './client-factory.ts'

/** A handler and what it does. */
export interface Manner {
  readonly kind: Verbs['handle']['kind']
  readonly behaviour?: HandlerBehaviour
}

const HAPPENINGS: Readonly<Record<string, Happening>> = {
  messages: 'message',
  'method requests': 'method',
  'desired properties': 'desired',
  'connection changes': 'connectionState',
  'the need for a new token': 'newSasToken',
  'background exceptions': 'backgroundException',
}

/** How an application listens for something. */
const MANNERS: Readonly<Record<string, Manner>> = {
  'listens for': { kind: 'function' },
  'listens with a coroutine for': { kind: 'coroutine' },
  'stops listening for': { kind: 'none' },
  'is busy with': { kind: 'function', behaviour: { hold: true } },
  'fails at': { kind: 'function', behaviour: { fail: true } },
}

/** Documented name of each failure; an unexpected one may carry the service's status or not. */
const ERRORS: Readonly<Record<string, readonly ErrorKind[]>> = {
  ValueError: ['argument'],
  TypeError: ['argumentType'],
  CredentialError: ['credential'],
  ConnectionFailedError: ['connectionFailed'],
  ConnectionDroppedError: ['connectionDropped'],
  NoConnectionError: ['noConnection'],
  OperationTimeout: ['timeout'],
  OperationCancelled: ['cancelled'],
  ClientError: ['clientInternal', 'service'],
  InboxEmpty: ['inboxEmpty'],
  OSError: ['os'],
}

/** What may come of a call. */
export type Outcome = (reply: DriverReply) => boolean

/** What languages have for something that is not to be done at all. */
const REFUSALS: readonly ErrorKind[] = ['argumentType', 'argument', 'os', 'clientInternal', 'other']

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  succeeds: (reply) => 'ok' in reply,
  'is refused': (reply) => 'error' in reply && REFUSALS.includes(reply.error.kind),
  'gives nothing': (reply) => 'ok' in reply && reply.ok === null,
  ...Object.fromEntries(
    Object.entries(ERRORS).map(([name, kinds]): [string, Outcome] => [
      `fails with ${name}`,
      (reply) => 'error' in reply && kinds.includes(reply.error.kind),
    ]),
  ),
}

const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3_600, day: 86_400 }

/** A word that stands for something else. */
function define<T>(name: string, words: Readonly<Record<string, T>>): void {
  defineParameterType({
    name,
    regexp: Object.keys(words).map((word) => new RegExp(word.replaceAll('.', '\\.'))),
    transformer: (word: string) => words[word],
    useForSnippets: false,
  })
}

define('identity', { device: 'device', module: 'module' })
define('factory', FACTORIES)
define('happening', HAPPENINGS)
define('outcome', OUTCOMES)
/** Counted from the newest one. */
define('call', { 'the call before': -2, 'the call': -1 })
define('manner', MANNERS)
define('ask', Object.fromEntries(Object.keys(CLIENT_ACTIONS).map((words) => [words, words])))
defineParameterType({
  name: 'packet',
  regexp:
    /CONNECT|CONNACK|PUBLISH|PUBACK|PUBREC|SUBSCRIBE|SUBACK|UNSUBSCRIBE|UNSUBACK|PINGREQ|PINGRESP|DISCONNECT/,
  transformer: (name: string) => name.toLowerCase(),
})
defineParameterType({
  name: 'verb',
  regexp: /GET|PUT|POST|PATCH|DELETE/,
  transformer: (name: string) => name,
})

defineParameterType({
  name: 'seconds',
  regexp: /(\d+) (second|minute|hour|day)s?/,
  transformer: (count: string, unit: string) => Number(count) * (SECONDS[unit] ?? 1),
})
