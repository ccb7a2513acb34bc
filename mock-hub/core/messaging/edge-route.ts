/**
 * A route of IoT Edge: `FROM {source} [WHERE {condition}] INTO {sink}`. A source is a path of messages, with `*` for the
 * rest; a sink is the cloud or an input of a module.
 */

import type { Json } from '../../base/json.ts'
import type { Message } from '../contract/message.ts'
import { HubError } from '../errors/hub-error.ts'
import type { Expression } from '../query/ast.ts'
import { compile, type Fields, type Read } from '../query/compile.ts'
import { parseTarget, ROUTE_DIALECT } from '../query/parse.ts'

export interface Route {
  readonly text: string
  matches(message: RoutedMessage): boolean
  /** Undefined: the cloud. */
  readonly input: { readonly moduleId: string; readonly inputName: string } | undefined
}

/** A message with what conditions can refer to. */
export interface RoutedMessage {
  readonly deviceId: string
  readonly moduleId: string
  readonly message: Message
}

const FORM = /^\s*(?:SELECT\s+\*\s+)?FROM\s+(\S+)(?:\s+WHERE\s+([\s\S]+?))?\s+INTO\s+([\s\S]+?)\s*$/i
const UPSTREAM = /^\$upstream$/i
const ENDPOINT = /^BrokeredEndpoint\s*\(\s*(["'])\/modules\/([^/]+)\/inputs\/([^/]+)\1\s*\)$/i

/** @throws RangeError that names the part, the rule and what was given. */
export function parseRoute(text: string): Route {
  const [, source, condition, sink] = FORM.exec(text) ?? []
  if (source === undefined || sink === undefined)
    throw wrong('to be FROM {source} [WHERE {condition}] INTO {sink}', text)
  const from = sourceOf(source)
  const where = condition === undefined ? undefined : conditionOf(condition)
  return {
    text,
    input: sinkOf(sink),
    matches: (message) => from(message) && (where === undefined || where(message) === true),
  }
}

/** `/*`, `/messages/*`, `/messages/modules/*`, `/messages/modules/m/*`, `…/m/outputs/*`, `…/m/outputs/o`. */
function sourceOf(source: string): (message: RoutedMessage) => boolean {
  const segments = source.split('/').slice(1)
  const any = segments.at(-1) === '*'
  const wanted = any ? segments.slice(0, -1) : segments
  const shape = ['messages', 'modules', undefined, 'outputs', undefined]
  const fits =
    source.startsWith('/') &&
    wanted.length <= shape.length &&
    (any || wanted.length === shape.length) &&
    wanted.every((segment, index) => segment !== '' && (shape[index] ?? segment) === segment)
  if (!fits)
    throw wrong(
      'source to be /*, /messages/*, /messages/modules/{m}/* or /messages/modules/{m}/outputs/{o}',
      source,
    )
  return ({ moduleId, message }) => {
    const { outputName } = message.system
    const actual = [
      'messages',
      'modules',
      moduleId,
      ...(outputName === undefined ? [] : ['outputs', outputName]),
    ]
    return wanted.every((segment, index) => segment === actual[index])
  }
}

function sinkOf(sink: string): Route['input'] {
  if (UPSTREAM.test(sink)) return undefined
  const [, , moduleId, inputName] = ENDPOINT.exec(sink) ?? []
  if (moduleId !== undefined && inputName !== undefined) return { moduleId, inputName }
  throw wrong('sink to be $upstream or BrokeredEndpoint("/modules/{m}/inputs/{i}")', sink)
}

/** Application properties by their own names, system properties as `$name`, the body as `$body.path`. */
function conditionOf(text: string): Read<RoutedMessage> {
  try {
    const { where } = parseTarget(text, ROUTE_DIALECT)
    if (where !== undefined) return compile(throughProperties(where), FIELDS)
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    throw wrong(`condition to be well-formed (${error.explanation.received})`, text)
  }
  throw wrong('condition other than *', text)
}

const PROPERTIES = '$properties'

const FIELDS: Fields<RoutedMessage> = new Map<string, (row: RoutedMessage) => Json | undefined>([
  [PROPERTIES, ({ message }) => message.properties],
  ['$body', ({ message }) => jsonOf(message)],
  ['$connectiondeviceid', ({ deviceId }) => deviceId],
  ['$connectionmoduleid', ({ moduleId }) => moduleId],
  ['$messageid', ({ message }) => message.system.messageId],
  ['$correlationid', ({ message }) => message.system.correlationId],
  ['$userid', ({ message }) => message.system.userId],
  ['$contenttype', ({ message }) => message.system.contentType],
  ['$contentencoding', ({ message }) => message.system.contentEncoding],
  ['$outputname', ({ message }) => message.system.outputName],
])

/** Makes each name without a dollar sign an application property. */
function throughProperties(expression: Expression): Expression {
  switch (expression.type) {
    case 'path': {
      const [first] = expression.path
      if (typeof first === 'string' && first.startsWith('$')) return expression
      return { ...expression, path: [PROPERTIES, ...expression.path] }
    }
    case 'literal':
      return expression
    case 'not':
    case 'negative':
      return { ...expression, of: throughProperties(expression.of) }
    case 'and':
    case 'or':
    case 'compare':
    case 'arithmetic':
      return {
        ...expression,
        left: throughProperties(expression.left),
        right: throughProperties(expression.right),
      }
    case 'in':
      return { ...expression, value: throughProperties(expression.value) }
    case 'call':
      return { ...expression, arguments: expression.arguments.map(throughProperties) }
  }
}

/** The body, when its content type is JSON and it is well-formed. */
function jsonOf({ body, system: { contentType } }: Message): Json | undefined {
  if (contentType?.toLowerCase().startsWith('application/json') !== true) return undefined
  try {
    return JSON.parse(body.toString('utf8')) as Json // JSON by definition
  } catch {
    return undefined
  }
}

function wrong(rule: string, given: string): RangeError {
  return new RangeError(`route: expected ${rule}; given: ${JSON.stringify(given.slice(0, 300))}`)
}
