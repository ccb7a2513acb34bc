/** What the fault types `twin.response.*` make of the answer to a twin request. */

import type { Json } from '../../base/json.ts'
import type { TwinAnswer } from '../twin-answer.ts'

/** @returns undefined: `effect` does not change answers. */
export function changedTwinAnswer(
  answer: TwinAnswer,
  effect: string,
  parameters: Readonly<Record<string, Json>>,
  now: number,
): TwinAnswer | undefined {
  const { status, body, requestId } = parameters
  switch (effect) {
    case 'status': {
      const code = typeof status === 'number' ? status : 500
      const error = {
        errorCode: code * 1000,
        message: 'Ordered by a fault.',
        timestampUtc: new Date(now).toISOString(),
      }
      return { ...answer, status: code, version: undefined, body: JSON.stringify(error) }
    }
    case 'body':
      return { ...answer, body: typeof body === 'string' ? body : JSON.stringify(body) }
    case 'unknown_rid':
      return {
        ...answer,
        requestId: typeof requestId === 'string' ? requestId : `${answer.requestId}-unknown`,
      }
    default:
      return undefined
  }
}
