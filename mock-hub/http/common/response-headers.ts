/** The headers of every answer, with their names in the case in which the service writes them. */

import type { FastifyReply } from 'fastify'
import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'

/**
 * Names that are written so. Fastify makes names lower-case, and hand-written parsers compare them exactly; a name that
 * is not listed keeps the case that it has.
 */
const SPELLING: ReadonlyMap<string, string> = new Map(
  [
    'Content-Encoding',
    'Content-Length',
    'Content-MD5',
    'Content-Type',
    'ETag',
    'IotHubErrorCode',
    'Last-Modified',
    'Location',
    'Retry-After',
    'Server',
    'Strict-Transport-Security',
    'Vary',
  ].map((name) => [name.toLowerCase(), name]),
)

/**
 * Sets what every answer of the service has, and keeps the case of the names of all headers.
 * @param requestId a GUID.
 * @param ofBlobs the route belongs to the blob service, which has no `Vary`.
 */
export function prepareAnswer(reply: FastifyReply, requestId: string, ofBlobs: boolean): void {
  void reply.header('server', 'Microsoft-HTTPAPI/2.0').header('x-ms-request-id', requestId)
  if (!ofBlobs) void reply.header('vary', 'Origin')
  keepCase(reply.raw)
}

function keepCase(raw: ServerResponse): void {
  const writeHead = raw.writeHead.bind(raw)
  const spelled = (status: number, given: OutgoingHttpHeaders = {}): ServerResponse => {
    const headers = new Map<string, OutgoingHttpHeader | undefined>()
    for (const name of raw.getHeaderNames()) {
      const spelling = SPELLING.get(name)
      if (spelling === undefined) continue
      headers.set(spelling, raw.getHeader(name))
      raw.removeHeader(name)
    }
    for (const [name, value] of Object.entries(given)) headers.set(SPELLING.get(name) ?? name, value)
    if (status === 204) headers.set('Content-Length', '0')
    // HTTP/1.1 keeps a connection open without a word; the service says none.
    if (raw.shouldKeepAlive && raw.req.httpVersion === '1.1') raw.removeHeader('connection')
    return writeHead(status, Object.fromEntries(headers))
  }
  // Fastify and node call it with a status and an object only.
  raw.writeHead = spelled as ServerResponse['writeHead']
}
