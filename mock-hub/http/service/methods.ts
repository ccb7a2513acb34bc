/** Direct methods: a back end, or a module through its gateway, invokes a method of a device or module (docs/contract/methods.md). */

import type { Json } from '../../base/json.ts'
import type { MethodCall } from '../../core/contract/methods.ts'
import { callerGone } from '../../http-common/caller-gone.ts'
import { callerOf, TWIN_PATHS, type HubRoutes } from '../common/route-context.ts'
import { identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'

interface MethodBody {
  methodName: string
  payload?: Json
  responseTimeoutInSeconds?: number | null
  connectTimeoutInSeconds?: number | null
  /** Old name of `responseTimeoutInSeconds`. */
  timeoutInSeconds?: number | null
}

const SECONDS = { type: ['number', 'null'] } as const
const METHOD = {
  type: 'object',
  required: ['methodName'],
  properties: {
    methodName: { type: 'string', minLength: 1 },
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
        const call = callOf(request.body)
        return request.principal?.type === 'identity'
          ? await hub.perform(callerOf(request), 'invokeMethod', { target, call })
          : await hub.methods.invoke(target, call, callerGone(reply))
      },
    )
  done()
}

/** A missing `payload` differs from `payload: null`: the device receives an empty body. */
export function callOf(body: MethodBody): MethodCall {
  return {
    methodName: body.methodName,
    payload: body.payload === undefined ? undefined : JSON.stringify(body.payload),
    responseTimeoutInSeconds: body.responseTimeoutInSeconds ?? body.timeoutInSeconds ?? undefined,
    connectTimeoutInSeconds: body.connectTimeoutInSeconds ?? undefined,
  }
}
