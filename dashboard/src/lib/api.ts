/** Calls of the control API. The page has no other source of data. */

import { Value } from './value.ts'
import type { Explanation } from './types.ts'

const STORED = 'control-token'

/** A call that the hub refused, with what it says about the field. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly field: string | undefined
  readonly rule: string | undefined
  readonly given: string | undefined
  readonly kind: string | undefined
  readonly explanation: Explanation | undefined

  constructor(status: number, body: Partial<ErrorBody>) {
    super(body.message ?? `the hub answered ${String(status)}`)
    this.status = status
    this.field = body.field
    this.rule = body.rule
    this.given = body.given
    this.kind = body.error
    this.explanation = body.explanation
  }
}

interface ErrorBody {
  readonly error: string
  readonly message: string
  readonly field: string
  readonly rule: string
  readonly given: string
  readonly explanation: Explanation
}

/** Whether the hub asks for a token that this page does not have. */
export const tokenWanted = new Value(false)

let token = sessionStorage.getItem(STORED) ?? undefined

/** Tries a token, and keeps it for this tab. @throws Error when the hub does not accept it. */
export async function enter(text: string): Promise<void> {
  token = text
  try {
    await call('GET', '/clock')
  } catch (error) {
    token = undefined
    throw error instanceof ApiError && error.status === 401
      ? new Error('The hub does not accept this token.', { cause: error })
      : error
  }
  sessionStorage.setItem(STORED, text)
  tokenWanted.set(false)
}

export interface Answer<T> {
  readonly body: T
  readonly headers: Headers
}

/** One call. @throws ApiError for every answer but 2xx; TypeError when the hub does not answer. */
export async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  more: { readonly headers?: Record<string, string>; readonly signal?: AbortSignal } = {},
): Promise<Answer<T>> {
  const response = await open(path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more.headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(more.signal === undefined ? {} : { signal: more.signal }),
  })
  const text = await response.text()
  // What the API sends; the callers name its type.
  return { body: (text === '' ? undefined : JSON.parse(text)) as T, headers: response.headers }
}

/** The body of the answer to a call. @throws as {@link request}. */
export async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  return (await request<T>(method, path, body, { headers })).body
}

/** The response itself, for streams. @throws as {@link request}. */
export async function open(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  headers.set('accept', 'application/json')
  const response = await fetch(new URL(path.replace(/^\//, ''), document.baseURI), { ...init, headers })
  if (response.ok) return response
  if (response.status === 401) {
    // A restarted hub may have another token.
    sessionStorage.removeItem(STORED)
    tokenWanted.set(true)
  }
  const text = await response.text()
  throw new ApiError(response.status, bodyOf(text))
}

function bodyOf(text: string): Partial<ErrorBody> {
  try {
    return JSON.parse(text) as Partial<ErrorBody>
  } catch {
    return { message: text.slice(0, 500) }
  }
}

/** `/devices/d1/modules/m1` of an identity. */
export function pathOf(deviceId: string, moduleId?: string): string {
  const device = `/devices/${encodeURIComponent(deviceId)}`
  return moduleId === undefined ? device : `${device}/modules/${encodeURIComponent(moduleId)}`
}

/** A sentence for a person. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError && error.explanation !== undefined)
    return `${error.message} Expected ${error.explanation.expected}; received ${error.explanation.received}.`
  if (error instanceof TypeError) return 'The hub does not answer.'
  return error instanceof Error ? error.message : String(error)
}
