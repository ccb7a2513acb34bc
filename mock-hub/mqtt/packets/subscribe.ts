/** SUBSCRIBE: opens the channels on which the hub sends to the device. */

import { quoted } from '../../core/errors/quoted.ts'
import { MalformedPacket } from '../codec/frames.ts'
import type { SubscribePacket } from '../codec/packets.ts'
import { type Filter, isValidFilter } from '../codec/filters.ts'
import type { Connection } from '../connection.ts'
import type { DeviceSession } from '../device-session.ts'
import { sentBeforeSubscription, tooManyFilters, unsupportedFilter } from '../protocol-errors.ts'
import { channelsOf } from '../subscriptions.ts'

/** Most filters of one device at a time (WIRE-SESS-16). */
const MOST_FILTERS = 5

interface AcceptedFilter {
  readonly topic: string
  readonly filter: Filter
  readonly qos: 0 | 1
}

/** Each filter is granted the QoS that it asks for, at most 1 (WIRE-SESS-12, WIRE-SESS-13). */
export function handleSubscribe(
  connection: Connection,
  session: DeviceSession,
  { messageId = 0, subscriptions }: SubscribePacket,
): undefined | Promise<void> {
  if (messageId < 1 || subscriptions.length === 0)
    throw new MalformedPacket('SUBSCRIBE without packet id or filter')
  const filters: AcceptedFilter[] = []
  for (const { topic, qos } of subscriptions) {
    if (!isValidFilter(topic)) throw new MalformedPacket(`SUBSCRIBE with the topic filter ${quoted(topic)}`)
    const filter = session.filterOf(topic)
    if (filter === undefined) {
      connection.refuse(unsupportedFilter(topic, session.key))
      return undefined
    }
    filters.push({ topic, filter, qos: qos === 0 ? 0 : 1 })
  }
  if (!checkNumberOfFilters(connection, session, filters)) return undefined

  const grant = (): void => {
    grantFilters(connection, session, messageId, filters)
  }
  const stored = connection.brokerSession?.subscribe(filters.map(({ topic, qos }) => ({ topic, qos })))
  if (stored !== undefined) return stored.then(grant)
  grant()
  return undefined
}

/** Answers with SUBACK; then what has waited may be sent. */
function grantFilters(
  connection: Connection,
  session: DeviceSession,
  packetId: number,
  filters: readonly AcceptedFilter[],
): void {
  const hadC2d = session.subscriptions.qosFor('c2d') !== undefined
  for (const { topic, filter, qos } of filters) session.subscriptions.put(topic, filter, qos)
  if (!hadC2d && session.subscriptions.qosFor('c2d') !== undefined) rejectEarlier(connection, session)
  const granted = filters.map(({ qos }) => qos)
  connection.responder.suback(packetId, granted)
  session.ready([...new Set(filters.flatMap(({ filter }) => channelsOf(filter)))])
}

/** A device gets the messages that are sent after it has subscribed; a stored session has subscribed already (WIRE-SESS-06). */
function rejectEarlier(connection: Connection, { caller, key }: DeviceSession): void {
  const { hub } = connection
  if (hub.settings.c2dBeforeSubscription) return
  const rejected = hub.c2d.rejectWaiting(caller.principal.identity)
  if (rejected > 0) connection.refused(sentBeforeSubscription(rejected, key))
}

/** @returns false: the connection has been refused. */
function checkNumberOfFilters(
  connection: Connection,
  { key, subscriptions }: DeviceSession,
  filters: readonly AcceptedFilter[],
): boolean {
  const added = new Set(filters.map(({ topic }) => topic).filter((topic) => !subscriptions.has(topic)))
  const count = subscriptions.size + added.size
  if (count <= MOST_FILTERS) return true
  const { settings, logger } = connection.hub
  if (settings.closeOnSixthSubscription) {
    connection.refuse(tooManyFilters(count, MOST_FILTERS))
    return false
  }
  logger.warn(`${key} has ${count} subscriptions; the service allows ${MOST_FILTERS}`)
  return true
}
