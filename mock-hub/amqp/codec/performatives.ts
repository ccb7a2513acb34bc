/**
 * Reads and writes performatives by a table of their fields. All fields are written, with their defaults
 * (docs/contract/amqp.md#amqp-full-performatives), and no field more (docs/contract/amqp.md#amqp-no-surplus).
 */

import { malformed } from './malformed.ts'
import type {
  AmqpError,
  Outcome,
  Performative,
  PerformativeName,
  Performatives,
  Terminus,
} from './performative-fields.ts'
import * as amqp from './values.ts'
import type { Typed } from './values.ts'

/** How fields of one kind are read and written. */
interface Kind {
  /** @returns undefined: the value is not of this kind; null: it is ignored. */
  read(value: Typed): unknown
  write(value: never): Typed
}

/** Name, kind and default of a field; `required`: it has none. The hub does not use a field without a name. */
type Field = readonly [name: string | undefined, kind: Kind, otherwise?: number | boolean | 'required']

const unsigned = (write: (value: number) => Typed): Kind => ({
  read: (value) => {
    const number = amqp.numberOf(value)
    return number !== undefined && Number.isInteger(number) && number >= 0 ? number : undefined
  },
  write,
})
const text: Kind = { read: amqp.textOf, write: amqp.string }
const symbol: Kind = { read: amqp.textOf, write: amqp.symbol }
const symbols: Kind = { read: amqp.symbolsOf, write: amqp.symbols }
const boolean: Kind = { read: amqp.booleanOf, write: amqp.boolean }
const binary: Kind = {
  read: ({ value }) => (Buffer.isBuffer(value) ? value : undefined),
  write: amqp.binary,
}
const ubyte = unsigned(amqp.ubyte)
const ushort = unsigned(amqp.ushort)
const uint = unsigned(amqp.uint)
const ulong = unsigned(amqp.ulong)
const properties: Kind = {
  read: amqp.entriesOf,
  write: (entries: ReadonlyMap<string, Typed>) => amqp.map(entries, 'symbol'),
}
/** A field that the hub ignores and writes as null. */
const unread: Kind = { read: () => null, write: amqp.nothing }

const SOURCE = 0x28
const TARGET = 0x29
const ERROR = 0x1d
const DESCRIPTORS: ReadonlyMap<string, number> = new Map([
  ['amqp:source:list', SOURCE],
  ['amqp:target:list', TARGET],
  ['amqp:error:list', ERROR],
])
const FILTER = 7

const terminus = (descriptor: number): Kind => ({
  read: (value): Terminus | null => {
    // A coordinator of transactions, for example: a link without an address.
    if (amqp.descriptorOf(value, DESCRIPTORS) !== descriptor) return null
    const fields = amqp.itemsOf(value)
    const filter = descriptor === SOURCE ? amqp.present(fields[FILTER]) : undefined
    return {
      address: amqp.textOf(fields[0]),
      dynamic: amqp.booleanOf(fields[4]) ?? false,
      filter: filter === undefined ? undefined : amqp.entriesOf(filter),
    }
  },
  write: ({ address, dynamic, filter }: Terminus) => {
    const fields = [
      address === undefined ? amqp.nothing() : amqp.string(address),
      amqp.uint(0),
      amqp.symbol('session-end'),
      amqp.uint(0),
      amqp.boolean(dynamic),
      amqp.nothing(),
    ]
    const more =
      descriptor === TARGET
        ? [amqp.nothing()]
        : [
            amqp.nothing(),
            filter === undefined ? amqp.nothing() : amqp.map(filter, 'symbol'),
            amqp.nothing(),
            amqp.nothing(),
            amqp.nothing(),
          ]
    return amqp.described(descriptor, amqp.list([...fields, ...more]))
  },
})

const error: Kind = {
  read: (value): AmqpError | undefined => {
    const [condition, description, info] = amqp.itemsOf(value)
    const known = amqp.present(info)
    return {
      condition: amqp.textOf(condition) ?? '',
      description: amqp.textOf(description),
      info: known === undefined ? undefined : amqp.entriesOf(known),
    }
  },
  write: ({ condition, description, info }: AmqpError) =>
    amqp.described(
      ERROR,
      amqp.list([
        amqp.symbol(condition),
        description === undefined ? amqp.nothing() : amqp.string(description),
        info === undefined ? amqp.nothing() : amqp.map(info, 'symbol'),
      ]),
    ),
}

const OUTCOMES = ['received', 'accepted', 'rejected', 'released', 'modified'] as const
const FIRST_OUTCOME = 0x23
const OUTCOME_NAMES: ReadonlyMap<string, number> = new Map(
  OUTCOMES.map((name, index) => [`amqp:${name}:list`, FIRST_OUTCOME + index]),
)

const outcome: Kind = {
  read: (value): Outcome | null => {
    const type = OUTCOMES[(amqp.descriptorOf(value, OUTCOME_NAMES) ?? 0) - FIRST_OUTCOME]
    // A state of transactions, for example.
    if (type === undefined) return null
    const fields = amqp.itemsOf(value)
    if (type === 'rejected') {
      const why = amqp.present(fields[0])
      return { type, error: why === undefined ? undefined : (error.read(why) as AmqpError) } // what `error` reads
    }
    if (type !== 'modified') return { type }
    return { type, deliveryFailed: amqp.booleanOf(fields[0]), undeliverableHere: amqp.booleanOf(fields[1]) }
  },
  write: ({ type, error: why }: Outcome) => {
    const fields = type === 'rejected' && why !== undefined ? [error.write(why as never)] : []
    return amqp.described(FIRST_OUTCOME + OUTCOMES.indexOf(type), amqp.list(fields))
  },
}

