/** A device or module sends telemetry over HTTPS, one message or a batch (docs/contract/https.md). */

import { readJson } from '../../base/json-text.ts'
import { HubError } from '../../core/errors/hub-error.ts'
import type { Message } from '../../core/contract/message.ts'
import { headerPairs, messageFrom } from './message-headers.ts'
import { beginOrderedFault, breakConnection } from '../common/device-ordered-faults.ts'
import { callerOf, type HubRoutes } from '../common/route-context.ts'
import { IDENTITY_PATHS } from '../../http-common/identity-paths.ts'

const BATCH = 'application/vnd.microsoft.iothub.json'

export const telemetryRoutes: HubRoutes = (app, { hub }, done) => {
  for (const path of IDENTITY_PATHS)
    app.post(
      `${path}/messages/events`,
      {
        config: { access: 'identity', throttle: 'none', body: 'raw' },
        // Room for a batch with one message of maximum size: base64 adds a third, and properties come on top.
        bodyLimit: 4 * hub.settings.maxTelemetryBytes,
        schema: { tags: ['device'], summary: 'Send one message, or a batch of them' },
      },
      async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
        const messages =
          type === BATCH ? batchOf(body) : [messageFrom(headerPairs(request.raw.rawHeaders), body)]
        checkBatchSize(messages, hub.settings.maxTelemetryBytes)
        const caller = callerOf(request)
        for (const message of messages) await hub.perform(caller, 'telemetry', { message })
        if (beginOrderedFault(hub, caller, messages)) return breakConnection(request, reply)
        return reply.code(204).send()
      },
    )
  done()
}

/** `[{"body": base64, "base64Encoded"?: boolean, "properties": {"iothub-app-k": "v"}}]` (WIRE-HTTP-03). */
export function batchOf(bytes: Buffer): readonly Message[] {
  let entries: unknown
  try {
    entries = readJson(bytes.toString('utf8'))
  } catch (error) {
    throw badBatch('a JSON array', error instanceof RangeError ? error.message : 'bytes that are not JSON')
  }
  if (!Array.isArray(entries) || entries.length === 0)
    throw badBatch(
      'a JSON array of at least one message',
      Array.isArray(entries) ? 'an empty array' : typeof entries,
    )
  return entries.map((entry: unknown, index) => {
    if (typeof entry !== 'object' || entry === null)
      throw badBatch(`[${String(index)}] to be an object`, entry === null ? 'null' : typeof entry)
    const { body, base64Encoded, properties } = entry as Record<string, unknown>
    if (typeof body !== 'string') throw badBatch(`[${String(index)}].body to be text`, typeof body)
    if (base64Encoded !== false && !isBase64(body))
      throw badBatch(`[${String(index)}].body to be base64`, `${String(body.length)} characters that are not`)
    const named = Object.entries(properties ?? {}).map(([name, value]): [string, string] => {
      if (typeof value === 'string') return [name, value]
      throw badBatch(`[${String(index)}].properties.${name.slice(0, 80)} to be text`, typeof value)
    })
    return messageFrom(named, Buffer.from(body, base64Encoded === false ? 'utf8' : 'base64'))
  })
}

/** A batch is stored completely or not at all: it is refused before its first message is stored. */
function checkBatchSize(messages: readonly Message[], limit: number): void {
  const size = messages.reduce((sum, { body }) => sum + body.length, 0)
  if (messages.length < 2 || size <= limit) return
  throw new HubError({
    kind: 'MessageTooLarge',
    message: `A batch holds at most ${String(limit)} bytes.`,
    rule: 'WIRE-HTTP-03',
    expected: `at most ${String(limit)} bytes in all messages of a batch`,
    received: `${String(size)} bytes in ${String(messages.length)} messages`,
  })
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0
}

function badBatch(expected: string, received: string): HubError {
  return new HubError({
    kind: 'ArgumentInvalid',
    message: `Invalid batch: expected ${expected}; given: ${received}.`,
    rule: 'WIRE-HTTP-03',
    expected,
    received,
  })
}
