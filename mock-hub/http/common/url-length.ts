/** The web server below the service reads no path with a long segment (docs/contract/https.md). */

import { percentDecoded } from '../../base/percent.ts'
import type { FastifyInstance } from 'fastify'
import type { Server } from 'node:https'
import { HubError } from '../../core/errors/hub-error.ts'
import type { Hub } from '../../core/contract/hub.ts'

const LONGEST_SEGMENT = 260
const INVALID_URL =
  '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">\r\n' +
  '<HTML><HEAD><TITLE>Bad Request</TITLE>\r\n' +
  '<META HTTP-EQUIV="Content-Type" Content="text/html; charset=us-ascii"></HEAD>\r\n' +
  '<BODY><h2>Bad Request - Invalid URL</h2>\r\n' +
  '<hr><p>HTTP Error 400. The request URL is invalid.</p>\r\n' +
  '</BODY></HTML>\r\n'

/** Answers 400 with a page in HTML when a segment of the path has more than 260 characters (WIRE-HTTP-15). Blobs have their own rule. */
export function limitUrls(app: FastifyInstance<Server>, hub: Hub): void {
  app.addHook('onRequest', (request, reply, next) => {
    const length = request.routeOptions.config.versioned === false ? 0 : longestSegment(request.url)
    if (length <= LONGEST_SEGMENT) {
      next()
      return
    }
    const refusal = new HubError({
      kind: 'GenericBadRequest',
      message: 'The request URL is invalid.',
      rule: 'WIRE-HTTP-15',
      expected: `segments of the path of at most ${String(LONGEST_SEGMENT)} characters`,
      received: `one of ${String(length)}`,
    })
    hub.refuse(refusal, { transport: 'https' })
    void reply.code(400).type('text/html; charset=us-ascii').send(INVALID_URL)
  })
}

function longestSegment(url: string): number {
  // Decoding makes no segment longer.
  if (url.length <= LONGEST_SEGMENT) return url.length
  const [path = ''] = url.split('?', 1)
  let longest = 0
  for (const segment of path.split('/')) longest = Math.max(longest, percentDecoded(segment).length)
  return longest
}