const MAX_UINT = 0xffff_ffff
const CAPABILITIES: readonly Field[] = [
  [undefined, unread],
  [undefined, unread],
]

const TABLE: Readonly<Record<PerformativeName, readonly [code: number, fields: readonly Field[]]>> = {
  open: [
    0x10,
    [
      ['containerId', text, 'required'],
      ['hostname', text],
      ['maxFrameSize', uint, MAX_UINT],
      ['channelMax', ushort, 0xffff],
      ['idleTimeOut', uint],
      [undefined, unread],
      [undefined, unread],
      ...CAPABILITIES,
      ['properties', properties],
    ],
  ],
  begin: [
    0x11,
    [
      ['remoteChannel', ushort],
      ['nextOutgoingId', uint, 'required'],
      ['incomingWindow', uint, 'required'],
      ['outgoingWindow', uint, 'required'],
      ['handleMax', uint, MAX_UINT],
      ...CAPABILITIES,
      [undefined, unread],
    ],
  ],
  attach: [
    0x12,
    [
      ['name', text, 'required'],
      ['handle', uint, 'required'],
      ['role', boolean, 'required'],
      ['sndSettleMode', ubyte, 2],
      ['rcvSettleMode', ubyte, 0],
      ['source', terminus(SOURCE)],
      ['target', terminus(TARGET)],
      [undefined, unread],
      [undefined, unread],
      ['initialDeliveryCount', uint],
      ['maxMessageSize', ulong],
      ...CAPABILITIES,
      ['properties', properties],
    ],
  ],
  flow: [
    0x13,
    [
      ['nextIncomingId', uint],
      ['incomingWindow', uint, 'required'],
      ['nextOutgoingId', uint, 'required'],
      ['outgoingWindow', uint, 'required'],
      ['handle', uint],
      ['deliveryCount', uint],
      ['linkCredit', uint],
      ['available', uint],
      ['drain', boolean, false],
      ['echo', boolean, false],
      [undefined, unread],
    ],
  ],
  transfer: [
    0x14,
    [
      ['handle', uint, 'required'],
      ['deliveryId', uint],
      ['deliveryTag', binary],
      ['messageFormat', uint],
      ['settled', boolean],
      ['more', boolean, false],
      [undefined, unread],
      [undefined, unread],
      [undefined, unread],
      ['aborted', boolean, false],
      [undefined, unread],
    ],
  ],
  disposition: [
    0x15,
    [
      ['role', boolean, 'required'],
      ['first', uint, 'required'],
      ['last', uint],
      ['settled', boolean, false],
      ['state', outcome],
      [undefined, unread],
    ],
  ],
  detach: [
    0x16,
    [
      ['handle', uint, 'required'],
      ['closed', boolean, false],
      ['error', error],
    ],
  ],
  end: [0x17, [['error', error]]],
  close: [0x18, [['error', error]]],
  saslMechanisms: [0x40, [['mechanisms', symbols, 'required']]],
  saslInit: [
    0x41,
    [
      ['mechanism', symbol, 'required'],
      ['initialResponse', binary],
      ['hostname', text],
    ],
  ],
  saslOutcome: [
    0x44,
    [
      ['code', ubyte, 'required'],
      ['additionalData', binary],
    ],
  ],
}

const BY_CODE: ReadonlyMap<number, PerformativeName> = new Map(
  Object.entries(TABLE).map(([name, [code]]) => [code, name as PerformativeName]), // the keys of the table
)
const BY_SYMBOL: ReadonlyMap<string, number> = new Map(
  Object.entries(TABLE).map(([name, [code]]) => [
    `amqp:${name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}:list`,
    code,
  ]),
)

/**
 * Fields that the hub does not use, and those after the last one known, are ignored.
 * @throws AmqpViolation when the value is not a performative, or a field is missing or of a wrong type.
 */
export function readPerformative(value: Typed): Performative {
  const code = amqp.descriptorOf(value, BY_SYMBOL)
  const name = code === undefined ? undefined : BY_CODE.get(code)
  if (name === undefined) throw malformed('a performative', `a ${value.type.name} without such a descriptor`)
  const given = amqp.itemsOf(value)
  const fields = Object.create(null) as Record<string, unknown>
  TABLE[name][1].forEach(([field, kind, otherwise], index) => {
    if (field === undefined) return
    const item = amqp.present(given[index])
    if (item === undefined) {
      if (otherwise === 'required') throw malformed(`${name} with ${field}`, 'none')
      if (otherwise !== undefined) fields[field] = otherwise
      return
    }
    const read = kind.read(item)
    if (read === undefined) throw malformed(`${field} of ${name} in its type`, `a ${item.type.name}`)
    if (read !== null) fields[field] = read
  })
  return { name, fields } as unknown as Performative // the table has checked each field
}

/** With all its fields. */
export function writePerformative<K extends PerformativeName>(name: K, fields: Performatives[K]): Typed {
  const [code, table] = TABLE[name]
  const given = fields as Readonly<Record<string, unknown>>
  const items = table.map(([field, kind, otherwise]) => {
    const asked = field !== undefined && Object.hasOwn(given, field) ? given[field] : undefined
    const value = asked ?? otherwise
    return value === undefined ? amqp.nothing() : kind.write(value as never) // of the kind that the table names
  })
  return amqp.described(code, amqp.list(items))
}
