/** Twins as a back end reads and writes them, and direct methods. */

import type { Json, JsonObject } from '../../base/json.ts'
import { keepFloats } from '../../base/json-floats.ts'
import type { TwinDocument, TwinSection, TwinUpdate } from '../../core/contract/twins.ts'
import { callerGone } from '../../http-common/caller-gone.ts'
import { objectOf, type ControlRoutes } from '../context.ts'
import { IDENTITY_PATHS, identityOf, type IdentityParams } from '../../http-common/identity-paths.ts'

interface TwinBody {
  readonly tags?: JsonObject | null
  readonly properties?: { readonly desired?: JsonObject | null }
}

interface TwinRoute {
  Params: IdentityParams
  Body: TwinBody
  Headers: { 'if-match'?: string }
}

interface MethodBody {
  readonly payload?: Json
  readonly responseTimeoutInSeconds?: number
  readonly connectTimeoutInSeconds?: number
}

const SECTION = { type: ['object', 'null'] } as const
const TWIN = objectOf({ tags: SECTION, properties: objectOf({ desired: SECTION }) })
const METHOD = objectOf({
  payload: { description: 'any JSON value; without it the device receives an empty body' },
  responseTimeoutInSeconds: { type: 'integer', minimum: 5, maximum: 300, default: 30 },
  connectTimeoutInSeconds: { type: 'integer', minimum: 0, maximum: 300, default: 0 },
})

export const twinRoutes: ControlRoutes = (app, { hub }) => {
  const tags = ['twins']
  for (const path of IDENTITY_PATHS) {
    app.get<TwinRoute>(
      `${path}/twin`,
      { schema: { tags, summary: 'Read a twin with its metadata' } },
      ({ params }) => twinDocument(hub.twins.get(identityOf(params))),
    )
    app.patch<TwinRoute>(
      `${path}/twin`,
      { schema: { tags, summary: 'Merge tags and desired properties; the device is notified', body: TWIN } },
      ({ params, body, headers }) =>
        twinDocument(hub.twins.patch(identityOf(params), updateOf(body), headers['if-match'])),
    )
    app.put<TwinRoute>(
      `${path}/twin`,
      {
        schema: { tags, summary: 'Replace tags and desired properties; the device is notified', body: TWIN },
      },
      ({ params, body, headers }) =>
        twinDocument(hub.twins.replace(identityOf(params), updateOf(body), headers['if-match'])),
    )
    app.post<{ Params: IdentityParams & { readonly methodName: string }; Body: MethodBody | undefined }>(
      `${path}/methods/:methodName`,
      {
        schema: {
          tags: ['methods'],
          summary: 'Invoke a direct method and wait for its response',
          body: METHOD,
        },
      },
      async ({ params, body = {} }, reply) => {
        const { payload, ...timeouts } = body
        const call = {
          ...timeouts,
          methodName: params.methodName,
          payload: payload === undefined ? undefined : JSON.stringify(payload),
        }
        const { status, payload: response } = await hub.methods.invoke(
          identityOf(params),
          call,
          callerGone(reply),
        )
        return { status, payload: response }
      },
    )
  }
}

function updateOf({ tags, properties }: TwinBody): TwinUpdate {
  return { tags, desired: properties?.desired }
}

function twinDocument({
  identity,
  etag,
  version,
  modelId,
  tags,
  desired,
  reported,
}: TwinDocument): JsonObject {
  return {
    ...identity,
    etag,
    version,
    modelId,
    tags,
    properties: { desired: sectionDocument(desired), reported: sectionDocument(reported) },
  }
}

function sectionDocument({ properties, metadata, version }: TwinSection): JsonObject {
  return keepFloats({ ...properties, $metadata: metadata, $version: version }, properties)
}
