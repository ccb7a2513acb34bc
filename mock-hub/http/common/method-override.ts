import type { IncomingMessage } from 'node:http'

/** Makes a `POST` with `X-HTTP-Method-Override: PATCH` a PATCH (WIRE-HTTP-12). Other methods are not overridden. */
export function overrideMethod(request: Pick<IncomingMessage, 'method' | 'headers'>): void {
  const wanted = request.headers['x-http-method-override']
  if (request.method === 'POST' && typeof wanted === 'string' && wanted.toUpperCase() === 'PATCH')
    request.method = 'PATCH'
}
