/** The service and device API as an OpenAPI document, built from the schemas and the access of the routes. */

import type { SwaggerOptions } from '@fastify/swagger'
import type { Access } from './common/route-context.ts'

/** Names of the two security schemes. */
export const POLICY = 'sharedAccessPolicy'
export const IDENTITY = 'deviceOrModule'

const AUTHORIZATION = {
  type: 'apiKey',
  in: 'header',
  name: 'Authorization',
  description: 'SharedAccessSignature sr=…&sig=…&se=…[&skn=…]',
} as const

const API_VERSION = {
  type: 'object',
  required: ['api-version'],
  properties: { 'api-version': { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\d(-preview)?$' } },
} as const

export const OPENAPI: SwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: { title: 'Mock IoT Hub: service and device API over HTTPS', version: '2021-04-12' },
    components: { securitySchemes: { [POLICY]: AUTHORIZATION, [IDENTITY]: AUTHORIZATION } },
  },
  transform({ schema, url, route }) {
    const { access, versioned } = route.config ?? {}
    return {
      url,
      schema: {
        ...schema,
        ...(versioned === false ? {} : { querystring: API_VERSION }),
        security: securityOf(access),
      },
    }
  },
}

/** The permissions of a route are the roles of its security requirement; one of them is enough. */
function securityOf(access: Access | undefined): Record<string, readonly string[]>[] {
  if (access === undefined || access === 'own') return []
  if (access === 'identity') return [{ [IDENTITY]: [] }]
  const either = access.orDevice === true || access.orModule === true
  return [{ [POLICY]: access.service }, ...(either ? [{ [IDENTITY]: [] }] : [])]
}
