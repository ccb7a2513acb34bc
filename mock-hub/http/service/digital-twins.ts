/** `/digitaltwins`: the plug-and-play view of twins and methods (docs/contract/digital-twins.md). */

import type { PatchStep } from '../../core/contract/services/digital-twins.ts'
import { compactJson } from '../../base/json-text.ts'
import type { HubRoutes } from '../common/route-context.ts'
import { sendPayload } from './methods.ts'

interface CommandRoute {
  Params: { deviceId: string; component?: string; command: string }
  Querystring: { connectTimeoutInSeconds?: string; responseTimeoutInSeconds?: string }
}

const PATCH = {
  type: 'array',
  items: {
    type: 'object',
    required: ['op', 'path'],
    properties: { op: { enum: ['add', 'replace', 'remove'] }, path: { type: 'string' }, value: {} },
  },
} as const

const seconds = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text)

export const digitalTwinRoutes: HubRoutes = (app, { hub, services: { digitalTwins } }, done) => {
  const access = { service: ['ServiceConnect'] } as const
  const tags = ['digital twins']
  app.get<{ Params: { deviceId: string } }>(
    '/digitaltwins/:deviceId',
    { config: { access, throttle: 'twinRead' }, schema: { tags, summary: 'Read a digital twin' } },
    ({ params: { deviceId } }, reply) => {
      const { document, etag } = digitalTwins.get(deviceId)
      return reply.header('etag', `"${etag}"`).send(document)
    },
  )
  app.patch<{
    Params: { deviceId: string }
    Body: readonly PatchStep[]
    Headers: { 'if-match'?: string }
  }>(
    '/digitaltwins/:deviceId',
    {
      config: { access, throttle: 'twinUpdate' },
      schema: { tags, summary: 'Write desired properties with a JSON patch', body: PATCH },
    },
    ({ params: { deviceId }, body, headers }, reply) => {
      const { etag } = digitalTwins.patch(deviceId, body, headers['if-match'])
      return reply
        .code(202)
        .header('etag', `"${etag}"`)
        .header('location', `https://${hub.hostName}/digitaltwins/${encodeURIComponent(deviceId)}`)
        .send()
    },
  )
  for (const path of [
    '/digitaltwins/:deviceId/commands/:command',
    '/digitaltwins/:deviceId/components/:component/commands/:command',
  ])
    app.post<CommandRoute>(
      path,
      {
        config: { access, throttle: 'method' },
        schema: { tags, summary: 'Invoke a command and wait for its response' },
      },
      async ({ params, query, bodyText }, reply) => {
        const { deviceId, component, command } = params
        const { status, body } = await hub.methods.invoke(
          { deviceId },
          {
            // A command of a component is a method with this name (plug and play convention).
            methodName: component === undefined ? command : `${component}*${command}`,
            // A command always has a payload: {} when the caller gives none (WIRE-DTW-05).
            payload: bodyText === undefined ? '{}' : compactJson(bodyText),
            connectTimeoutInSeconds: seconds(query.connectTimeoutInSeconds),
            responseTimeoutInSeconds: seconds(query.responseTimeoutInSeconds),
          },
        )
        void reply.header('x-ms-command-statuscode', String(status))
        return await sendPayload(reply, body.length === 0 ? Buffer.from('null') : body)
      },
    )
  done()
}
