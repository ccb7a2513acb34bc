/** How the good device asks for addresses and for the time: over UDP, once, with a limit. */

import { createSocket } from 'node:dgram'
import { decode, encode } from 'dns-packet'
import type { Clock } from 'mock-iot-hub'
import { sntpQuestion, sntpTime } from '../../network/sntp.ts'

const LIMIT_SECONDS = 5

/** @throws Error when no answer comes in time. */
function ask(clock: Clock, server: string, port: number, question: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4')
  return new Promise<Buffer>((resolve, reject) => {
    const cancel = clock.schedule(LIMIT_SECONDS * 1000, () => {
      reject(new Error('no answer'))
    })
    socket.on('error', reject)
    socket.once('message', (bytes) => {
      cancel()
      resolve(bytes)
    })
    socket.send(question, port, server)
  }).finally(() => socket.close())
}

/** @throws Error when the name does not resolve. */
export async function askAddress(clock: Clock, server: string, port: number, name: string): Promise<string> {
  const question = encode({ type: 'query', id: 1, flags: 0x0100, questions: [{ type: 'A', name }] })
  const { answers = [] } = decode(await ask(clock, server, port, question))
  const found = answers.find(({ type }) => type === 'A')
  if (found?.type !== 'A') throw new Error(`${name} does not resolve`)
  return found.data
}

/** @returns ms by which the clock is behind. */
export async function askTimeBehind(clock: Clock, server: string, port: number): Promise<number> {
  return sntpTime(await ask(clock, server, port, sntpQuestion())) - clock.now()
}
