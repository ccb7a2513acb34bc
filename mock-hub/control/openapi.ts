/** The control API as an OpenAPI document, built from the schemas that the routes validate with. */

import type { SwaggerOptions } from '@fastify/swagger'

export function openApiOptions(withToken: boolean): SwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Mock IoT Hub: control API',
        description: 'Errors are { error, message }, with field, rule and given when a field is wrong.',
        version: '1',
      },
      ...(withToken
        ? {
            components: { securitySchemes: { controlToken: { type: 'http', scheme: 'bearer' } } },
            security: [{ controlToken: [] }],
          }
        : {}),
    },
  }
}
