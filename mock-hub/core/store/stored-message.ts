/** A message as JSON: its body is in base64. */

import { BASE64_RULE, base64Problem } from '../../base/base64.ts'
import { InvalidInput } from '../../base/invalid-input.ts'
import type { Message } from '../contract/message.ts'

export interface StoredBody extends Omit<Message, 'body'> {
  readonly bodyBase64: string
}

export const storedMessage = {
  write: ({ body, ...rest }: Message): StoredBody => ({ ...rest, bodyBase64: body.toString('base64') }),
  /** @throws InvalidInput: a lenient decoder would make another body of it. */
  read: ({ bodyBase64, ...rest }: StoredBody): Message => {
    if (!isBody(bodyBase64)) throw new InvalidInput('message', 'bodyBase64', BASE64_RULE, bodyBase64)
    return { ...rest, body: Buffer.from(bodyBase64, 'base64') }
  },
  /** What is wrong with a message that comes from outside, in words; undefined: nothing. */
  problem: (message: unknown): string | undefined => {
    const body: unknown =
      typeof message === 'object' && message !== null ? Reflect.get(message, 'bodyBase64') : undefined
    return isBody(body) ? undefined : 'a message whose bodyBase64 is not base64 (+ and /, padded with =)'
  },
}

function isBody(body: unknown): body is string {
  return typeof body === 'string' && base64Problem(body) === undefined
}
