/** The parameter types of the steps: the words of the features and their meaning. */

import { defineParameterType } from '@cucumber/cucumber'
import type {
  DriverReply,
  ErrorKind,
  HandlerBehaviour,
  Happening,
  Verbs,
} from '../../driver/client-driver.ts'
import { CLIENT_ACTIONS } from './client-actions.ts'
import { FACTORIES } from '../../world/clients/client-factory.ts'

/** A handler and its behaviour. */
export interface HandlerKind {
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

/** How an application handles an event. */
const HANDLERS: Readonly<Record<string, HandlerKind>> = {
  'listens for': { kind: 'function' },
  'listens with a coroutine for': { kind: 'coroutine' },
  'stops listening for': { kind: 'none' },
  'is busy with': { kind: 'function', behaviour: { hold: true } },
  'fails at': { kind: 'function', behaviour: { fail: true } },
}

/** The documented name of each failure; an unexpected one can have a status of the service. */
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

/** A check of the outcome of a call. */
export interface Outcome {
  (reply: DriverReply): boolean
  /** The call is to fail; in which class differs from language to language. */
  readonly isFailure?: boolean
}

const failure = (check: (reply: DriverReply) => boolean): Outcome => Object.assign(check, { isFailure: true })

/** How languages reject something that must not be done. */
const REFUSALS: readonly ErrorKind[] = ['argumentType', 'argument', 'os', 'clientInternal', 'other']

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  succeeds: (reply) => 'ok' in reply,
  'is refused': failure((reply) => 'error' in reply && REFUSALS.includes(reply.error.kind)),
  'gives nothing': (reply) => 'ok' in reply && reply.ok === null,
  ...Object.fromEntries(
    Object.entries(ERRORS).map(([name, kinds]): [string, Outcome] => [
      `fails with ${name}`,
      failure((reply) => 'error' in reply && kinds.includes(reply.error.kind)),
    ]),
  ),
}

const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3_600, day: 86_400 }

/** Defines a parameter type by its words and their values. */
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
/** Counted from the last call. */
define('call', { 'the call before': -2, 'the call': -1 })
define('handler', HANDLERS)
define('action', Object.fromEntries(Object.keys(CLIENT_ACTIONS).map((words) => [words, words])))
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
