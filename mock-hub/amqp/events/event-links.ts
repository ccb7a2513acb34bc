/** The nodes of event readers: partitions, `$management`, and `messages/events`, which redirects (docs/contract/events.md). */

import { eventHubErrorOf } from './errors.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import { quoted } from '../../core/errors/quoted.ts'
import { allows } from '../grants.ts'
import type { Answer } from '../request-node.ts'
import { requireService } from '../service-links.ts'
import type { ConnectionContext } from '../connection-context.ts'
import type { SendingLink } from '../endpoint/links.ts'
import type { AmqpMessage } from '../codec/messages.ts'
import type { AmqpError } from '../codec/performative-fields.ts'
import * as amqp from '../codec/values.ts'
import type { Typed } from '../codec/values.ts'
import type { Partition } from './partition.ts'
import { startPosition } from './start-position.ts'

const EPOCH = 'com.microsoft:epoch'
const RECEIVER_NAME = 'com.microsoft:receiver-name'

/** The error that redirects a reader of `messages/events` to the Event Hub (WIRE-AMQP-08). */
export function redirection({ hostName, port, eventHub }: ConnectionContext, rest: string): AmqpError {
  return {
    condition: 'amqp:link:redirect',
    info: new Map([
      ['hostname', amqp.string(hostName)],
      ['network-host', amqp.string(hostName)],
      ['port', amqp.uint(port)],
      ['address', amqp.string(`amqps://${hostName}:${port}/${eventHub.name}/${rest}`)],
    ]),
  }
}

/** Opens a receiver of one partition (WIRE-AMQP-10). @throws HubError for an unknown node or an invalid filter. */
export function openPartition(
  context: ConnectionContext,
  link: SendingLink,
  { entity, consumerGroup, partition: id }: { entity: string; consumerGroup: string; partition: string },
): void {
  const { eventHub } = context
  requireEntity(context, entity)
  if (!eventHub.hasConsumerGroup(consumerGroup))
    throw new HubError({
      kind: 'GenericNotFound',
      rule: 'WIRE-AMQP-10',
      expected: 'an existing consumer group',
      received: quoted(consumerGroup),
    })
  const partition = requirePartition(context, id)
  const position = startPosition(link.peerAttach.source?.filter)
  const release = requireService(context, link, [entity, 'ConsumerGroups', consumerGroup, 'Partitions', id])
  const leave = eventHub.readers.enter(`${id}/${consumerGroup.toLowerCase()}`, {
    epoch: amqp.numberOf(link.peerAttach.properties?.get(EPOCH)),
    name: amqp.textOf(link.peerAttach.properties?.get(RECEIVER_NAME)) ?? 'nil',
    stolen: (error) => {
      context.refused(error)
      link.detach(eventHubErrorOf(error, context.hub.clock.now(), context.hostName, link.address ?? ''))
    },
  })
  let next = partition.find(position)
  const pump = (): void => {
    while (link.ready) {
      const event = partition.read(next)
      if (event === undefined) return
      next = event.sequenceNumber + 1
      link.send({ payload: event.bytes, needsNoOutcome: true })
    }
  }
  const stopListening = partition.onAppend(pump)
  link.open({
    onCredit: pump,
    onGone: () => {
      stopListening()
      leave()
      release()
    },
  })
}

/** Answers a READ of `$management` (WIRE-AMQP-09). @throws HubError. */
export function manage(context: ConnectionContext, { application }: AmqpMessage): Answer {
  const ask = (name: string): string => amqp.textOf(application?.get(name)) ?? ''
  const operation = ask('operation')
  const type = ask('type')
  const describe = DESCRIPTIONS.get(type)
  if (operation.toUpperCase() !== 'READ' || describe === undefined)
    throw new HubError({
      kind: 'ArgumentInvalid',
      rule: 'WIRE-AMQP-09',
      expected: 'operation READ of type com.microsoft:eventhub or com.microsoft:partition',
      received: `operation ${quoted(operation)} of type ${quoted(type)}`,
    })
  requireEntity(context, ask('name'))
  authorize(context, ask('security_token'))
  return { status: 200, description: 'OK', body: amqp.map(describe(context, ask('partition')), 'string') }
}

/**
 * By a token on the connection, or by the one in the request, with which Java authorizes it.
 * @throws HubError IotHubUnauthorizedAccess.
 */
function authorize({ hub, tokens, eventHub }: ConnectionContext, securityToken: string): void {
  const path = [eventHub.name, '$management']
  try {
    tokens.requireService(path, () => undefined)()
  } catch (error) {
    if (securityToken === '') throw error
    const policy = hub.authentication.authorizeToken(securityToken)
    const grant = {
      audience: '',
      token: securityToken,
      policy,
      scope: policy.scope,
      expiresAt: policy.expiresAt,
    }
    if (!allows(grant, 'ServiceConnect', path)) throw error
  }
}

type Description = (context: ConnectionContext, partition: string) => readonly (readonly [string, Typed])[]

/** By the type that a request names. */
const DESCRIPTIONS: ReadonlyMap<string, Description> = new Map<string, Description>([
  [
    'com.microsoft:eventhub',
    ({ eventHub }) => [
      ['name', amqp.string(eventHub.name)],
      ['type', amqp.string('com.microsoft:eventhub')],
      ['created_at', amqp.timestamp(eventHub.createdAt)],
      ['partition_count', amqp.int(eventHub.partitions.length)],
      ['partition_ids', amqp.strings(eventHub.partitions.map(({ id }) => id))],
    ],
  ],
  [
    'com.microsoft:partition',
    (context, id) => {
      const partition = requirePartition(context, id)
      const { last, begin, end, isEmpty } = partition
      return [
        ['name', amqp.string(context.eventHub.name)],
        ['type', amqp.string('com.microsoft:partition')],
        ['partition', amqp.string(id)],
        ['begin_sequence_number', amqp.long(begin)],
        ['last_enqueued_sequence_number', amqp.long(end - 1)],
        ['last_enqueued_offset', amqp.string(String(last?.offset ?? -1))],
        ['last_enqueued_time_utc', amqp.timestamp(last?.enqueuedAt ?? 0)],
        ['is_partition_empty', amqp.boolean(isEmpty)],
      ]
    },
  ],
])

export function requireEntity({ eventHub }: ConnectionContext, entity: string): void {
  if (eventHub.isNamed(entity)) return
  throw new HubError({
    kind: 'GenericNotFound',
    rule: 'WIRE-AMQP-09',
    expected: `the entity ${quoted(eventHub.name)}`,
    received: quoted(entity),
  })
}

function requirePartition({ eventHub }: ConnectionContext, id: string): Partition {
  const partition = eventHub.partition(id)
  if (partition !== undefined) return partition
  throw new HubError({
    kind: 'PartitionNotFound',
    rule: 'WIRE-AMQP-10',
    expected: `a partition from 0 to ${eventHub.partitions.length - 1}`,
    received: quoted(id),
  })
}
