/** The filter of an Event Hubs receiver: where it begins to read (docs/contract/events.md#events-filters). */

import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { numberOf, textOf } from '../codec/values.ts'
import type { Typed } from '../codec/values.ts'
import type { StartPosition } from './partition.ts'

const SELECTOR = 'apache.org:selector-filter:string'
const SELECTOR_CODE = 0x468c00000004
const FORM = /^\s*amqp\.annotation\.x-opt-([a-z-]+)\s*(>=?)\s*'?([^']*?)'?\s*$/i
const POSITIONS: ReadonlyMap<string, 'offset' | 'sequenceNumber' | 'enqueuedTime'> = new Map([
  ['offset', 'offset'],
  ['sequence-number', 'sequenceNumber'],
  ['enqueued-time', 'enqueuedTime'],
  ['enqueuedtimeutc', 'enqueuedTime'],
])

/**
 * @param filter filters by name; without a selector reading begins with the oldest message.
 * @throws HubError ArgumentInvalid for an invalid selector.
 */
export function startPosition(filter: ReadonlyMap<string, Typed> | undefined): StartPosition {
  const selector = textOf(filter?.get(SELECTOR)) ?? selectorAmong(filter)
  if (selector === undefined) return { from: 'earliest' }
  const [, name = '', comparison, value = ''] = FORM.exec(selector) ?? []
  const from = POSITIONS.get(name.toLowerCase())
  if (from === 'offset' && value === '-1') return { from: 'earliest' }
  if (from !== undefined && value.toLowerCase() === '@latest') return { from: 'latest' }
  if (from !== undefined && /^-?\d{1,19}$/.test(value))
    return { from, value: Number(value), inclusive: comparison === '>=' }
  throw new HubError({
    kind: 'ArgumentInvalid',
    rule: 'WIRE-AMQP-10',
    expected:
      "a selector such as amqp.annotation.x-opt-offset > '-1', of x-opt-offset, x-opt-sequence-number or x-opt-enqueued-time",
    received: quoted(selector),
  })
}

/** Some clients give the filter another name and set its descriptor. */
function selectorAmong(filter: ReadonlyMap<string, Typed> | undefined): string | undefined {
  for (const value of filter?.values() ?? []) {
    const text = textOf(value)
    const named = textOf(value.descriptor) === SELECTOR || numberOf(value.descriptor) === SELECTOR_CODE
    if (text !== undefined && (named || text.includes('amqp.annotation.'))) return text
  }
  return undefined
}
