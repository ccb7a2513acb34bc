/** PUBLISH: telemetry, twin requests and method responses of the device become operations of the core. */

import { isUtf8 } from 'node:buffer'
import type { DeviceFaultOrder } from '../../core/contract/device-faults.ts'
import type { Message } from '../../core/contract/message.ts'
import { toHubError } from '../../core/errors/hub-error.ts'
import { MalformedPacket } from '../codec/frames.ts'
import type { FrameReader } from '../codec/frames.ts'
import { DUP, PublishView, RETAIN } from '../codec/packets.ts'
import type { PropertyBag } from '../codec/property-bag.ts'
import { telemetryMessage } from '../codec/telemetry-path.ts'
import { isTopicName, parsePublishTopic, telemetryRoot } from '../codec/topics.ts'
import type { Connection } from '../connection.ts'
import type { DeviceSession } from '../device-session.ts'
import { foreignTopic, qos2, tooLarge, unknownTopic, wildcardInTopic } from '../protocol-errors.ts'
import { performRequest } from './device-requests.ts'

/** @throws MalformedPacket */
export function handlePublish(
  connection: Connection,
  session: DeviceSession,
  { buffer, header, body, end }: FrameReader,
): undefined | Promise<void> {
  const qos = (header >> 1) & 3
  if (qos === 3) throw new MalformedPacket('QoS 3')
  if (qos === 0 && (header & DUP) !== 0) throw new MalformedPacket('DUP in a PUBLISH of QoS 0')
  if (qos === 2 && !connection.hub.settings.qos2Acknowledged) {
    connection.refuse(qos2())
    return undefined
  }
  const topicStart = body + 2
  const topicEnd = topicStart + ((buffer[body] ?? 0) << 8) + (buffer[body + 1] ?? 0)
  const payloadStart = topicEnd + (qos === 0 ? 0 : 2)
  if (payloadStart > end) throw new MalformedPacket('PUBLISH shorter than its topic says')
  const packetId = qos === 0 ? 0 : ((buffer[topicEnd] ?? 0) << 8) + (buffer[topicEnd + 1] ?? 0)
  if (qos !== 0 && packetId === 0) throw new MalformedPacket(`packet id 0 in a PUBLISH of QoS ${qos}`)
  const payload = buffer.subarray(payloadStart, end)
  connection.record('in', 'publish', new PublishView(header, buffer, topicStart, topicEnd, packetId, payload))

  let bag: PropertyBag | undefined
  try {
    bag = session.telemetryPath.bagOf(buffer, topicStart, topicEnd)
  } catch (error) {
    if (error instanceof MalformedPacket) throw error
    connection.refuse(toHubError(error))
    return undefined
  }
  if (bag === undefined) {
    const topic = buffer.subarray(topicStart, topicEnd)
    if (!isUtf8(topic)) throw new MalformedPacket('topic is not UTF-8')
    return handleRequest(connection, session, topic.toString(), payload, packetId)
  }
  const { maxTelemetryBytes } = connection.hub.settings
  if (payload.length > maxTelemetryBytes) {
    connection.refuse(tooLarge('a payload', payload.length, maxTelemetryBytes))
    return undefined
  }
  const message = telemetryMessage(payload, bag, (header & RETAIN) !== 0)
  // Sent again with DUP it orders again: the service acknowledges no repetition (WIRE-D2C-20).
  const order = connection.hub.deviceFaults.orderIn(bag.properties)
  if (order !== undefined) connection.hub.deviceFaults.begin(session.key, order)
  const acknowledged = order === undefined || !cutsMqtt(order)
  return storeTelemetry(connection, session, message, acknowledged ? packetId : 0)
}

/** An order that cuts the link is not acknowledged, however long its delay (WIRE-D2C-20). */
function cutsMqtt({ breaks }: DeviceFaultOrder): boolean {
  return breaks === undefined || breaks === 'tcp' || breaks === 'mqtt'
}

/** Stores, then acknowledges. Telemetry is never answered with an error: the connection is closed (WIRE-D2C-19). */
function storeTelemetry(
  connection: Connection,
  session: DeviceSession,
  message: Message,
  packetId: number,
): undefined | Promise<void> {
  let outcome: undefined | Promise<undefined>
  try {
    outcome = connection.hub.perform(session.caller, 'telemetry', { message })
  } catch (error) {
    connection.refuse(toHubError(error))
    return undefined
  }
  if (outcome !== undefined) return acknowledgeAfter(outcome, connection, packetId)
  if (packetId !== 0) connection.responder.puback(packetId)
  return undefined
}

async function acknowledgeAfter(
  stored: Promise<undefined>,
  connection: Connection,
  packetId: number,
): Promise<void> {
  try {
    await stored
    if (packetId !== 0) connection.responder.puback(packetId)
  } catch (error) {
    connection.refuse(toHubError(error))
  }
}

/** Any topic but a valid one of the device's own telemetry. */
function handleRequest(
  connection: Connection,
  session: DeviceSession,
  topic: string,
  payload: Buffer,
  packetId: number,
): undefined | Promise<void> {
  if (!isTopicName(topic)) {
    connection.refuse(wildcardInTopic(topic))
    return undefined
  }
  const request = parsePublishTopic(topic)
  if (request === undefined || request.type === 'telemetry') {
    const rule = request === undefined ? unknownTopic : foreignTopic
    connection.refuse(rule(topic, session.key, telemetryRoot(session.caller.principal.identity)))
    return undefined
  }
  return performRequest(connection, session, request, payload, packetId)
}
