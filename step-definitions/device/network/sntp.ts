/** The SNTP responder of the bench (RFC 4330): the time of the bench, and an offset that provocations set. */

import type { Socket } from 'node:dgram'
import type { Clock } from 'mock-iot-hub'
import { boundSocket, UdpResponder, type UdpAddress } from './udp.ts'

const PACKET_BYTES = 48
/** Seconds from 1900 to 1970. */
const EPOCH_SECONDS = 2_208_988_800
const CLIENT = 3
const SERVER = 4

export interface SntpOptions extends UdpAddress {
  readonly clock: Clock
  /** Hears of each question. */
  readonly asked: (offsetSeconds: number) => void
}

export class SntpResponder extends UdpResponder {
  /** Seconds by which its time is ahead of the bench. */
  offsetSeconds = 0

  private constructor({ clock, asked }: SntpOptions, socket: Socket) {
    super(socket)
    socket.on('message', (bytes, { port, address }) => {
      const [first = 0] = bytes
      if (bytes.length < PACKET_BYTES || (first & 7) !== CLIENT) return
      asked(this.offsetSeconds)
      socket.send(sntpAnswer(bytes, clock.now() + this.offsetSeconds * 1000), port, address)
    })
  }

  /** @throws the system's error for a port that cannot be had. */
  static async start(options: SntpOptions): Promise<SntpResponder> {
    return new SntpResponder(options, await boundSocket(options))
  }
}

/** @param ms epoch ms. */
function sntpAnswer(question: Buffer, ms: number): Buffer {
  const answer = Buffer.alloc(PACKET_BYTES)
  const [first = 0] = question
  answer.writeUInt8((first & 0x38) | SERVER, 0) // the client's version
  answer.writeUInt8(1, 1) // stratum: a primary reference
  answer.writeInt8(-20, 3) // precision: about a microsecond
  answer.write('LOCL', 12, 'ascii')
  question.copy(answer, 24, 40, 48) // what the client sent comes back as its origin
  for (const at of [16, 32, 40]) writeTime(answer, at, ms)
  return answer
}

function writeTime(packet: Buffer, at: number, ms: number): void {
  packet.writeUInt32BE((Math.floor(ms / 1000) + EPOCH_SECONDS) % 2 ** 32, at)
  packet.writeUInt32BE(Math.floor(((ms % 1000) / 1000) * 2 ** 32), at + 4)
}

/** The question of a client. */
export function sntpQuestion(): Buffer {
  const question = Buffer.alloc(PACKET_BYTES)
  question.writeUInt8((4 << 3) | CLIENT, 0)
  return question
}

/** The time that an answer tells, as epoch ms. */
export function sntpTime(answer: Buffer): number {
  return (answer.readUInt32BE(40) - EPOCH_SECONDS) * 1000 + (answer.readUInt32BE(44) / 2 ** 32) * 1000
}
