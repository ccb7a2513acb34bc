import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Remembers the paths of routes that are added from now on. @returns whether a route has the path of a request. */
export function rememberPaths(app: FastifyInstance): (request: FastifyRequest) => boolean {
  const patterns = new Set<string>()
  app.addHook('onRoute', ({ url, config }) => {
    if (config?.access !== undefined) patterns.add(url)
  })
  let known: RegExp | undefined
  return ({ url }) => {
    known ??= new RegExp(`^(?:${[...patterns].map(source).join('|')})$`, 'i')
    const path = url.replace(/\?.*$/s, '').replace(/\/{2,}/g, '/')
    return known.test(path.replace(/(?<=.)\/$/, ''))
  }
}

/** `/devices/:deviceId` is `/devices/[^/]+`. */
function source(pattern: string): string {
  return pattern
    .replace(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replace(/:\w+/g, '[^/]+')
    .replaceAll('*', '.*')
}
