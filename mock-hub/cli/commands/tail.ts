/** `mock-iot-hub tail`: prints device-to-cloud messages as they arrive, from the hub's stream of server-sent events. */

import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Dial } from '../running-hub.ts'

export interface TailOptions {
  readonly dial: Dial
  /** Host name of the hub. */
  readonly hostName: string
  /** `Authorization` header of a policy with ServiceConnect. */
  readonly authorization: string
  /** CA of the hub's certificate, in PEM. Default: the CAs of the system. */
  readonly ca?: string | undefined
  readonly device?: string | undefined
  readonly source?: string | undefined
  /** Starts after this sequence number. Default: only new messages. */
  readonly after?: number | undefined
  /** Prints each message as a JSON object. Default: false, text. */
  readonly json?: boolean | undefined
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined
}

interface TailedMessage {
  readonly enqueuedTime: string
  readonly source: string
  readonly deviceId: string
  readonly moduleId?: string
  readonly properties: Readonly<Record<string, string | null>>
  readonly body?: unknown
  readonly bodyBase64?: string
}

/**
 * Yields a line for each message until the hub or the signal ends the stream.
 * @throws Error when the hub cannot be reached or refuses.
 */
export async function* tail(options: TailOptions): AsyncGenerator<string> {
  let rest = ''
  try {
    const answer = await open(options)
    answer.setEncoding('utf8')
    // A stream with an encoding gives text.
    for await (const chunk of answer as AsyncIterable<string>) {
      const events = (rest + chunk).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) {
        const data = event.split('\n').find((line) => line.startsWith('data: '))
        if (data === undefined) continue
        const text = data.slice('data: '.length)
        yield options.json === true ? text : formatMessage(JSON.parse(text) as TailedMessage)
      }
    }
  } catch (error) {
    if (options.signal?.aborted !== true) throw error
  }
}

/** A message as one line of text. */
export function formatMessage(message: TailedMessage): string {
  const sender = message.moduleId === undefined ? message.deviceId : `${message.deviceId}/${message.moduleId}`
  const event = message.source === 'Telemetry' ? '' : ` ${message.properties['opType'] ?? message.source}`
  const properties = Object.entries(message.properties).map(([name, value]) =>
    value === null ? name : `${name}=${value}`,
  )
  const shown = message.source === 'Telemetry' && properties.length > 0 ? ` [${properties.join(' ')}]` : ''
  const body =
    message.bodyBase64 === undefined ? JSON.stringify(message.body) : `base64:${message.bodyBase64}`
  return `${message.enqueuedTime} ${sender}${event}${shown} ${body}`
}

function open({
  dial,
  hostName,
  authorization,
  ca,
  device,
  source,
  after,
  signal,
}: TailOptions): Promise<IncomingMessage> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ device, source, after }))
    if (value !== undefined) query.set(name, String(value))
  const headers = { authorization, host: hostName }
  return new Promise((resolve, reject) => {
    const call = request({ ...dial, path: `/events?${query.toString()}`, headers, ca, signal })
    // Also after the answer: the signal ends both.
    call.on('error', reject)
    call.once('response', (answer) => {
      if (answer.statusCode === 200) resolve(answer)
      else {
        answer.resume()
        reject(new Error(`tail: ${hostName} answered ${String(answer.statusCode)}`))
      }
    })
    call.end()
  })
}
