/** Hands each packet of a client to the handler of its kind. */

import type { FrameReader } from '../codec/frames.ts'
import { MalformedPacket } from '../codec/frames.ts'
import { TYPE, parsePacket } from '../codec/packets.ts'
import type { Connection } from '../connection.ts'
import { notConnectFirst, secondConnect } from '../protocol-errors.ts'
import { handleRegistrantPacket } from '../provisioning/packets.ts'
import { handleConnect } from './connect.ts'
import { handleDisconnect } from './disconnect.ts'
import { handlePingreq } from './pingreq.ts'
import { handlePuback } from './puback.ts'
import { handlePublish } from './publish.ts'
import { handleSubscribe } from './subscribe.ts'
import { handleUnsubscribe } from './unsubscribe.ts'

/**
 * Handles the packet at which the reader stands.
 * @returns a promise when that takes time.
 * @throws MalformedPacket
 */
export function handlePacket(connection: Connection, frames: FrameReader): undefined | Promise<void> {
  const type = frames.header >> 4
  const { session, registrant } = connection
  if (session !== undefined && type === TYPE.publish) return handlePublish(connection, session, frames)

  if (registrant !== undefined) {
    handleRegistrantPacket(connection, registrant, frames)
    return undefined
  }
  const frame = frames.buffer.subarray(frames.start, frames.end)
  if (session === undefined) {
    if (type === TYPE.connect) return handleConnect(connection, frame, frames.body - frames.start)
    connection.refuse(notConnectFirst(type))
    return undefined
  }
  if (type === TYPE.connect) {
    connection.refuse(secondConnect())
    return undefined
  }
  const packet = parsePacket(frame)
  connection.record('in', packet.cmd, packet)
  switch (packet.cmd) {
    case 'puback':
      handlePuback(connection, packet)
      return undefined
    case 'subscribe':
      return handleSubscribe(connection, session, packet)
    case 'unsubscribe':
      return handleUnsubscribe(connection, session, packet)
    case 'pingreq':
      handlePingreq(connection)
      return undefined
    case 'disconnect':
      handleDisconnect(connection, session)
      return undefined
    default:
      throw new MalformedPacket(`a client does not send ${packet.cmd.toUpperCase()} here`)
  }
}
