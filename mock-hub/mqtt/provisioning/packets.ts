/** Packets of a device that asks for its hub. */

import type { IPublishPacket } from 'mqtt-packet'
import type { HubError } from '../../core/errors/hub-error.ts'
import { toHubError } from '../../core/errors/hub-error.ts'
import { errorAnswer } from '../../provisioning/contract/error-answer.ts'
import { isValidFilter } from '../codec/filters.ts'
import { MalformedPacket, type FrameReader } from '../codec/frames.ts'
import { parsePacket, type SubscribePacket, type UnsubscribePacket } from '../codec/packets.ts'
import type { Connection } from '../connection.ts'
import { secondConnect } from '../protocol-errors.ts'
import { noSubscription, otherFilter, otherTopic, qos2, tooLarge } from './refusals.ts'
import type { RegistrantSession } from './registrant-session.ts'
import { ANSWERS, formatAnswerTopic, parseRequestTopic, type RegistrationRequest } from './topics.ts'

const MOST_BYTES = 96 * 1024
const NOT_GRANTED = 0x80

/** @throws MalformedPacket */
export function handleRegistrantPacket(
  connection: Connection,
  session: RegistrantSession,
  frames: FrameReader,
): void {
  const packet = parsePacket(frames.buffer.subarray(frames.start, frames.end))
  if (packet.cmd === 'connect') {
    connection.refuse(secondConnect())
    return
  }
  connection.record('in', packet.cmd, packet)
  switch (packet.cmd) {
    case 'publish':
      handleRequest(connection, session, packet)
      return
    case 'subscribe':
      subscribe(connection, session, packet)
      return
    case 'unsubscribe':
      unsubscribe(connection, session, packet)
      return
    case 'puback':
      connection.out.acknowledged(packet.messageId ?? 0)
      return
    case 'pingreq':
      connection.responder.pingresp()
      return
    case 'disconnect':
      connection.close('disconnect')
      return
    default:
      throw new MalformedPacket(`a client does not send ${packet.cmd.toUpperCase()} here`)
  }
}

/** Another filter is not granted; the link stays (DPS-SUB-04). */
function subscribe(
  connection: Connection,
  session: RegistrantSession,
  { messageId = 0, subscriptions }: SubscribePacket,
): void {
  if (messageId < 1 || subscriptions.length === 0)
    throw new MalformedPacket('SUBSCRIBE without packet id or filter')
  const codes = subscriptions.map(({ topic, qos }) => {
    if (!isValidFilter(topic)) throw new MalformedPacket('SUBSCRIBE with an invalid topic filter')
    if (topic !== ANSWERS) {
      connection.refused(otherFilter(topic))
      return NOT_GRANTED
    }
    const granted = qos === 0 ? 0 : 1
    session.answersAt = granted
    return granted
  })
  connection.responder.suback(messageId, codes)
}

function unsubscribe(
  connection: Connection,
  session: RegistrantSession,
  { messageId = 0, unsubscriptions }: UnsubscribePacket,
): void {
  if (messageId < 1 || unsubscriptions.length === 0)
    throw new MalformedPacket('UNSUBSCRIBE without packet id or filter')
  if (unsubscriptions.includes(ANSWERS)) session.answersAt = undefined
  connection.responder.unsuback(messageId)
}

/** PUBACK comes before the answer: the C# client takes no other order (DPS-REG-06). */
function handleRequest(connection: Connection, session: RegistrantSession, packet: IPublishPacket): void {
  const { topic, qos, messageId = 0 } = packet
  const payload = Buffer.from(packet.payload)
  if (qos === 2) {
    connection.refuse(qos2())
    return
  }
  if (payload.length > MOST_BYTES) {
    connection.refuse(tooLarge(payload.length, MOST_BYTES))
    return
  }
  const request = parseRequestTopic(topic)
  if (request === undefined) {
    connection.refuse(otherTopic(topic))
    return
  }
  if (qos === 1) connection.responder.puback(messageId)
  // The next packet does not wait: a fault may delay the answer.
  void answer(connection, session, request, payload.toString())
}

async function answer(
  connection: Connection,
  session: RegistrantSession,
  request: RegistrationRequest,
  body: string,
): Promise<void> {
  const { provisioning, registrant } = session
  const { requestId } = request
  try {
    const given =
      request.type === 'register'
        ? await provisioning.devices.register(registrant, body)
        : await provisioning.devices.poll(registrant, request.operationId)
    if (given.instead === 'close') connection.close('fault')
    if (given.instead !== undefined) return
    const topic = formatAnswerTopic(given.status, requestId, given.retryAfter)
    send(connection, session, topic, typeof given.body === 'string' ? given.body : JSON.stringify(given.body))
  } catch (error) {
    const refusal: HubError = toHubError(error)
    connection.refused(refusal)
    const { status, retryAfter, body: errorBody } = errorAnswer(refusal, connection.hub.clock.now())
    send(connection, session, formatAnswerTopic(status, requestId, retryAfter), JSON.stringify(errorBody))
  }
}

function send(connection: Connection, session: RegistrantSession, topic: string, payload: string): void {
  if (connection.over) return
  if (session.answersAt === undefined) connection.refused(noSubscription(topic))
  else connection.out.publish({ topic, payload, qos: session.answersAt })
}
