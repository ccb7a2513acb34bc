/** Direct methods: a back end, or a module through its gateway, invokes a method of a device or module (docs/contract/methods.md). */

import type { FastifyReply } from 'fastify'
import { isUtf8 } from 'node:buffer'
import { memberText } from '../../base/json-text.ts'
import type { MethodCall, MethodResult } from '../../core/contract/methods.ts'
import { callerGone } from '../../http-common/caller-gone.ts'
import { callerOf, TWIN_PATHS, type HubRoutes } from '../common/route-context.ts'
import { identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'

interface MethodBody {
  methodName?: string | null
  responseTimeoutInSeconds?: number | null
  connectTimeoutInSeconds?: number | null
  /** Old name of `responseTimeoutInSeconds`. */
  timeoutInSeconds?: number | null
}

const SECONDS = { type: ['number', 'null'] } as const
const METHOD = {
  type: 'object',
  properties: {
    methodName: { type: ['string', 'null'] },
    payload: {},
    responseTimeoutInSeconds: SECONDS,
    connectTimeoutInSeconds: SECONDS,
    timeoutInSeconds: SECONDS,
  },
} as const

export const methodRoutes: HubRoutes = (app, { hub }, done) => {
  for (const path of TWIN_PATHS)
    app.post<{ Params: IdentityParams; Body: MethodBody }>(
      `${path}/methods`,
      {
        config: { access: { service: ['ServiceConnect'], orModule: true }, throttle: 'method' },
        schema: { tags: ['methods'], summary: 'Invoke a method and wait for its response', body: METHOD },
      },
      async (request, reply) => {
        const target = identityOf(request.params)
        const call = callOf(request.body, request.bodyText ?? '')
        const result =
          request.principal?.type === 'identity'
            ? await hub.perform(callerOf(request), 'invokeMethod', { target, call })
            : await hub.methods.invoke(target, call, callerGone(reply))
        return await sendPayload(reply, bodyOf(result))
      },
    )
  done()
}

/**
 * A missing `payload` differs from `payload: null`: the device receives an empty body.
 * @param text of the body: the payload is passed on as it is written (WIRE-METH-23).
 */
export function callOf(body: MethodBody, text: string): MethodCall {
  return {
    methodName: body.methodName ?? '',
    payload: memberText(text, 'payload'),
    responseTimeoutInSeconds: body.responseTimeoutInSeconds ?? body.timeoutInSeconds ?? undefined,
    connectTimeoutInSeconds: body.connectTimeoutInSeconds ?? undefined,
  }
}

/** The bytes of the device stand in the document as they are, so that it is JSON only if they are (WIRE-METH-22). */
function bodyOf({ status, body }: MethodResult): Buffer {
  const payload = body.length === 0 ? 'null' : body
  return Buffer.concat(
    [`{"status":${String(status)},"payload":`, payload, '}'].map((part) => Buffer.from(part)),
  )
}

/** Sends bytes that a device sent as JSON. Node sends a text together with the head, bytes in a second write. */
export function sendPayload(reply: FastifyReply, bytes: Buffer): FastifyReply {
  return reply
    .header('content-type', 'application/json; charset=utf-8')
    .send(isUtf8(bytes) ? bytes.toString() : bytes)
}
